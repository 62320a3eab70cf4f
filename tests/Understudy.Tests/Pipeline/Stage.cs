using System.Text;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Drills;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Pipeline;
using Understudy.Transport;

namespace Understudy.Tests.Pipeline;

/// <summary>An engine in virtual time with providers that follow a script: what each test of the pipeline stands on.</summary>
internal sealed class Stage : IProviderTransport
{
    private readonly Dictionary<string, Queue<Reply>> _scripts = [];
    private readonly Dictionary<string, Func<string, Reply>> _actors = [];
    private byte[] _lastBody = [];

    public Stage(Func<Policy, Policy>? change = null, Func<TimeProvider, Understudy.Coalescing.FlightTable>? flights = null)
    {
        var policy = DefaultPolicy();
        Engine = new(change?.Invoke(policy) ?? policy, this, Time, new Chance(7), Journal) { Flights = flights?.Invoke(Time) ?? new(Time, 7) };
        Journal.CallEnded += record =>
        {
            if (Keeps) Records.Add(record);
        };
    }

    public VirtualTime Time { get; } = new();

    public Journal Journal { get; } = new();

    public Engine Engine { get; }

    public List<CallRecord> Records { get; } = [];

    /// <summary>Whether records and requests are kept; not where there are a hundred thousand.</summary>
    public bool Keeps { get; set; } = true;

    /// <summary>What the providers received: target, and when.</summary>
    public List<(string Target, TimeSpan At, string Body)> Received { get; } = [];

    /// <summary>Requests that were given up while the provider was still at them.</summary>
    public int Aborted { get; private set; }

    public static ProviderModel Claude { get; } = Provider("claude", WireProtocol.AnthropicMessages);

    public static ProviderModel OpenAI { get; } = Provider("openai", WireProtocol.OpenAIChat);

    public static ProviderModel Spare { get; } = Provider("spare", WireProtocol.AnthropicMessages);

    public static RouteModel Route(params (ProviderModel Provider, string? Model)[] targets) => new()
    {
        Name = "test",
        Match = ["*"],
        UseCase = UseCaseModel.Interactive,
        Ladder = [.. targets.Select(target => new TargetRung { Targets = [new TargetModel { Provider = target.Provider, Model = target.Model }] })],
    };

    /// <summary>Queues what a target answers to its next calls; the last one is repeated for ever.</summary>
    public void Script(string target, params Reply[] replies)
    {
        _scripts[target] = new(replies);
        _actors.Remove(target);
    }

    /// <summary>Lets a target answer by what it is asked.</summary>
    public void Script(string target, Func<string, Reply> answer) => _actors[target] = answer;

    /// <summary>Makes a call and runs time until it has ended.</summary>
    public Client Call(bool stream = true, string? body = null, string model = "claude-sonnet-4-5", WireProtocol protocol = WireProtocol.AnthropicMessages, string? caller = null, ClientModel? by = null, CallOperation operation = CallOperation.Generate, CancellationToken leaves = default)
    {
        var client = new Client();
        var running = Begin(client, stream, body, model, protocol, caller, by, operation, leaves: leaves);
        Finish(running);
        return client;
    }

    public Task Begin(IAnswerSink client, bool stream = true, string? body = null, string model = "claude-sonnet-4-5", WireProtocol protocol = WireProtocol.AnthropicMessages, string? caller = null, ClientModel? by = null, CallOperation operation = CallOperation.Generate, Asking? asking = null, CancellationToken leaves = default)
    {
        asking ??= new();
        var bytes = Encoding.UTF8.GetBytes(body ?? $$"""{"model":"{{model}}","max_tokens":100,"stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"Tell me."}]}""");
        _lastBody = bytes;
        Assert.Null(RequestScan.TryScan(bytes, out var facts));
        if (protocol == WireProtocol.Gemini) facts = facts with { Stream = stream };
        var engine = Engine.Model;
        var route = engine.Routes.Find(model)!;
        return Engine.Pipeline.RunAsync(
            new()
            {
                Request = new()
                {
                    Protocol = protocol,
                    Operation = operation,
                    Body = bytes,
                    Facts = facts,
                    Model = model,
                    IsRetry = asking.Retry,
                    IdempotencyKey = asking.Key,
                    CallerSensitive = asking.Caller,
                    Query = asking.Query,
                    Headers = asking.Headers,
                },
                Sink = client,
                Model = engine,
                Route = route,
                UseCase = route.Model.UseCase,
                Client = by,
                Record = new()
                {
                    Id = asking.Id,
                    StartedAt = Time.GetUtcNow(),
                    Started = Time.GetTimestamp(),
                    Client = by?.Name ?? caller,
                    Route = "test",
                    UseCase = "interactive",
                    Protocol = protocol,
                    Model = model,
                    Stream = stream,
                },
            },
            leaves);
    }

