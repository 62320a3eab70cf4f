using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;
using Understudy.Simulator;
using Understudy.Simulator.Faults;

namespace Understudy.Gateway.Tests.Moving;

/// <summary>
/// A gateway with strict vendors behind it and a route for every way of getting from one protocol to another:
/// <c>at-X</c> is X alone, and <c>X-to-Y</c> is X and then Y. X's model can be made to fail without Y's.
/// </summary>
internal sealed class WireTableStage : IAsyncDisposable
{
    public static readonly WireProtocol[] Protocols = [WireProtocol.AnthropicMessages, WireProtocol.OpenAIChat, WireProtocol.OpenAIResponses, WireProtocol.Gemini];

    private readonly Dictionary<WireProtocol, SimulatedProvider> _providers = [];
    private GatewayServer _gateway = null!;

    public Uri Url => _gateway.BaseUrl;

    public static string At(WireProtocol protocol) => $"at-{protocol}";

    public static string Path(WireProtocol from, WireProtocol to) => $"{from}-to-{to}";

    public static async Task<WireTableStage> StartAsync()
    {
        var stage = new WireTableStage();
        foreach (var protocol in Protocols)
        {
            stage._providers[protocol] = await SimulatedProvider.StartAsync(
                new()
                {
                    Protocol = protocol switch { WireProtocol.AnthropicMessages => SimulatedProtocol.Anthropic, WireProtocol.Gemini => SimulatedProtocol.Gemini, _ => SimulatedProtocol.OpenAI },
                    ChatOnly = protocol == WireProtocol.OpenAIChat,
                },
                TestContext.Current.CancellationToken);
        }

        var useCase = GatewayStage.Patient;
        RouteModel Route(string name, params TargetModel[] targets) => new()
        {
            Name = name,
            Match = ["*"],
            UseCase = useCase,
            Ladder = [.. targets.Select(target => new TargetRung { Targets = [target] })],
        };
        var policy = new Policy
        {
            Listen = "127.0.0.1:0",
            Providers = [.. Protocols.SelectMany(protocol => (ProviderModel[])[stage.Provider(protocol, first: true), stage.Provider(protocol, first: false)])],
            Routes =
            [
                .. Protocols.Select(protocol => Route(At(protocol), stage.Target(protocol, first: false))),
                .. Protocols.SelectMany(from => Protocols.Select(to => Route(Path(from, to), stage.Target(from, first: true), stage.Target(to, first: false)))),
            ],
            UseCases = [useCase],
            Retry = new() { AttemptsPerTarget = 1 },
            Breaker = new() { ConsecutiveFailures = int.MaxValue, MinimumCalls = int.MaxValue, Tolerate = null },
        };
        stage._gateway = await GatewayServer.StartAsync(policy, new() { Journal = new Journal(), Chance = new(3), Time = TimeProvider.System }, TestContext.Current.CancellationToken);
        return stage;
    }

    /// <summary>The first provider of a protocol fails so; its second one is well. Null: it is well again.</summary>
    public void Fail(WireProtocol protocol, FaultSpec? fault) =>
        _providers[protocol].Faults.Set(fault is null ? [] : [fault with { Models = [Model(protocol, first: true)] }]);

    /// <summary>What a protocol's provider received last; a plus may be written as an escape, and is shown as itself.</summary>
    public string LastRequest(WireProtocol protocol) =>
        System.Text.Encoding.UTF8.GetString(_providers[protocol].Stats.Requests[^1].Body.Span).Replace("\\u002B", "+", StringComparison.OrdinalIgnoreCase);

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        foreach (var provider in _providers.Values) await provider.DisposeAsync();
    }

    private static string Model(WireProtocol protocol, bool first) => (protocol, first) switch
    {
        (WireProtocol.AnthropicMessages, true) => "claude-sonnet-4-5",
        (WireProtocol.AnthropicMessages, false) => "claude-haiku-4-5",
        (WireProtocol.OpenAIChat, true) => "gpt-5",
        (WireProtocol.OpenAIChat, false) => "gpt-5-mini",
        (WireProtocol.OpenAIResponses, true) => "gpt-5.5",
        (WireProtocol.OpenAIResponses, false) => "gpt-5.1",
        (WireProtocol.Gemini, true) => "gemini-2.5-pro",
        (WireProtocol.Gemini, false) => "gemini-3-pro-preview",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol)),
    };

    private ProviderModel Provider(WireProtocol protocol, bool first) => new()
    {
        Name = $"{(first ? "first" : "second")}-{protocol}",
        Protocol = protocol,
        BaseUrl = protocol is WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses ? new(_providers[protocol].BaseUrl, "v1") : _providers[protocol].BaseUrl,
    };

    private TargetModel Target(WireProtocol protocol, bool first) => new() { Provider = Provider(protocol, first), Model = Model(protocol, first) };
}
