using System.Security.Cryptography;
using System.Text;
using Understudy.Configuration;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads <c>clients</c>. Of a key only the hash leaves this class.</summary>
internal sealed class ClientsReader(MistakeList mistakes, UseCasesReader useCases, BudgetReader budgets)
{
    private const int ShortestGoodKey = 16;

    public List<ClientModel> Read(IReadOnlyList<Field> entries, List<UseCaseModel> known)
    {
        var clients = new List<ClientModel>();
        var names = new Dictionary<string, Mark>(StringComparer.OrdinalIgnoreCase);
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var section in entries.Select(entry => entry.Value).OfType<Section>())
        {
            var name = Name(section, names);
            var hash = KeyHash(section, name, keys);
            var useCase = section.Field("use_case") is { } field ? useCases.Find(known, field) : null;
            clients.Add(new ClientModel { Name = name, KeyHash = hash, UseCase = useCase, Budget = budgets.Read(section) });
        }
        return clients;
    }

    /// <summary>The hash that stands for a key.</summary>
    public static ReadOnlyMemory<byte> Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private string Name(Section section, Dictionary<string, Mark> names)
    {
        if (section.Field("name") is not { Value: string name } field) return "";
        if (!ProvidersReader.Name().IsMatch(name))
            mistakes.Add(field.At, $"'{field.Shown}' is not a name", "a client's name has letters, digits, '.', '_' and '-', and starts with a letter or a digit");
        else if (!names.TryAdd(name, field.At))
            mistakes.Add(field.At, $"two clients are named '{field.Shown}'", $"the first stands in line {names[name].Line}");
        return name;
    }

    private ReadOnlyMemory<byte> KeyHash(Section section, string name, Dictionary<string, string> keys)
    {
        if (section.Field("key") is not { Value: string key } field) return default;
        if (!keys.TryAdd(key, name)) mistakes.Add(field.At, $"client '{name}' has the same key as client '{keys[key]}'", "nobody could tell them apart");
        if (key.Length < ShortestGoodKey) mistakes.Note(field.At, $"the key of client '{name}' has fewer than {ShortestGoodKey} characters", "it can be guessed: 'openssl rand -hex 24' makes a good one");
        return Hash(key);
    }
}
