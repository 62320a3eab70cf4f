using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Tests.Machine;

/// <summary>Draws a plan. Each part has a source of chance of its own, so that leaving one out changes no other.</summary>
internal static class PlanMaker
{
    /// <summary>What can happen, the common things more often.</summary>
    private static readonly string[] Faults =
    [
        "hang", "hang", "hang", "stream_cut", "stream_cut", "stream_stall", "stream_stall", "stream_error_event", "stream_error_event",
        "http_500", "http_500", "http_529", "http_529", "http_503", "http_429", "http_429", "http_429_no_retry_after", "http_401", "http_400",
        "http_403", "http_402", "http_404", "http_408", "http_413", "http_422", "http_502", "http_504", "http_530", "http_301",
        "slow", "stall_then_ok", "conn_refused", "conn_refused", "dns_fail",
    ];

    private static readonly WireProtocol[] Protocols = [WireProtocol.AnthropicMessages, WireProtocol.OpenAIChat, WireProtocol.OpenAIResponses, WireProtocol.Gemini];

    /// <summary>The plan of a story.</summary>
    public static MachinePlan Make(Story story)
    {
        var shape = Part(story, "shape");
        var length = shape.Seconds(60, shape.Of(180, 600, 2400));
        var models = PolicyMaker.Providers(Part(story, "providers"));
        var asked = shape.Some(models.SelectMany(provider => PolicyMaker.ModelsOf(provider.Name)), shape.Between(1, 3));
        var policy = new PolicyMaker(Part(story, "policy"), models, asked, story.Plain).Make();
        var wishes = Wishes(Part(story, "wishes"), length, asked);
        return new()
        {
            Story = story,
            Length = length,
            Policy = policy,
            Providers = [.. models.Select(provider => Provider(Part(story, provider.Name), provider, story.Plain))],
            Wishes = story.Of("wishes", wishes),
            Outages = story.Of("outages", Outages(Part(story, "outages"), length, models)),
            Acts = story.Of("acts", Acts(story, length, models, asked)),
            Crashes = story.Of("crashes", Crashes(Part(story, "crashes"), length)),
        };
    }

    private static Chance Part(Story story, string name) => new(Seeds.Mix(story.Seed, name));

    private static ProviderPlan Provider(Chance chance, ProviderModel provider, IReadOnlyList<string> plain)
    {
        long? quota = chance.Maybe(0.25) ? chance.Between(5, 400) * 1000 : null;
        return new(provider.Name, provider.Protocol, plain.Contains("quotas") ? null : quota, chance.Of(3, 8, 20));
    }

    private static List<Wish> Wishes(Chance chance, TimeSpan length, IReadOnlyList<string> models)
    {
        var wishes = new List<Wish>();
        var count = chance.Of(3, 10, 30, 60, 120);
        while (wishes.Count < count)
        {
            var at = chance.Seconds(0, length.TotalSeconds);
            var burst = chance.Maybe(0.1) ? chance.Between(2, 30) : 1;
            for (var i = 0; i < burst; i++) wishes.Add(Wish(chance, wishes, at + chance.Seconds(0, burst > 1 ? 0.5 : 0), models));
        }

        return wishes;
    }

    private static Wish Wish(Chance chance, List<Wish> before, TimeSpan at, IReadOnlyList<string> models)
    {
        var leaves = chance.Maybe(0.2);
        var reads = chance.Maybe(0.08) ? chance.Of(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(3), TimeSpan.MaxValue) : TimeSpan.Zero;
        var wish = new Wish
        {
            Question = before.Count,
            At = at,
            Protocol = chance.Of(Protocols),
            Model = chance.Of(models),
            InputTokens = chance.Maybe(0.03) ? chance.Between(5_000, 20_000) : chance.Between(10, 900),
            OutputTokens = chance.Maybe(0.1) ? chance.Between(1000, 4000) : chance.Between(1, 400),
            Stream = chance.Maybe(0.75),
            Deterministic = chance.Maybe(0.3),
            Client = chance.Of(null, "website", "batch"),
            HasKey = chance.Maybe(0.25),
            SaysRetry = chance.Maybe(0.7),
            // Somebody who never reads is hung up on some day.
            Patience = leaves || reads == TimeSpan.MaxValue ? chance.Seconds(0.01, chance.Of(1, 10, 60)) : null,
            Retries = chance.Maybe(0.4) ? chance.Between(1, 2) : 0,
            Backoff = chance.Seconds(0, 8),
            Reads = reads,
            WantsLater = chance.Maybe(0.1),
            CancelsAfter = chance.Maybe(0.1) ? chance.Seconds(0, 120) : null,
        };
        var again = chance.Maybe(0.2) && before.Count > 0 ? chance.Of(before) : null;
        var counts = chance.Maybe(0.02);
        if (counts && wish.Protocol != WireProtocol.OpenAIChat) return wish with { Counts = true, Stream = false, HasKey = false, Deterministic = false };
        // The same question once more, by the same client or another one.
        return again is null or { Counts: true } ? wish : wish with
        {
            Question = again.Question,
            Protocol = again.Protocol,
            Model = again.Model,
            InputTokens = again.InputTokens,
            OutputTokens = again.OutputTokens,
            Stream = again.Stream,
            Deterministic = again.Deterministic,
            HasKey = again.HasKey,
            Client = chance.Maybe(0.7) ? again.Client : wish.Client,
            At = chance.Maybe(0.6) ? again.At + chance.Seconds(0, 12) : wish.At,
        };
    }

