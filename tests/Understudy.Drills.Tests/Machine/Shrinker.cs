namespace Understudy.Drills.Tests.Machine;

/// <summary>
/// Makes a failing run small: takes away half of the calls, faults, acts and settings, then a quarter, then one by one, as
/// long as the same invariant breaks (Zeller and Hildebrandt's delta debugging, without its complements).
/// </summary>
/// <param name="fails">Whether a story still breaks the invariant.</param>
internal sealed class Shrinker(Func<Story, bool> fails)
{
    /// <summary>Runs at the most: a small story soon is worth more than the smallest.</summary>
    private const int MostRuns = 3000;

    private int _runs;

    /// <summary>The smallest story that was found.</summary>
    public Story Shrink(Story story)
    {
        for (var before = ""; before != story.ToString();)
        {
            before = story.ToString();
            foreach (var kind in Story.Kinds.Reverse())
            {
                var all = Numbers(story, kind);
                story = story.Keeping(kind, Fewer(all, fewer => fails(story.Keeping(kind, fewer))));
            }

            var rich = PolicyMaker.Settings.Except(story.Plain).ToList();
            var needed = Fewer(rich, left => fails(story with { Plain = [.. PolicyMaker.Settings.Except(left)] }));
            story = story with { Plain = [.. PolicyMaker.Settings.Except(needed)] };
        }

        return story;
    }

    private static List<int> Numbers(Story story, string kind)
    {
        var plan = PlanMaker.Make(story);
        return kind switch
        {
            "wishes" => [.. plan.Wishes.Select(one => one.Number)],
            "outages" => [.. plan.Outages.Select(one => one.Number)],
            "acts" => [.. plan.Acts.Select(one => one.Number)],
            _ => [.. plan.Crashes.Select(one => one.Number)],
        };
    }

    private List<TItem> Fewer<TItem>(List<TItem> items, Func<List<TItem>, bool> stillFails)
    {
        for (var size = items.Count; size >= 1; size /= 2)
        {
            for (var from = 0; from < items.Count && _runs < MostRuns;)
            {
                List<TItem> left = [.. items.Take(from), .. items.Skip(from + size)];
                _runs++;
                if (left.Count < items.Count && stillFails(left)) items = left;
                else from += size;
            }
        }

        return items;
    }
}
