using Understudy.Configuration;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads a <c>budget</c>, whoever it belongs to.</summary>
internal sealed class BudgetReader(MistakeList mistakes)
{
    /// <summary>The key of each window.</summary>
    private static readonly (SpendWindow Window, string Key, string Noun)[] _keys =
    [
        (SpendWindow.Minute, "usd_per_minute", "minute"),
        (SpendWindow.Hour, "usd_per_hour", "hour"),
        (SpendWindow.Day, "usd_per_day", "day"),
        (SpendWindow.Month, "usd_per_month", "month"),
    ];

    /// <summary>The budget of a client, a route or a provider; null where it has none.</summary>
    public BudgetModel? Read(Section owner)
    {
        if (owner.Inner("budget") is not { } section) return null;
        var longer = _keys.Select(key => section.Value<double>(key.Key)).ToList();
        for (var i = 0; i < _keys.Length; i++)
        {
            if (longer[i] is not { } cap) continue;
            var bound = longer.FindIndex(i + 1, other => other < cap);
            if (bound >= 0)
                mistakes.Add(section.Field(_keys[i].Key)!.At, FormattableString.Invariant($"'{_keys[i].Key}' ({cap}) is more than '{_keys[bound].Key}' ({longer[bound]})"), $"the {_keys[bound].Noun}'s cap always ends it first");
        }
        return longer.TrueForAll(cap => cap is null) ? null : new BudgetModel
        {
            PerMinute = Money(longer[0]),
            PerHour = Money(longer[1]),
            PerDay = Money(longer[2]),
            PerMonth = Money(longer[3]),
        };
    }

    private static Usd? Money(double? dollars) => dollars is { } cap ? Usd.FromDollars((decimal)cap) : null;
}
