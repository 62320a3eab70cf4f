using System.Security.Cryptography;
using System.Text;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads each file once, and remembers what was in it.</summary>
internal sealed class FileContents
{
    private readonly Dictionary<string, string?> _read = new(StringComparer.Ordinal);

    public FileContents(PolicyEnvironment environment) => Environment = environment.WithFiles(path =>
    {
        if (!_read.TryGetValue(path, out var text)) _read[path] = text = environment.File(path);
        return text;
    });

    /// <summary>The environment, its files read through this.</summary>
    public PolicyEnvironment Environment { get; }

    /// <summary>A hash of a policy and of the secret files it refers to; of what was read, where it was.</summary>
    public string Fingerprint(string policy, IEnumerable<string> secrets)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in secrets.Prepend(policy))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Environment.File(path) ?? "missing"));
            hash.AppendData([0]);
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
