using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Tests.Machine;

/// <summary>Runs of the machine that nobody drew: a plan written by hand.</summary>
internal static class Rehearsed
{
    /// <summary>A provider.</summary>
    public static ProviderModel Provider(string name, WireProtocol protocol) => new() { Name = name, Protocol = protocol, BaseUrl = new($"https://{name}.test"), Key = "machine" };

    /// <summary>A policy whose one route asks <paramref name="providers"/> one after the other.</summary>
    public static Policy Policy(UseCaseModel useCase, params ProviderModel[] providers) => new()
    {
        Providers = providers,
        UseCases = [useCase],
        Routes =
        [
            new()
            {
                Name = "all",
                Match = ["*"],
                UseCase = useCase,
                Ladder = [.. providers.Select(provider => new TargetRung { Targets = [new() { Provider = provider, Model = $"{provider.Name}-1" }] })],
            },
        ],
        Source = "test",
    };

    /// <summary>A wish for a stream of 400 tokens, at <paramref name="second"/>.</summary>
    public static Wish Wish(double second, WireProtocol protocol = WireProtocol.OpenAIChat) => new()
    {
        Question = 1,
        At = TimeSpan.FromSeconds(second),
        Protocol = protocol,
        Model = "any",
        InputTokens = 100,
        OutputTokens = 400,
        Stream = true,
    };

    /// <summary>An outage.</summary>
    public static Outage Outage(string provider, double from, double to, string outcome) => new()
    {
        Providers = [provider],
        From = TimeSpan.FromSeconds(from),
        To = TimeSpan.FromSeconds(to),
        Mix = new([(Outcome.Parse(outcome), 1)]),
    };

    /// <summary>Runs it.</summary>
    public static MachineResult Run(Policy policy, IReadOnlyList<Wish> wishes, IReadOnlyList<Outage>? outages = null, IReadOnlyList<Act>? acts = null, ulong seed = 1, TimeSpan? length = null, IReadOnlyList<Crash>? crashes = null) => OutageMachine.Run(new MachinePlan
    {
        Story = new(seed),
        Length = length ?? TimeSpan.FromMinutes(10),
        Policy = policy,
        Providers = [.. policy.Providers.Select(provider => new ProviderPlan(provider.Name, provider.Protocol, QuotaPerMinute: null, SlowFactor: 8))],
        Wishes = [.. wishes.Index()],
        Outages = [.. (outages ?? []).Index()],
        Acts = [.. (acts ?? []).Index()],
        Crashes = [.. (crashes ?? []).Index()],
    });
}
