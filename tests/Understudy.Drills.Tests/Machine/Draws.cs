namespace Understudy.Drills.Tests.Machine;

/// <summary>Drawing what a plan is made of.</summary>
internal static class Draws
{
    /// <summary>One of them.</summary>
    public static TItem Of<TItem>(this Chance chance, params IReadOnlyList<TItem> items) => items[chance.Next(items.Count)];

    /// <summary>True in that share of draws.</summary>
    public static bool Maybe(this Chance chance, double share) => chance.NextDouble() < share;

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    public static int Between(this Chance chance, int least, int most) => least + chance.Next(most - least + 1);

    /// <summary>Seconds from <paramref name="least"/> to <paramref name="most"/>, in milliseconds' steps.</summary>
    public static TimeSpan Seconds(this Chance chance, double least, double most) => TimeSpan.FromMilliseconds(Math.Round(1000 * (least + (chance.NextDouble() * (most - least)))));

    /// <summary>Some of them, in a drawn order.</summary>
    public static List<TItem> Some<TItem>(this Chance chance, IEnumerable<TItem> items, int count)
    {
        var left = items.ToList();
        var some = new List<TItem>();
        while (some.Count < count && left.Count > 0)
        {
            var at = chance.Next(left.Count);
            some.Add(left[at]);
            left.RemoveAt(at);
        }

        return some;
    }
}
