using Understudy.ControlRoom.Feed;

namespace Understudy.ControlRoom.View;

/// <summary>Puts the answer to "are we serving?" into a sentence.</summary>
internal static class HeadlineReader
{
    private const double StandInShare = 0.1;
    private const double NamedShare = 0.15;
    private const double LossShare = 0.01;

    /// <summary>The sentence of this moment.</summary>
    public static Headline Read(RoomSources sources, Recent recent, IReadOnlyList<RouteLadder> routes, IReadOnlyList<ProviderView> providers, IReadOnlyList<QuestionView>? waiting, DeferredView? deferred, DateTimeOffset now)
    {
        if (sources.Draining()) return new(Verdict.Draining, "Leaving", null, "no new calls are taken; those under way may end");
        var seconds = recent.LastSeconds;
        if (seconds.Answered + seconds.Failed == 0) return Backlog(waiting, deferred, now) ?? Idle(sources, seconds, routes, now);
        var by = By(sources, seconds);
        var lost = seconds.Failed / (double)Math.Max(1, seconds.Answered + seconds.Failed + seconds.Deferred);
        if (lost >= 0.5) return new(Verdict.NotServing, "Not serving", null, $"{Show.Share(lost)} of calls get no answer: {Sick(routes)}");
        if (lost >= LossShare) return new(Verdict.Losing, "Serving, with losses", by, $"{Show.Share(lost)} of calls get no answer: {Sick(routes)}");
        if (seconds.Degraded >= Math.Max(1, seconds.Answered * NamedShare)) return new(Verdict.Degraded, "Serving, degraded", by, $"{Show.Share(seconds.Degraded / (double)seconds.Answered)} of answers are less than what was asked for: {Sick(routes)}");
        var strained = routes.Where(route => route.Rungs.Skip(1).Sum(rung => rung.Share) >= StandInShare).ToList();
        if (strained.Count > 0) return new(Verdict.StandingIn, "Serving", by, StandingIn(strained, providers, now));
        return new(Verdict.Serving, "Serving", by, AllAreServed(providers, Later(deferred, now)));
    }

    /// <summary>Whoever calls is served by those who were meant to; who is away meanwhile, and what waits for them.</summary>
    private static string AllAreServed(IReadOnlyList<ProviderView> providers, string? later)
    {
        var away = providers.Where(provider => provider.Tone is Tone.Sick or Tone.Ordered).ToList();
        if (away.Count == 0) return later ?? "everyone in their place";
        var words = string.Join(" and ", away.GroupBy(provider => provider.Says).Select(some => $"{Show.Names([.. some.Select(one => one.Name)])} {(some.Count() == 1 ? "is" : "are")} {some.Key}"));
        return later is null ? $"{words}, and nobody misses {(away.Count == 1 ? "it" : "them")}" : $"{words}; {later}";
    }

    private static string? Later(DeferredView? deferred, DateTimeOffset now) => deferred is { Waiting: > 0 } work
        ? $"{Show.Count(work.Waiting)} {(work.Waiting == 1 ? "piece" : "pieces")} of deferred work {(work.Waiting == 1 ? "waits" : "wait")}{(work.Oldest is { } oldest ? $", the oldest for {Show.Span(now - oldest)}" : "")}"
        : null;

    /// <summary>Nobody is answered at this moment, but somebody waits: for a person, or for work that was put off.</summary>
    private static Headline? Backlog(IReadOnlyList<QuestionView>? waiting, DeferredView? deferred, DateTimeOffset now)
    {
        var later = Later(deferred, now);
        if (waiting is { Count: > 0 } callers)
        {
            var people = $"{Show.Count(callers.Count)} {(callers.Count == 1 ? "caller waits" : "callers wait")} for an answer, the first for {Show.Span(now - callers[0].Since)}";
            return new(Verdict.Waiting, "Waiting for a person", null, later is null ? people : $"{people}; {later}");
        }

        return later is null ? null : new(Verdict.Waiting, deferred!.Running > 0 ? "Catching up" : "Work waits", null, later);
    }

    private static Headline Idle(RoomSources sources, Slice seconds, IReadOnlyList<RouteLadder> routes, DateTimeOffset now)
    {
        var calls = sources.Feed.Calls(1);
        var quiet = seconds.Refused + seconds.Deferred > 0 ? "the last calls were put off or refused" : calls.Count == 0 ? "nobody has called yet" : $"nobody has called for {Show.Span(now - calls[0].StartedAt)}";
        var first = routes.Count == 0 ? null : routes[0].Rungs.FirstOrDefault(rung => rung.Tone is not (Tone.Sick or Tone.Ordered));
        return new(Verdict.Idle, "Ready", null, first is null ? quiet : $"{quiet}; {string.Join(" or ", first.Targets.Select(target => target.Name))} would serve");
    }

    private static string By(RoomSources sources, Slice seconds)
    {
        var lanes = sources.Feed.LaneNames();
        var named = Enumerable.Range(0, lanes.Count)
            .Select(lane => (Name: lanes[lane], seconds.Lane(lane).Served))
            .Where(lane => lane.Served > 0 && lane.Served >= seconds.Answered * NamedShare)
            .OrderByDescending(lane => lane.Served)
            .Select(lane => Word(lane.Name)).ToList();
        return Show.Names(named);
    }

    private static string StandingIn(List<RouteLadder> strained, IReadOnlyList<ProviderView> providers, DateTimeOffset now)
    {
        var away = strained.SelectMany(route => route.Rungs[0].Targets).Select(target => LaneStyle.LaneOf(target.Name)).Distinct().ToList();
        var first = providers.FirstOrDefault(provider => provider.Name == away[0]);
        var how = first is null or { Tone: Tone.Well or Tone.Plain } ? strained[0].Left is { } left ? $": {left}" : ""
            : $", {first.Says}{(first.Since is { } since ? $" for {Show.Span(now - since)}" : "")}{(first.Why is { } why ? $": {why}" : "")}";
        return $"standing in for {Show.Names(away)}{how}";
    }

    private static string Away(RouteLadder route) => string.Join(" and ", route.Rungs[0].Targets.Select(target => LaneStyle.LaneOf(target.Name)).Distinct());

    private static string Sick(IReadOnlyList<RouteLadder> routes) =>
        routes.Select(route => route.Left is { } why ? $"{Away(route)} — {why}" : null).FirstOrDefault(words => words is not null) ?? "see the calls below";

    /// <summary>A lane in the sentence: "by the cache".</summary>
    private static string Word(string lane) => lane switch
    {
        "cache" => "the cache",
        "human" => "a person",
        "notice" => "the notice",
        _ => lane,
    };
}
