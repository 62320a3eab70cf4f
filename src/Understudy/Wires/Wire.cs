using System.Buffers;
using System.Text.Json;
using Understudy.Calls;
using Understudy.Wires.Anthropic;
using Understudy.Wires.Gemini;
using Understudy.Wires.InProcess;
using Understudy.Wires.OpenAIChat;
using Understudy.Wires.OpenAIResponses;

namespace Understudy.Wires;

/// <summary>
/// One protocol: how its requests, answers, streams and errors are read and written. Stateless. Calls whose two sides
/// speak the same protocol use only <see cref="InspectAnswer"/> and a stream reader that watches; their bytes pass.
/// </summary>
public abstract class Wire
{
    private protected Wire()
    {
    }

    /// <summary>The wire of a protocol.</summary>
    public static Wire Of(WireProtocol protocol) => protocol switch
    {
        WireProtocol.AnthropicMessages => AnthropicWire.Instance,
        WireProtocol.OpenAIChat => ChatWire.Instance,
        WireProtocol.OpenAIResponses => ResponsesWire.Instance,
        WireProtocol.Gemini => GeminiWire.Instance,
        WireProtocol.InProcess => InProcessWire.Instance,
    };

    /// <summary>Reads a request.</summary>
    /// <exception cref="WireFormatException">The body is not what the protocol allows: the client's 400.</exception>
    public Conversation ReadRequest(ReadOnlySpan<byte> body) => JsonAt.Read(body, ReadRequest);

    /// <summary>Writes a request for a target; writes nothing where the target can't take it.</summary>
    public abstract WrittenRequest WriteRequest(Conversation conversation, TargetProfile profile, IBufferWriter<byte> output);

    /// <summary>Reads a whole answer. Look at it with <see cref="InspectAnswer"/> first.</summary>
    /// <exception cref="WireFormatException">It is none.</exception>
    public Answer ReadAnswer(ReadOnlySpan<byte> body) => JsonAt.Read(body, ReadAnswer);

    /// <summary>Writes a whole answer.</summary>
    public abstract void WriteAnswer(Answer answer, AnswerContext context, IBufferWriter<byte> output);

    /// <summary>Looks at the body of a 200: is it an answer, what did it take? One pass; allocates only for errors.</summary>
    public AnswerCheck InspectAnswer(ReadOnlySpan<byte> body)
    {
        AnswerCheck check;
        try
        {
            check = Inspect(body);
        }
        catch (JsonException)
        {
            check = new(AnswerState.Garbage, default, null, null);
        }

        if (check is { State: AnswerState.Good, Finish: FinishReason.Length } && RepetitionWatch.FillsTheLimit(body)) return check with { State = AnswerState.Garbage };

        // An error without its wrapper, or wrapped in an array by a proxy, is no answer but no riddle either.
        return check is { State: AnswerState.Garbage, Finish: null } && ErrorBody.TryRead(body) is { } error ? check with { State = AnswerState.Failed, Error = error } : check;
    }

    /// <summary>A reader for one stream of this protocol.</summary>
    public abstract AnswerStreamReader NewStreamReader();

    /// <summary>A writer for one client's stream.</summary>
    public abstract AnswerStreamWriter NewStreamWriter(AnswerContext context, IBufferWriter<byte> output);

    /// <summary>Writes an error of ours.</summary>
    /// <returns>The HTTP status that goes with it.</returns>
    public abstract int WriteError(ClientError error, IBufferWriter<byte> output);

    /// <summary>What an error body says, in any of the forms that this protocol's servers use.</summary>
    /// <param name="status">The HTTP status it came with.</param>
    /// <param name="body">The body, or its beginning.</param>
    public virtual UpstreamError ReadError(int status, ReadOnlySpan<byte> body) => ErrorBody.Read(body);

    private protected abstract Conversation ReadRequest(JsonAt body);

    private protected abstract Answer ReadAnswer(JsonAt body);

    private protected abstract AnswerCheck Inspect(ReadOnlySpan<byte> body);
}
