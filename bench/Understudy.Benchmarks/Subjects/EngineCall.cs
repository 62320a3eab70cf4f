using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Observation;
using Understudy.Pipeline;
using Understudy.Routing;

namespace Understudy.Benchmarks.Subjects;

/// <summary>
/// One call through the whole pipeline, made as the gateway makes it: deadline, ladder, kill switch, breaker, retry
/// budget, ledger, clocks, watching, record. Nothing fails, and what is
/// waited for arrives on the same thread, so a call ends on the thread that began it.
/// </summary>
#pragma warning disable CA1001 // an engine has probes to end only where something failed, and here nothing does
internal sealed class EngineCall
#pragma warning restore CA1001
{
    private readonly Engine _engine;
    private readonly CancellationToken _clientLeft = new CancellationTokenSource().Token;
    private readonly WireProtocol _protocol;
    private readonly byte[] _body;
    private readonly RequestFacts _facts;
    private readonly CountingSink _sink = new();
    private readonly HeaderField[] _headers = [new("Content-Type", "application/json"), new("User-Agent", "bench")];

    private readonly MemoryProvider _upstream;
    private readonly ClientModel _client;

    public EngineCall(MemoryProvider transport, WireProtocol client, WireProtocol provider, byte[] body)
    {
        _upstream = transport;
        _protocol = client;
        _body = body;
        RequestScan.TryScan(body, out _facts);
        var models = new ProviderModel { Name = "mock", Protocol = provider, BaseUrl = new("http://mock.test"), Key = "sk-test" };
        var spare = new ProviderModel { Name = "spare", Protocol = provider, BaseUrl = new("http://spare.test"), Key = "sk-test" };
        var route = new RouteModel
        {
            Name = "bench",
            Match = ["*"],
            UseCase = UseCaseModel.Agent,
            Ladder = [new TargetRung { Targets = [new() { Provider = models }] }, new TargetRung { Targets = [new() { Provider = spare }] }],
        };
        // Priced and capped, as it costs the most: what is counted is reserved and settled in four accounts.
        var prices = new PriceTable((_, _) => new() { Base = TokenRates.Of(3, 15, 0.3m) });
        _client = new() { Name = "bench", KeyHash = default, Budget = new() { PerMinute = Usd.Largest, PerMonth = Usd.Largest } };
        _engine = new(new() { Providers = [models, spare], Routes = [route], Prices = prices }, transport, TimeProvider.System, new(7), new());
        _engine.Journal.CallEnded += record => Answered += record.Outcome == CallOutcome.Answered ? 1 : 0;
    }

    /// <summary>A stream that passes through: OpenAI on both sides.</summary>
    public static EngineCall Stream(int chunks) =>
        new(new MemoryProvider("text/event-stream", Bodies.ChatStream(chunks)), WireProtocol.OpenAIChat, WireProtocol.OpenAIChat, Bodies.Request(stream: true));

    /// <summary>The same stream from a provider that is waited for before each piece.</summary>
    public static EngineCall SlowStream(int chunks) =>
        new(new MemoryProvider("text/event-stream", Bodies.ChatStream(chunks)) { Waits = true }, WireProtocol.OpenAIChat, WireProtocol.OpenAIChat, Bodies.Request(stream: true));

    /// <summary>A stream that passes through: Anthropic on both sides.</summary>
    public static EngineCall AnthropicStream(int chunks) =>
        new(new MemoryProvider("text/event-stream", Bodies.AnthropicStream(chunks)), WireProtocol.AnthropicMessages, WireProtocol.AnthropicMessages, Bodies.Request(stream: true));

    /// <summary>A stream that is translated: Anthropic asked, OpenAI answers.</summary>
    public static EngineCall TranslatedStream(int chunks) =>
        new(new MemoryProvider("text/event-stream", Bodies.ChatStream(chunks)), WireProtocol.AnthropicMessages, WireProtocol.OpenAIChat, Bodies.Request(stream: true));

    /// <summary>A whole answer of 1 KB that passes through.</summary>
    public static EngineCall Whole() =>
        new(new MemoryProvider("application/json", Bodies.ChatAnswer), WireProtocol.OpenAIChat, WireProtocol.OpenAIChat, Bodies.Request(stream: false));

    /// <summary>A whole answer of 1 KB that is translated.</summary>
    public static EngineCall TranslatedWhole() =>
        new(new MemoryProvider("application/json", Bodies.ChatAnswer), WireProtocol.AnthropicMessages, WireProtocol.OpenAIChat, Bodies.Request(stream: false));

    /// <summary>Calls that the record says were answered.</summary>
    public int Answered { get; private set; }

    /// <summary>What the client got of all calls.</summary>
    public long Bytes => _sink.Bytes;

    /// <summary>Makes the call.</summary>
    public void Run()
    {
        var model = _engine.Model;
        var route = model.Routes.Find("mock-1")!;
        var useCase = route.Model.UseCase;
        var running = _engine.Pipeline.RunAsync(
            new()
            {
                Request = new() { Protocol = _protocol, Body = _body, Facts = _facts, Model = "mock-1", Headers = _headers },
                Sink = _sink,
                Model = model,
                Route = route,
                UseCase = useCase,
                Client = _client,
                Record = new()
                {
                    Client = _client.Name,
                    Id = "us_0123456789abcdef",
                    StartedAt = _engine.Time.GetUtcNow(),
                    Started = _engine.Time.GetTimestamp(),
                    Route = route.Model.Name,
                    UseCase = useCase.Name,
                    Protocol = _protocol,
                    Model = "mock-1",
                    Stream = _facts.Stream,
                },
            },
            _clientLeft);
        while (_upstream.IsAwaited) _upstream.Arrive();
        if (!running.IsCompletedSuccessfully) throw new InvalidOperationException("The call waited for something, or failed.");
    }
}
