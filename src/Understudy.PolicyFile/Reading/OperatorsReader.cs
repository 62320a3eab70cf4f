using Understudy.Configuration;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads <c>admin.operators</c>. No password and no hash is ever shown.</summary>
internal sealed class OperatorsReader(MistakeList mistakes)
{
    public List<OperatorModel> Read(IReadOnlyList<Field> entries, IReadOnlyList<RouteModel> routes)
    {
        var operators = new List<OperatorModel>();
        var names = new Dictionary<string, Mark>(StringComparer.OrdinalIgnoreCase);
        var known = routes.SelectMany(route => route.Ladder).OfType<HumanRung>().Select(rung => rung.Inbox).Distinct().ToList();
        foreach (var section in entries.Select(entry => entry.Value).OfType<Section>())
        {
            var name = Name(section, names);
            operators.Add(new OperatorModel
            {
                Name = name,
                Password = Hash(section),
                Role = section.Text("role") switch
                {
                    PolicyKeys.RoleAdmin => OperatorRole.Admin,
                    PolicyKeys.RoleOperator => OperatorRole.Operator,
                    _ => OperatorRole.Viewer,
                },
                Inboxes = Inboxes(section, name, known),
            });
        }

        return operators;
    }

    private string Name(Section section, Dictionary<string, Mark> names)
    {
        if (section.Field("name") is not { Value: string name } field) return "";
        if (!ProvidersReader.Name().IsMatch(name))
            mistakes.Add(field.At, $"'{field.Shown}' is not a name", "an operator's name has letters, digits, '.', '_' and '-', and starts with a letter or a digit");
        else if (string.Equals(name, PolicyKeys.RoleAdmin, StringComparison.OrdinalIgnoreCase))
            mistakes.Add(field.At, $"no operator can be named '{field.Shown}'", "that is what the audit calls the admin token");
        else if (!names.TryAdd(name, field.At))
            mistakes.Add(field.At, $"two operators are named '{field.Shown}'", $"the first stands in line {names[name].Line}");
        return name;
    }

    private PasswordHash Hash(Section section)
    {
        if (section.Field("password_hash") is not { Value: string text } field) return PasswordHash.OfNobody;
        if (PasswordHash.TryParse(text.Trim(), out var hash, out var why)) return hash;
        mistakes.Secrets.Learn(text); // somebody may have written the password itself
        mistakes.Add(field.At, "'password_hash' is no hash of a password", why);
        return PasswordHash.OfNobody;
    }

    private List<string> Inboxes(Section section, string name, List<string> known)
    {
        var inboxes = new List<string>();
        foreach (var item in section.Items("inboxes"))
        {
            if (item.Value is not string inbox) continue;
            if (!known.Contains(inbox)) mistakes.Note(item.At, $"operator '{name}' looks after the inbox '{item.Shown}', which no human rung uses", known.Count == 0 ? "there is no human rung" : $"known: {string.Join(", ", known)}", Nearest.To(inbox, known));
            inboxes.Add(inbox);
        }

        return inboxes;
    }
}
