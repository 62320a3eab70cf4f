using System.Collections.Concurrent;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Observation;
using Understudy.Simulator;

namespace Understudy.Gateway.Tests.Support;

/// <summary>
/// A gateway on this machine with three simulated providers behind it: what every test here stands on. Calls of
/// <c>claude-*</c> go to claude, openai, spare; calls of <c>gpt-*</c> to openai, claude, spare. All three have one seed,
/// so a whole answer is the same text whoever gives it.
/// </summary>
internal sealed class GatewayStage : IAsyncDisposable
{
    public const string Prompt = "Why does the curtain rise again?";
    public const string ProviderKey = "sk-of-the-provider";

    private readonly JournalEar _ear = new();
    private readonly ConcurrentQueue<string> _finished = new();

    private GatewayStage(SimulatedProvider claude, SimulatedProvider openai, SimulatedProvider spare)
    {
        Claude = claude;
        OpenAI = openai;
        Spare = spare;
    }

    public GatewayServer Gateway { get; private set; } = null!;

    public SimulatedProvider Claude { get; }

    public SimulatedProvider OpenAI { get; }

    public SimulatedProvider Spare { get; }

    public IReadOnlyList<SimulatedProvider> Providers => [Claude, OpenAI, Spare];

    /// <summary>Calls of a model that providers have received, all together.</summary>
    public int Received => Claude.Stats.Calls + OpenAI.Stats.Calls + Spare.Stats.Calls;

    public IReadOnlyList<CallRecord> Records => _ear.Records;

    public IReadOnlyList<Happening> Happenings => _ear.Happenings;

    /// <summary>Deferred work that was done, or could not be, since the start: ids.</summary>
    public IReadOnlyList<string> Finished => [.. _finished];

    public Policy Policy { get; private set; } = null!;

    public Uri Url => Gateway.BaseUrl;

    /// <summary>The text that a whole answer to <paramref name="prompt"/> has.</summary>
    public static string Whole(string prompt = Prompt) => AnswerText.For(AnswerText.Prompt(prompt), 1);

    /// <summary>Tolerances that no healthy call comes near, on the slowest machine.</summary>
    public static UseCaseModel Patient { get; } = new()
    {
        Name = "patient",
        Deadline = TimeSpan.FromSeconds(60),
        FirstToken = TimeSpan.FromSeconds(30),
        Idle = TimeSpan.FromSeconds(30),
    };

    /// <summary>Short clocks, for faults that only a clock ends.</summary>
    public static UseCaseModel Brisk { get; } = new()
    {
        Name = "brisk",
        Deadline = TimeSpan.FromSeconds(4),
        FirstToken = TimeSpan.FromMilliseconds(500),
        Idle = TimeSpan.FromMilliseconds(500),
    };

    public static async Task<GatewayStage> StartAsync(
        UseCaseModel? useCase = null, Func<Policy, GatewayStage, Policy>? change = null, TimeProvider? time = null,
        SimulatedProtocol spareSpeaks = SimulatedProtocol.OpenAI, Dictionary<string, string>? openTelemetry = null, Action<Journal>? hear = null)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var stage = new GatewayStage(
            await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.Anthropic, Key = ProviderKey, AnyModel = true }, cancellation),
            await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.OpenAI, Key = ProviderKey, AnyModel = true }, cancellation),
            await SimulatedProvider.StartAsync(new() { Protocol = spareSpeaks, AnyModel = true }, cancellation));
        stage.Policy = stage.DefaultPolicy(useCase ?? Patient, spareSpeaks);
        if (change is not null) stage.Policy = change(stage.Policy, stage);
        var journal = new Journal();
        hear?.Invoke(journal);
        stage._ear.Listen(journal);
        stage.Gateway = await GatewayServer.StartAsync(
            stage.Policy, new() { Journal = journal, Chance = new(11), Time = time ?? TimeProvider.System, OpenTelemetry = openTelemetry ?? [] }, cancellation);
        stage.Gateway.Engine.Deferral.Finished += (id, _) => stage._ear.Heard(() => stage._finished.Enqueue(id));
        return stage;
    }

    /// <summary>A route for calls of <paramref name="match"/> over the given targets, one a rung; a null model keeps the client's.</summary>
    public RouteModel Route(string match, UseCaseModel useCase, params (string Provider, string? Model)[] targets) => new()
    {
        Name = match,
        Match = [match],
        UseCase = useCase,
        Ladder = [.. targets.Select(target => new TargetRung
        {
            Targets = [new TargetModel { Provider = Policy.Providers.Single(provider => provider.Name == target.Provider), Model = target.Model }],
        })],
    };

    /// <summary>Every provider fails so, from the next call on.</summary>
    public void FailAll(string kind, int after = 0)
    {
        foreach (var provider in Providers) provider.Faults.Set(kind, after);
    }

    /// <summary>Waits until what was recorded is as a test wants it; looks again at each record and happening.</summary>
    public Task WaitUntilAsync(Func<GatewayStage, bool> condition) => _ear.UntilAsync(() => condition(this));

    /// <summary>The record of the only call, once it has ended.</summary>
    public async Task<CallRecord> OnlyRecordAsync()
    {
        await WaitUntilAsync(stage => stage.Records.Count > 0);
        return Assert.Single(Records);
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        foreach (var provider in Providers) await provider.DisposeAsync();
    }

    private Policy DefaultPolicy(UseCaseModel useCase, SimulatedProtocol spareSpeaks)
    {
        Policy = new()
        {
            Listen = "127.0.0.1:0",
            Providers =
            [
                new() { Name = "claude", Protocol = WireProtocol.AnthropicMessages, BaseUrl = Claude.BaseUrl, Key = ProviderKey },
                new() { Name = "openai", Protocol = WireProtocol.OpenAIChat, BaseUrl = new(OpenAI.BaseUrl, "v1"), Key = ProviderKey },
                spareSpeaks == SimulatedProtocol.Anthropic
                    ? new() { Name = "spare", Protocol = WireProtocol.AnthropicMessages, BaseUrl = Spare.BaseUrl }
                    : new() { Name = "spare", Protocol = WireProtocol.OpenAIChat, BaseUrl = new(Spare.BaseUrl, "v1") },
            ],
            Routes = [],
            UseCases = [useCase],
            Retry = new() { BaseDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(10) },
        };
        var spare = spareSpeaks == SimulatedProtocol.Anthropic ? "claude-haiku-4-5" : "gpt-4o-mini";
        return Policy with
        {
            Routes =
            [
                Route("claude-*", useCase, ("claude", null), ("openai", "gpt-4o"), ("spare", spare)),
                Route("gpt-*", useCase, ("openai", null), ("claude", "claude-sonnet-4-5"), ("spare", spare)),
            ],
        };
    }
}
