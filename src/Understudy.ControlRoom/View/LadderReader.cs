using Understudy.Configuration;
using Understudy.ControlRoom.Feed;
using Understudy.Failures;

namespace Understudy.ControlRoom.View;

/// <summary>Reads the ladders, and where they are lit.</summary>
internal sealed class LadderReader(RoomSources sources)
{
    private static readonly TimeSpan NewsFor = TimeSpan.FromSeconds(30);

    /// <summary>All routes of the policy; those that are called come first.</summary>
    public List<RouteLadder> Read(Policy policy, IReadOnlyList<ProviderView> providers)
    {
        var byName = providers.ToDictionary(provider => provider.Name, StringComparer.OrdinalIgnoreCase);
        return [.. policy.Routes.Select(route => Read(policy, route, byName)).OrderByDescending(route => route.PerSecond > 0)];
    }

    private RouteLadder Read(Policy policy, RouteModel route, Dictionary<string, ProviderView> providers)
    {
        var traffic = sources.Feed.Route(route.Name);
        var all = traffic is { } served ? served.Served.Sum() : 0;
        var left = traffic is { Left.Failure: { } failure, LeftAt: var at } && sources.Engine.Time.GetUtcNow() - at < NewsFor ? FailureWords.Of(failure.Kind) : null;
        return new(
            route.Name,
            route.UseCase.Name,
            all / (double)RouteSums.Seconds,
            [.. route.Ladder.Select((rung, number) => Read(policy, rung, sources.Engine.Pins.Of(route.Name)?.Target, all == 0 || number >= RouteSums.Rungs ? 0 : traffic!.Value.Served[number] / (double)all, providers))],
            left);
    }

    private static RungView Read(Policy policy, RungModel rung, string? pinned, double share, Dictionary<string, ProviderView> providers)
    {
        if (rung is not TargetRung targets)
        {
            var (word, note) = rung switch
            {
                CacheRung => ("cache", "what was answered before"),
                HumanRung human => ("human", $"a person, from the inbox {human.Inbox}"),
                DeferRung => ("defer", "accepted for later"),
                NoticeRung => ("notice", "an honest text"),
                _ => (rung.GetType().Name, ""),
            };
            return new([new(word, LaneStyle.Of(policy, word), Tone.Plain)], share, note, Tone.Plain);
        }

        var list = targets.Targets.Select(target => new RungTarget(target.ToString(), LaneStyle.Of(policy, target.Provider.Name), ToneOf(target, providers), string.Equals(target.ToString(), pinned, StringComparison.OrdinalIgnoreCase))).ToList();
        var tone = list.TrueForAll(target => target.Tone is Tone.Sick or Tone.Ordered) ? list[0].Tone : list.Exists(target => target.Tone is Tone.Well) ? Tone.Well : list.Max(target => target.Tone);
        return new(list, share, NoteOf(targets, providers, rung.Degraded), tone);
    }

    private static Tone ToneOf(TargetModel target, Dictionary<string, ProviderView> providers)
    {
        if (!providers.TryGetValue(target.Provider.Name, out var provider)) return Tone.Plain;
        var own = provider.Targets.FirstOrDefault(one => one.Model == target.Model);
        return provider.Tone is Tone.Ordered or Tone.Sick || own is null ? provider.Tone : own.Tone;
    }

    private static string NoteOf(TargetRung rung, Dictionary<string, ProviderView> providers, bool degraded)
    {
        if (rung.Targets.Count == 1 && providers.TryGetValue(rung.Targets[0].Provider.Name, out var provider) && provider.Tone is not (Tone.Well or Tone.Plain))
        {
            return provider.Share is { } share ? $"{provider.Says}, {Show.Share(share)} of its calls" : provider.Why is { } why ? $"{provider.Says}: {why}" : provider.Says;
        }

        return degraded ? "less than what was asked for" : rung.Targets.Count < 2 ? "" : rung.Pick switch
        {
            PickRule.InOrder => "in this order",
            PickRule.Cheapest => "the cheapest",
            PickRule.Fastest => "the fastest",
            PickRule.Weighted => "by their weights",
        };
    }
}
