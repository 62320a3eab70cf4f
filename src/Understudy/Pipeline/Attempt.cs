using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Understudy.Calls;
using Understudy.Failures;
using Understudy.Retry;
using Understudy.Streaming;
using Understudy.Timeouts;
using Understudy.Transport;
using Understudy.Wires;
using Understudy.Wires.Anthropic;
using Understudy.Wires.OpenAIResponses;

namespace Understudy.Pipeline;

/// <summary>
/// One call of one target: sent, classified at the headers, read up to its first content, and from there to its end.
/// The two halves are apart because everything before the commit point can be undone and nothing after it.
/// </summary>
internal sealed class Attempt(Engine engine, Call call, Step step, ClockLimits limits, long deadline, CancellationToken clientLeft)
    : IAsyncDisposable
{
    /// <summary>An error's body is read up to here; the rest of a web page tells no more.</summary>
    private const int MaxErrorBytes = 64 * 1024;

    /// <summary>An answer that is not streamed is read up to here.</summary>
    private const int MaxAnswerBytes = 64 * 1024 * 1024;

    private readonly AttemptClocks _clocks = new(engine.Time, limits, deadline, clientLeft);
    private readonly TimeSpan _connect = limits.Connect; // of the limits no more is kept: they are three times as large
    private readonly PooledBuffer _requestBody = new();
    private readonly PooledBuffer _body = new();
    private readonly Wire _client = Wire.Of(call.Request.Protocol);
    private readonly WireProtocol _protocol = step.Target.Target.ProtocolFor(call.Request.Protocol);
    private readonly Wire _upstream = Wire.Of(step.Target.Target.ProtocolFor(call.Request.Protocol));
    private ProviderReply? _reply;
    private AnswerRelay? _relay;
    private ProviderRequest? _request;
    private ClientLane? _lane = call.Lane;
    private bool _bodyEnded;

    /// <summary>The wire that is spoken with the target.</summary>
    public Wire Upstream => _upstream;

    /// <summary>Whom it calls.</summary>
    public TargetState Target => step.Target;

    /// <summary>Whether both sides speak the same protocol and the answer is a first one: bytes pass through.</summary>
    public bool PassThrough { get; } = call.Lane is null && !step.Adapted && step.Target.Target.ProtocolFor(call.Request.Protocol) == call.Request.Protocol;

    /// <summary>Whether this is the very request that the client made, to the model it named.</summary>
    public bool AsAsked => PassThrough && step.Target.Target.Model == call.Request.Model;

    /// <summary>The reply's status, once there was one; else 0.</summary>
    public int Status => _reply?.Status ?? 0;

    /// <summary>The reply, for its headers.</summary>
    public ProviderReply? Reply => _reply;

    /// <summary>The error's or the answer's body, for answers that are not streamed.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>What the upstream's error said; null where there was none.</summary>
    public UpstreamError? Error { get; private set; }

    /// <summary>The client's tool names by those that the target was given, where they differ.</summary>
    public IReadOnlyDictionary<string, string>? ToolNames { get; private set; }

    /// <summary>Tokens that the provider told of.</summary>
    public Usage Usage { get; private set; }

    /// <summary>Tokens of the answer that came, by our own count: an event with content is about one where nobody tells, and so are four bytes of a whole answer.</summary>
    public long OutputSeen => _relay is { } relay ? relay.ContentEvents : Status == 200 ? Body.Length / 4 : 0;

    /// <summary>The race that it runs with another attempt; null where it runs alone.</summary>
    public HedgeRace? Race { get; set; }

    /// <summary>The next in <see cref="AttemptList"/>, whose lock guards it.</summary>
    internal Attempt? NextUnderWay { get; set; }

    /// <summary>The one before in <see cref="AttemptList"/>, whose lock guards it.</summary>
    internal Attempt? PreviousUnderWay { get; set; }

    private bool Stream => call.Request.Stream;

    /// <summary>An operator breaks it off. Any thread.</summary>
    public void BreakOff() => _clocks.End(FailureKind.BrokenOff);

    /// <summary>Makes the request.</summary>
    /// <returns>Why the target cannot do what it asks; null where it can.</returns>
    public Failure? Prepare()
    {
        _request = Compose(out var notAble);
        return _request is null ? new(FailureKind.TargetNotAble, notAble ?? "it cannot take this request") : null;
    }

    /// <summary>The first half: up to the first content, or to the whole answer where it is not streamed.</summary>
    /// <returns>The failure; null where there is something to hand on.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Failure?> OpenAsync()
    {
        step.Target.UnderWay.Add(this);
        // An order that came since the ladder was asked has not seen this attempt.
        if (engine.Overrides.Covers(step.Target.Target.Provider.Name, step.Target.Target.Name)) return new(FailureKind.Killed, "killed by an operator");
        var transport = engine.Chaos.IsQuiet ? engine.Transport : engine.Chaos.Around(engine.Transport, _request!, call.Route.Model, call.Client?.Name);
        _reply = await transport.SendAsync(_request!, _connect, _clocks.Token).ConfigureAwait(false);
        if (_reply.Failure is { } unsent) return ByClock(unsent);
        step.Target.Quota.Read(_reply);
        if (_reply.Status != 200) return await ReadErrorAsync().ConfigureAwait(false);
        if (call.Request.Operation == CallOperation.CountTokens) return await ReadWholeAsync(inspect: false).ConfigureAwait(false);
        return WrongContentType() ?? (Stream
            ? await ReadToContentAsync().ConfigureAwait(false)
            : await ReadWholeAsync(inspect: true).ConfigureAwait(false));
    }

    /// <summary>The second half of a stream: everything to the end.</summary>
    /// <returns>How it broke; null where it is whole.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Failure?> PumpAsync()
    {
        var relay = _relay!;
        while (true)
        {
            var taken = await HandOnAsync(relay).ConfigureAwait(false);
            if ((relay.Seen & EventMeaning.Closed) != 0) return null; // a client that leaves at the closing event has had its answer
            if (!taken) return await UntakenAsync(relay).ConfigureAwait(false);
            if (_bodyEnded) return await EndOfBodyAsync(relay).ConfigureAwait(false);
            if (await FeedAsync(relay).ConfigureAwait(false) is { } broken)
            {
                if (!await HandOnAsync(relay).ConfigureAwait(false)) return await UntakenAsync(relay).ConfigureAwait(false);
                var whole = (relay.Seen & EventMeaning.Finished) != 0 && broken.Kind is (FailureKind.CutShort or FailureKind.Stalled or FailureKind.DeadlineSpent or FailureKind.BrokenOff);
                return whole ? await EndOfBodyAsync(relay).ConfigureAwait(false) : broken;
            }
        }
    }

    /// <summary>
    /// After the client has its answer: reads what is left of the body (the last chunk's end), so that the connection
    /// can be used again, and lets go of everything. The client does not wait for it.
    /// </summary>
    public void FinishInBackground()
    {
        // DisposeAsync and reads give failures as values: nothing can be lost here.
        _ = FinishAsync();
    }

    /// <summary>What the client has, so that another attempt can go on from there; null where it cannot be understood.</summary>
    public ClientLane? Interrupted()
    {
        var lane = call.Lane ?? (_relay is PassThroughRelay && call.Flight!.Kept is { } kept ? ClientLane.FromKept(_client, AnswerContexts.For(call, toolNames: null), step.Target.Target.Name, kept) : null);
        if (lane is not null && _relay is { Reader.InToolCall: true }) lane.OwesToolCall = true;
        return lane;
    }

    /// <summary>Its first content goes out: from here on what it has begun to write is the call's.</summary>
    public void Commit() => call.Lane ??= _lane;

    /// <summary>Another attempt is sooner: this one ends, and nobody is blamed.</summary>
    public void Overtaken() => _clocks.End(FailureKind.HedgeLost);

    /// <summary>The whole answer, with what the target leaves to its caller done: reasoning told apart, stop sequences heeded.</summary>
    /// <exception cref="WireFormatException">It is none.</exception>
    public Answer ReadAnswer()
    {
        var answer = _upstream.ReadAnswer(Body.Span);
        if (PassThrough) return answer;
        if (MayThinkInline) answer = InlineThinking.Of(answer);
        return StopsToHeed is { Count: > 0 } stops ? StopCut.Of(answer, stops) : answer;
    }

    private bool MayThinkInline => _protocol == WireProtocol.OpenAIChat && InlineThinking.MayBeBy(step.Target.Target.Model);

    private IReadOnlyList<string> StopsToHeed => call.Conversation is { } asked ? StopCut.NeededFor(asked, _protocol, step.Target.Target.Model) : [];

    /// <summary>The answer that the client got from here, once it is whole: read once more; null where it can't be.</summary>
    public Answer? WholeAnswer()
    {
        try
        {
            if (!Stream) return ReadAnswer();
            return _relay is PassThroughRelay && call.Flight!.Kept is { } kept ? ClientLane.Collect(_client, kept) : call.Lane?.WholeAnswer;
        }
        catch (WireFormatException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        step.Target.UnderWay.Remove(this);
        _clocks.Dispose();
        _relay?.Dispose();
        if (_lane != call.Lane) _lane?.Dispose(); // nothing of it went out
        if (_reply is not null) await _reply.DisposeAsync().ConfigureAwait(false);
        _requestBody.Dispose();
        _body.Dispose();
    }

    /// <summary>Makes the request; null where the target cannot do what it asks.</summary>
    private ProviderRequest? Compose(out string? notAble)
    {
        notAble = null;
        var target = step.Target.Target;
        var body = call.Request.Body;
        if (!PassThrough)
        {
            var conversation = call.Conversation!;
            var profile = TargetProfile.For(_protocol, target.Model);
            if (call.Lane is { } cut) conversation = conversation.ContinueFrom(cut.Partial, profile.Prefill);
            var written = _upstream.WriteRequest(conversation, profile, _requestBody);
            notAble = written.Refusal;
            if (notAble is not null) return null;
            ToolNames = written.ToolNames;
            body = _requestBody.Written;
        }
        else if (StripForeignReasoning(body.Span))
        {
            // The history holds reasoning that we made of another vendor's: its maker's rivals refuse it for ever.
            body = _requestBody.Written;
            if (!AsAsked && RequestScan.TryScan(body.Span, out var moved) is null && moved.ModelStart >= 0)
            {
                var stripped = body.ToArray();
                _requestBody.Clear();
                body = SpliceModel(stripped, moved, target.Model);
            }
        }
        else if (!AsAsked && call.Request.Facts.ModelStart >= 0)
        {
            // Another model on the same protocol: its name is spliced in, everything else stays as it is.
            body = SpliceModel(body.Span, call.Request.Facts, target.Model);
        }

        return new()
        {
            Provider = target.Provider,
            Model = target.Model,
            Protocol = _protocol,
            Call = call.Request,
            PassThrough = PassThrough,
            Stream = Stream,
            Body = body,
        };
    }

    private ReadOnlyMemory<byte> SpliceModel(ReadOnlySpan<byte> body, RequestFacts facts, string model)
    {
        _requestBody.Append(body[..facts.ModelStart]);
        _requestBody.Append("\""u8);
        _requestBody.Append(JsonEncodedText.Encode(model).EncodedUtf8Bytes);
        _requestBody.Append("\""u8);
        _requestBody.Append(body[(facts.ModelStart + facts.ModelLength)..]);
        return _requestBody.Written;
    }

    private bool StripForeignReasoning(ReadOnlySpan<byte> body) => _protocol switch
    {
        WireProtocol.AnthropicMessages => ForeignThinking.TryStrip(body, _requestBody),
        WireProtocol.OpenAIResponses => ForeignReasoning.TryStrip(body, _requestBody),
        WireProtocol.OpenAIChat or WireProtocol.Gemini or WireProtocol.InProcess => false, // what they must not see again, they were never given
    };

    private async ValueTask<Failure?> ReadErrorAsync()
    {
        var reply = _reply!;
        while (_body.Length < MaxErrorBytes)
        {
            var piece = await reply.ReadAsync(_clocks.Token).ConfigureAwait(false);
            if (!piece.Bytes.IsEmpty) _body.Append(piece.Bytes.Span);
            _bodyEnded = piece.End;
            if (piece.End || piece.Broken) break;
        }

        if (_clocks.Expired is { } expired) return ByClock(new(expired, "the clock ran out in an error's body"));
        Body = _body.Written;
        Error = _upstream.ReadError(reply.Status, Body.Span);
        var asked = RetryAfter.Parse(Header("retry-after"u8), Header("retry-after-ms"u8), engine.Time.GetUtcNow()) ?? Error.RetryAfter;
        if (IsUnknownPath(reply.Status, Error))
        {
            step.Target.Target.LacksResponses = true;
            return new(FailureKind.TargetNotAble, "it does not know Responses; asking in chat") { Status = reply.Status };
        }

        return StatusClassifier.Classify(reply.Status, Error.Type, Error.Code, Error.Message, asked, AsAsked);
    }

    /// <summary>
    /// Whether the provider's own headers say that this call fits: then a 429 tells of an outage and not of our use
    /// (OpenAI refused everybody so on 3 June 2026). Null where they say nothing.
    /// </summary>
    public bool? BucketHasRoom()
    {
        var target = step.Target;
        var size = engine.Answers.Allow(call.Route.Model.Name, target.Target.Name, call.Request);
        return target.Quota.HasRoom(size.Input, size.Output, call.Model.Policy.Quotas.LeaveBelow);
    }

    /// <summary>Whether a server of the chat protocol was asked in Responses and has no such path.</summary>
    private bool IsUnknownPath(int status, UpstreamError error) =>
        _protocol != step.Target.Target.Provider.Protocol && status is (404 or 405 or 501) && error.Code is not ("model_not_found" or "DeploymentNotFound");

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Failure?> ReadWholeAsync(bool inspect)
    {
        var reply = _reply!;
        while (true)
        {
            var piece = await reply.ReadAsync(_clocks.Token).ConfigureAwait(false);
            if (_clocks.Expired is { } expired) return ByClock(new(expired, "the answer took too long"));
            if (piece.Broken) return new(FailureKind.CutShort, "the body broke off");
            _bodyEnded = piece.End;
            if (piece.End && _body.Length == 0)
            {
                Body = piece.Bytes; // all in one piece: no copy
                break;
            }

            if (!piece.Bytes.IsEmpty) _body.Append(piece.Bytes.Span);
            if (_body.Length > MaxAnswerBytes) return new(FailureKind.Garbage, "the answer is larger than 64 MiB");
            if (!piece.End) continue;
            Body = _body.Written;
            break;
        }

        if (!inspect) return null;
        var check = _upstream.InspectAnswer(Body.Span);
        Usage = check.Usage;
        return check.State switch
        {
            AnswerState.Good => null,
            // Without a word, but with a lawful reason for it.
            AnswerState.Empty when check.Finish is FinishReason.Refusal or FinishReason.Pause or FinishReason.Length or FinishReason.StopSequence => null,
            AnswerState.Empty => new(FailureKind.EmptyAnswer, "a 200 without content"),
            AnswerState.Failed => InBody(check.Error ?? _upstream.ReadError(200, Body.Span), AsAsked),
            AnswerState.Garbage => new(FailureKind.Garbage, "a 200 that is not what the protocol says"),
        };
    }

    private Failure InBody(UpstreamError? error, bool asAsked)
    {
        Error = error;
        return StatusClassifier.ClassifyInBody(error?.Type, error?.Code, error?.RetryAfter, asAsked);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Failure?> ReadToContentAsync()
    {
        _relay = NewRelay();
        while (true)
        {
            if (await FeedAsync(_relay).ConfigureAwait(false) is { } failure) return failure;
            if (_relay.Committed) return null;
            if (_relay.EndedWithoutWord) return null;
            if ((_relay.Seen & EventMeaning.Closed) != 0 || (_bodyEnded && (_relay.Seen & EventMeaning.Finished) != 0))
            {
                // Asked to go on with a cut answer, it may have nothing to add: the cut came after the last word.
                return _relay is TranslatingRelay { MayBeEmpty: true } && !_lane!.OwesToolCall ? null : new(FailureKind.EmptyAnswer, "a stream without content");
            }

            if (_bodyEnded)
            {
                return _relay.Seen == EventMeaning.None
                    ? new(FailureKind.EmptyAnswer, "a stream without events")
                    : new Failure(FailureKind.CutShort, "the stream ended before any content");
            }
        }
    }

    private AnswerRelay NewRelay()
    {
        if (PassThrough) return new PassThroughRelay { Reader = _upstream.NewStreamReader() };
        _lane ??= ClientLane.Begin(_client, AnswerContexts.For(call, ToolNames));
        return _lane.NewRelay(_upstream, step.Target.Target.Name, call.Conversation?.Output, MayThinkInline, StopsToHeed);
    }

    /// <summary>Reads one piece and feeds it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Failure?> FeedAsync(AnswerRelay relay)
    {
        var piece = await _reply!.ReadAsync(_clocks.Token).ConfigureAwait(false);
        if (_clocks.Expired is { } expired) return ByClock(new(expired, expired == FailureKind.Stalled ? "silence in the stream" : "no first content"));
        if (piece.Broken) return new(relay.Committed ? FailureKind.CutShort : FailureKind.ConnectionReset, "the stream broke off");
        _bodyEnded = piece.End;
        var meaning = piece.Bytes.IsEmpty ? EventMeaning.None : relay.Feed(piece.Bytes);
        if (piece.End) meaning |= relay.FeedEnd();
        Usage = relay.Reader.Usage;
        if ((meaning & EventMeaning.Content) != 0) _clocks.Progress();
        if ((meaning & EventMeaning.Failed) != 0) return InBody(relay.Reader.Error, AsAsked && !relay.Committed);
        if ((meaning & EventMeaning.Garbage) == 0) return null;
        return relay is TranslatingRelay { DoesNotContinue: true }
            ? new(FailureKind.NotContinued, "what came does not continue the answer")
            : new Failure(FailureKind.Garbage, relay.Reader.IsRepeating ? "the same words over and over" : "a stream that is not what the protocol says");
    }

    /// <summary>Whether the model said the same words over and over: whoever is asked to go on with that says them on.</summary>
    public bool IsRepeating => _relay is { Reader.IsRepeating: true };

    /// <summary>The body is over: whole if the answer said that it was finished, else cut.</summary>
    private async ValueTask<Failure?> EndOfBodyAsync(AnswerRelay relay)
    {
        if ((relay.Seen & EventMeaning.Finished) == 0) return new(FailureKind.CutShort, "the stream ended without its closing event");
        relay.ReleaseHeld();
        if (relay is TranslatingRelay { DoesNotContinue: true }) return new(FailureKind.NotContinued, "what came does not continue the answer");
        // Nothing follows: a client that leaves here, or is still reading when its time is up, has had its answer.
        await HandOnAsync(relay).ConfigureAwait(false);
        // The closing event was lost, not the answer: said for the provider, so that the client's own parser is content.
        if (relay is PassThroughRelay) await call.Sink.WriteAsync(ClosingEvent.Of(call.Request.Protocol), _clocks.Token).ConfigureAwait(false);
        return null;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> HandOnAsync(AnswerRelay relay)
    {
        // Both count as seen from here on, and a sink takes what it is given even where the waiting for the client is ended:
        // an attempt that is broken off now is continued behind them.
        var taken = relay.Ready.IsEmpty || await WriteAsync(relay.Ready).ConfigureAwait(false);
        if (!relay.Ready2.IsEmpty) taken &= await WriteAsync(relay.Ready2).ConfigureAwait(false);
        relay.Sent();
        return taken;
    }

    private ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        var write = call.Sink.WriteAsync(bytes, _clocks.Token);
        return write.IsCompletedSuccessfully ? write : WaitForClientAsync(write);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitForClientAsync(ValueTask<bool> write)
    {
        _clocks.Hold();
        var written = await write.ConfigureAwait(false);
        _clocks.Progress();
        return written;
    }

    private async Task FinishAsync()
    {
        if (_reply is not null && !_bodyEnded)
        {
            var read = _reply.ReadAsync(_clocks.Token);
            if (!read.IsCompleted) _clocks.Progress(); // bounded by the idle clock
            await read.ConfigureAwait(false);
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    private Failure? WrongContentType()
    {
        if (_reply!.TryGetHeader("content-encoding"u8, out var encoding) && !encoding.SequenceEqual("identity"u8))
        {
            return new(FailureKind.Garbage, "a compressed body that was not asked for");
        }

        if (!_reply.TryGetHeader("content-type"u8, out var type)) return null;
        var fits = Stream ? type.StartsWith("text/event-stream"u8) : type.IndexOf("json"u8) >= 0;
        return fits ? null : new(FailureKind.Garbage, Stream ? "not an event stream" : "not JSON");
    }

    private string? Header(ReadOnlySpan<byte> name) =>
        _reply!.TryGetHeader(name, out var value) ? Encoding.ASCII.GetString(value) : null;

    /// <summary>A wait that a clock ended fails as that clock says, whatever the transport saw.</summary>
    private Failure ByClock(Failure seen) => _clocks.Expired switch
    {
        null => seen,
        FailureKind.BrokenOff => new(FailureKind.BrokenOff, "broken off by an operator"),
        FailureKind.ClientLeft => new(FailureKind.ClientLeft, "the client left"),
        { } expired => new(expired, seen.Reason),
    };

    /// <summary>The client is gone, or the attempt was ended while it was still reading: then it has what it was given, and that may be all there is.</summary>
    private async ValueTask<Failure?> UntakenAsync(AnswerRelay relay) =>
        (relay.Seen & EventMeaning.Finished) != 0 && _clocks.Expired is (FailureKind.DeadlineSpent or FailureKind.BrokenOff) ? await EndOfBodyAsync(relay).ConfigureAwait(false) : Left();

    private Failure Left() => new(_clocks.Expired ?? FailureKind.ClientLeft, "the client left");
}