    /// <summary>What a host does with a request's body when its call is over: gives it to somebody else.</summary>
    public void Overwrite() => Array.Fill(_lastBody, (byte)'#');

    public void Finish(Task running)
    {
        while (!running.IsCompleted) Assert.True(Time.RunNext(), "The call waits for something that will never come.");
        running.GetAwaiter().GetResult();
    }

    public async ValueTask<ProviderReply> SendAsync(ProviderRequest request, TimeSpan connectLimit, CancellationToken cancellationToken)
    {
        var target = $"{request.Provider.Name}/{request.Model}";
        var body = Encoding.UTF8.GetString(request.Body.Span);
        if (Keeps) Received.Add((target, Time.Elapsed, body));
        var reply = _actors.TryGetValue(target, out var answer) ? answer(body)
            : _scripts[target].Count > 1 ? _scripts[target].Dequeue() : _scripts[target].Peek();
        var actor = new Actor(this, reply);
        return await actor.OpenAsync(cancellationToken);
    }

    private static ProviderModel Provider(string name, WireProtocol protocol) =>
        new() { Name = name, Protocol = protocol, BaseUrl = new($"http://{name}.test"), Key = "secret" };

    private static Policy DefaultPolicy() => new()
    {
        Providers = [Claude, OpenAI, Spare],
        Routes = [Route((Claude, null), (OpenAI, "gpt-5"))],
        Retry = new() { AttemptsPerTarget = 2 },
    };

    /// <summary>Plays one reply.</summary>
    private sealed class Actor : ProviderReply
    {
        private readonly Stage _stage;
        private readonly Reply _reply;
        private int _at;

        public Actor(Stage stage, Reply reply)
        {
            _stage = stage;
            _reply = reply;
            Status = reply.Status;
            Failure = reply.Refused;
        }

        public async ValueTask<ProviderReply> OpenAsync(CancellationToken cancellationToken)
        {
            if (_reply.Delay > TimeSpan.Zero) await _stage.WaitAsync(_reply.Delay, cancellationToken);
            return cancellationToken.IsCancellationRequested ? new Actor(_stage, new(0, []) { Refused = new(FailureKind.FirstTokenTimeout, "given up") }) : this;
        }

        public override bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
        {
            if (_reply.Headers.TryGetValue(Encoding.ASCII.GetString(name), out var text))
            {
                value = Encoding.ASCII.GetBytes(text);
                return true;
            }

            value = default;
            return false;
        }

        public override void CopyHeaders(IHeaderTarget target)
        {
            foreach (var (name, value) in _reply.Headers) target.Add(Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
        }

        public override async ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken)
        {
            if (_reply.Raw is { } raw && _at++ == 0) return new(raw, End: false, Broken: false);
            if (_reply.Raw is not null || _at >= _reply.Pieces.Count)
            {
                if (_reply.End == End.Silence) await _stage.WaitAsync(TimeSpan.FromDays(1), cancellationToken);
                return new(default, End: _reply.End == End.Clean, Broken: _reply.End != End.Clean);
            }

            var piece = _reply.Pieces[_at++];
            if (_reply.Pace > TimeSpan.Zero) await _stage.WaitAsync(_reply.Pace, cancellationToken);
            return cancellationToken.IsCancellationRequested
                ? new(default, End: false, Broken: true)
                : new(Encoding.UTF8.GetBytes(piece), End: false, Broken: false);
        }

        public override ValueTask DisposeAsync() => default;
    }

    private async Task WaitAsync(TimeSpan span, CancellationToken cancellationToken)
    {
        // A plain completion source runs its continuation inline, also when the token fires; Task.Delay would hop threads.
        var done = new TaskCompletionSource<bool>();
        await using var timer = Time.CreateTimer(_ => done.TrySetResult(true), null, span, Timeout.InfiniteTimeSpan);
        await using var registration = cancellationToken.UnsafeRegister(_ => done.TrySetResult(false), null);
        if (!await done.Task.ConfigureAwait(false)) Aborted++;
    }
}

/// <summary>What a request says besides its body.</summary>
internal sealed record Asking(string Id = "us_test")
{
    public bool Retry { get; init; }

    public string? Key { get; init; }

    public string Caller { get; init; } = "";

    public string Query { get; init; } = "";

    public HeaderField[] Headers { get; init; } = [];
}

/// <summary>How a scripted body ends.</summary>
internal enum End
{
    Clean,
    Reset,
    Silence,
}

