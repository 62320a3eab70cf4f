using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Transport;
using Understudy.Wires;

namespace Understudy.Probing;

/// <summary>
/// The least that a model can be asked: one word in, one token out, with nothing of any user in it. It goes the way that
/// calls go (transport, key, protocol, model), for a health page that answers proves little about a model that does not.
/// </summary>
/// <remarks>
/// A refusal of the request as wrong (400, 404) is a sign of life, as it is for calls: a model may have more rules than
/// we know, and real traffic decides next. OpenAI's reasoning models end a smaller limit than 16 tokens with an error, and
/// Responses takes no smaller one: they get 16, and the least effort.
/// </remarks>
public static class Probe
{
    private const int MaxBytes = 64 * 1024;
    private const int LeastForReasoning = 16;

    /// <summary>Sends one probe.</summary>
    /// <param name="transport">The way to the provider.</param>
    /// <param name="provider">Whom to ask.</param>
    /// <param name="model">For which model.</param>
    /// <param name="limit">How long it may take in all.</param>
    /// <param name="time">The time.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public static async ValueTask<ProbeResult> SendAsync(
        IProviderTransport transport, ProviderModel provider, string model, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(limit, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        using var body = new PooledBuffer();
        if (Compose(provider, model, body) is not { } request) return new(new(FailureKind.TargetNotAble, "no probe could be written for it"), default);
        var reply = await transport.SendAsync(request, limit, ended.Token).ConfigureAwait(false);
        await using (reply.ConfigureAwait(false))
        {
            var result = await ReadAsync(reply, Wire.Of(provider.Protocol), ended.Token).ConfigureAwait(false);
            // What the clock ended failed by the clock, whatever the transport saw.
            return clock.IsCancellationRequested && result.Failure is not null ? new(new(FailureKind.FirstTokenTimeout, "no answer to a probe in time"), default) : result;
        }
    }

    /// <summary>Writes the request; null where the target's wire has no way to say it.</summary>
    internal static ProviderRequest? Compose(ProviderModel provider, string model, PooledBuffer body)
    {
        var protocol = provider.Protocol;
        var profile = TargetProfile.For(protocol, model);
        var openAI = protocol is WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses;
        var reasons = openAI && profile.Reasoning == ReasoningKind.Effort;
        var conversation = new Conversation
        {
            Origin = protocol,
            Model = model,
            Turns = [new(TurnRole.User, [new TextPart("Hi")])],
            MaxOutput = reasons ? LeastForReasoning : 1,
            Reasoning = reasons ? ReasoningWish.Off : null,
            Extras = protocol == WireProtocol.OpenAIResponses ? [new("store", "false")] : [], // kept by default
        };
        if (!Wire.Of(protocol).WriteRequest(conversation, profile, body).IsWritten) return null;
        return new()
        {
            Provider = provider,
            Model = model,
            Protocol = protocol,
            Call = new() { Protocol = protocol, Body = body.Written, Facts = new(ModelStart: -1, ModelLength: 0, Stream: false, MaxTokens: 1, Reasoning: false, HasTools: false), Model = model },
            PassThrough = false,
            Stream = false,
            Body = body.Written,
        };
    }

    private static async ValueTask<ProbeResult> ReadAsync(ProviderReply reply, Wire wire, CancellationToken cancellationToken)
    {
        if (reply.Failure is { } unsent) return new(unsent, default);
        using var body = new PooledBuffer();
        for (var end = false; !end && body.Length < MaxBytes;)
        {
            var piece = await reply.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (piece.Broken || cancellationToken.IsCancellationRequested) return new(new(FailureKind.CutShort, "the answer to a probe broke off") { Status = reply.Status }, default);
            body.Append(piece.Bytes.Span);
            end = piece.End;
        }

        return reply.Status == 200 ? Inspect(wire, body.Span) : new(Refused(wire.ReadError(reply.Status, body.Span), reply.Status), default);
    }

    private static ProbeResult Inspect(Wire wire, ReadOnlySpan<byte> body)
    {
        var check = wire.InspectAnswer(body);
        return new(
            check.State switch
            {
                // One token says nothing as often as not: it is an answer in form that counts.
                AnswerState.Good or AnswerState.Empty => null,
                AnswerState.Failed => Alive(StatusClassifier.ClassifyInBody(check.Error?.Type, check.Error?.Code, check.Error?.RetryAfter, asAsked: true)),
                AnswerState.Garbage => new(FailureKind.Garbage, "a 200 that is not what the protocol says"),
            },
            check.Usage);
    }

    private static Failure? Refused(UpstreamError error, int status) =>
        Alive(StatusClassifier.Classify(status, error.Type, error.Code, error.Message, error.RetryAfter, asAsked: true));

    private static Failure? Alive(Failure failure) => failure.Kind == FailureKind.BadRequest ? null : failure;
}
