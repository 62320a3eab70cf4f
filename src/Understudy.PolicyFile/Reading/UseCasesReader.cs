using Understudy.Configuration;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads <c>use_cases</c>. The built-in ones are there without being written; writing one changes what is written of it.</summary>
internal sealed class UseCasesReader(MistakeList mistakes)
{
    private static readonly UseCaseModel[] _builtIn = [UseCaseModel.Interactive, UseCaseModel.Agent, UseCaseModel.Batch];

    public List<UseCaseModel> Read(IReadOnlyList<Field> entries)
    {
        var all = entries.Select(UseCase).ToList();
        all.AddRange(_builtIn.Where(one => !all.Exists(mine => SameName(mine.Name, one.Name))));
        return all;
    }

    /// <summary>The use case that a field names; null where it names none (reported).</summary>
    public UseCaseModel? Find(List<UseCaseModel> all, Field field)
    {
        if (field.Value is not string name) return null;
        var found = all.Find(one => SameName(one.Name, name));
        if (found is null)
            mistakes.Add(field.At, $"there is no use case '{field.Shown}'", $"known: {string.Join(", ", all.Select(one => one.Name))}", Nearest.To(name, all.Select(one => one.Name)));
        return found;
    }

    private static bool SameName(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private UseCaseModel UseCase(Field entry)
    {
        var standard = Array.Find(_builtIn, one => SameName(one.Name, entry.Name)) ?? new UseCaseModel { Name = entry.Name };
        if (entry.Value is not Section section) return standard with { Name = entry.Name };
        var deadline = section.Value<TimeSpan>("deadline") ?? standard.Deadline;
        // A default that no longer fits under what was written gives way; two written values that don't fit are a mistake.
        var firstToken = section.Value<TimeSpan>("first_token") ?? Least(standard.FirstToken, deadline);
        var idle = section.Value<TimeSpan>("idle") ?? Least(standard.Idle, deadline);
        var connect = section.Value<TimeSpan>("connect") ?? Least(standard.Connect, firstToken);
        NotLonger(section, entry.Name, "first_token", firstToken, "deadline", deadline);
        NotLonger(section, entry.Name, "idle", idle, "deadline", deadline);
        NotLonger(section, entry.Name, "connect", connect, "first_token", firstToken);
        return new UseCaseModel
        {
            Name = entry.Name,
            Priority = section.Text("priority") switch { "low" => CallPriority.Low, "high" => CallPriority.High, "normal" => CallPriority.Normal, _ => standard.Priority },
            Deadline = deadline,
            FirstToken = firstToken,
            Idle = idle,
            Connect = connect,
        };
    }

    private void NotLonger(Section section, string name, string shorter, TimeSpan shorterValue, string longer, TimeSpan longerValue)
    {
        if (shorterValue <= longerValue || section.Field(shorter) is not { Value: not null } written) return;
        if (section.Field(longer) is { Value: null }) return;
        var given = section.Has(longer) ? "" : ", the default";
        mistakes.Add(written.At, $"'{shorter}' ({DurationText.Write(shorterValue)}) of use case '{name}' is longer than '{longer}' ({DurationText.Write(longerValue)}{given})", $"the {longer} always ends the call first, so that '{shorter}' could never act");
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