/// <summary>What a scripted provider answers.</summary>
internal sealed record Reply(int Status, IReadOnlyList<string> Pieces)
{
    public End End { get; init; }

    /// <summary>Bytes in place of the pieces: a stream that is cut inside a character is no text.</summary>
    public byte[]? Raw { get; init; }

    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(300);

    public TimeSpan Pace { get; init; }

    public Failure? Refused { get; init; }

    public Dictionary<string, string> Headers { get; init; } = [];

    public static Reply Hang { get; } = new(200, []) { Delay = TimeSpan.FromDays(1) };

    public static Reply NoConnection { get; } = new(0, []) { Refused = new(FailureKind.ConnectFailed, "refused") };

    public static Reply Error(int status, string type, string? retryAfter = null) =>
        new(status, [$$$"""{"type":"error","error":{"type":"{{{type}}}","message":"As the provider said it."}}"""])
        {
            Headers = retryAfter is null
                ? new() { ["content-type"] = "application/json" }
                : new() { ["content-type"] = "application/json", ["retry-after"] = retryAfter },
        };

    public static Reply Stream(params string[] events) => new(200, events) { Headers = new() { ["content-type"] = "text/event-stream" } };

    public static Reply Json(string body) => new(200, [body]) { Headers = new() { ["content-type"] = "application/json" } };

    /// <summary>An Anthropic stream that says the given words, one event a word.</summary>
    public static Reply Say(params string[] words) => Stream([Anthropic.Start, Anthropic.Open, .. words.Select(Anthropic.Text), Anthropic.Close, Anthropic.Delta, Anthropic.Stop]);
}

/// <summary>Events of an Anthropic stream.</summary>
internal static class Anthropic
{
    public const string Start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n";
    public const string Open = "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
    public const string Ping = "event: ping\ndata: {\"type\": \"ping\"}\n\n";
    public const string Close = "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n";
    public const string Delta = "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":7}}\n\n";
    public const string Stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    public const string Overloaded = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    public const string Message = """{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"Hello."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":3}}""";

    public static string Text(string text) => $"event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{text}\"}}}}\n\n";
}

/// <summary>Chunks of an OpenAI chat stream.</summary>
internal static class Chat
{
    public const string Role = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-5\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n";
    public const string Finish = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-5\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    public const string Usage = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-5\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}}\n\n";
    public const string Done = "data: [DONE]\n\n";

    public static string Text(string text) => $"data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-5\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":null}}]}}\n\n";

    public static Reply Whole { get; } = Reply.Json("""{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-5","choices":[{"index":0,"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}""");

    public static Reply Say(params string[] words) => Reply.Stream([Role, .. words.Select(Text), Finish, Usage, Done]);
}

/// <summary>What a client got.</summary>
internal sealed class Client : IAnswerSink, IHeaderTarget
{
    private readonly StringBuilder _body = new();
    private readonly List<byte> _bytes = [];
    private TaskCompletionSource<bool>? _taken;

    public AnswerHead Head { get; private set; }

    public bool Begun { get; private set; }

    public bool Aborted { get; private set; }

    /// <summary>The upstream's headers that passed through.</summary>
    public List<(string Name, string Value)> Headers { get; } = [];

    /// <summary>How often something was sent.</summary>
    public int Writes { get; private set; }

    public string Body => _body.ToString();

    public byte[] Bytes => [.. _bytes];

    /// <summary>The text of all text deltas, as an SDK would join them.</summary>
    public string Text => string.Concat(System.Text.RegularExpressions.Regex.Matches(Body, "\"text_delta\",\"text\":\"([^\"]*)\"").Select(match => match.Groups[1].Value));

    public int Count(string what) => Body.Split(what).Length - 1;

    public void Begin(in AnswerHead head)
    {
        Assert.False(Begun, "A second answer was begun.");
        Head = head;
        Begun = true;
        head.PassThrough?.CopyHeaders(this); // now, as a host does: the reply does not last
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Headers.Add((Encoding.ASCII.GetString(name), Encoding.ASCII.GetString(value)));

    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Assert.True(Begun);
        Writes++;
        _body.Append(Encoding.UTF8.GetString(bytes.Span));
        _bytes.AddRange(bytes.Span);
        return _taken is { } taken ? new(taken.Task) : new(true);
    }

    public void Abort()
    {
        Aborted = true;
        _taken?.TrySetResult(false);
    }

    /// <summary>From now on the client takes nothing; what is sent waits.</summary>
    public void StopReading() => _taken = new();

    /// <summary>The client takes what waits for it, and everything after that.</summary>
    public void ReadOn()
    {
        var taken = _taken;
        _taken = null;
        taken?.TrySetResult(true);
    }
}