    private static List<Outage> Outages(Chance chance, TimeSpan length, IReadOnlyList<ProviderModel> providers)
    {
        var outages = new List<Outage>();
        for (var left = chance.Between(0, 6); left > 0; left--)
        {
            var from = chance.Seconds(0, length.TotalSeconds * 0.9);
            var to = from + chance.Seconds(5, Math.Max(10, (length - from).TotalSeconds));
            var one = chance.Of(providers);
            var all = chance.Maybe(0.25);
            var faults = chance.Some(Faults.Distinct(), 0).Concat(Enumerable.Range(0, chance.Between(1, 3)).Select(_ => chance.Of(Faults))).Distinct().Select(Outcome.Parse).ToList();
            var share = chance.Of(0.1, 0.5, 0.9, 1);
            var mix = new List<(Outcome, double)>();
            foreach (var fault in faults) mix.Add((fault, share / faults.Count));
            mix.Add((Outcome.Ok, 1 - (share / faults.Count * faults.Count)));
            outages.Add(new()
            {
                Providers = all ? [.. providers.Select(provider => provider.Name)] : [one.Name],
                From = from,
                To = to < length ? to : length,
                Mix = chance.Maybe(0.15) ? Mix.Well : new(mix),
                Model = chance.Maybe(0.2) ? chance.Of(PolicyMaker.ModelsOf(one.Name)) : null,
                Capacity = chance.Maybe(0.15) ? new(null, chance.NextDouble() / 2, chance.NextDouble(), Outcome.Parse(chance.Of("http_529", "http_503", "http_429_no_retry_after", "hang")), chance.Maybe(0.5)) : null,
                Twist = chance.Maybe(0.3) ? chance.Of(Twist.EndOfFile, Twist.EndOfFile, Twist.Empty, Twist.WebPage, Twist.Garbage) : Twist.None,
                TwistShare = chance.Of(0.1, 0.5, 1),
            });
        }

        return outages;
    }

    private static List<Act> Acts(Story story, TimeSpan length, IReadOnlyList<ProviderModel> providers, IReadOnlyList<string> asked)
    {
        var chance = Part(story, "acts");
        var acts = new List<Act>();
        for (var left = chance.Maybe(0.5) ? chance.Between(1, 5) : 0; left > 0; left--)
        {
            var provider = chance.Of(providers);
            var target = $"{provider.Name}/{chance.Of(PolicyMaker.ModelsOf(provider.Name))}";
            var act = new Act
            {
                At = chance.Seconds(0, length.TotalSeconds),
                Kind = chance.Of(ActKind.Kill, ActKind.Kill, ActKind.Drain, ActKind.Revive, ActKind.Reset, ActKind.Pin, ActKind.Reload, ActKind.Reload),
                What = chance.Of(provider.Name, provider.Name, target, "all"),
                For = chance.Maybe(0.7) ? chance.Seconds(1, 300) : null,
            };
            var rotated = chance.Maybe(0.3) ? providers.Select(one => one == provider && one.Key is not null ? one with { Key = $"machine-{acts.Count}" } : one) : providers;
            var policy = new PolicyMaker(Part(story, $"reload-{acts.Count}"), [.. rotated], asked, story.Plain).Make();
            acts.Add(act.Kind == ActKind.Reload ? act with { Policy = policy, For = null } : act);
        }

        return acts;
    }

    private static List<Crash> Crashes(Chance chance, TimeSpan length) =>
        [.. Enumerable.Range(0, chance.Maybe(0.3) ? chance.Between(1, 2) : 0).Select(_ => new Crash(chance.Seconds(0, length.TotalSeconds), chance.Seconds(0.1, 20))).OrderBy(crash => crash.At)];
}
