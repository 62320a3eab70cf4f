using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Understudy.Wires;

/// <summary>
/// Writes an answer as it comes as one protocol's stream. What every protocol needs is done here: tool calls one after
/// the other (a client's adapter may flush all open calls when one block stops), whole ones only where that is asked for,
/// no empty pieces, nothing after the end. One object a client; not thread-safe.
/// </summary>
public abstract class AnswerStreamWriter : IAnswerEvents
{
    private readonly IBufferWriter<byte> _output;
    private readonly List<PendingCall> _calls = [];
    private readonly StringBuilder _later = new();
    private Usage _spent;
    private long _written;

    private protected AnswerStreamWriter(AnswerContext context, IBufferWriter<byte> output)
    {
        Context = context;
        _output = output;
    }

    /// <summary>Whether the opening frames are written.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>Whether the end, or an error, is written: nothing goes out any more.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>How many tool calls were written whole.</summary>
    public int ToolCallsWritten { get; private set; }

    private protected AnswerContext Context { get; }

    /// <summary>
    /// Learns from the bytes that the client has what reading them does not tell: the upstream may have said the same in
    /// more events than this writer would.
    /// </summary>
    public virtual void Follow(ReadOnlySpan<byte> sent)
    {
        // Most protocols number nothing.
    }

    /// <summary>
    /// Who gave the answer, in turn (<c>provider/model</c>): more than one where a cut answer was handed over. It is told
    /// with the end, in a field that every client of the protocol passes over.
    /// </summary>
    public IReadOnlyList<string> ServedBy { get; set; } = [];

    /// <inheritdoc/>
    public void Start(string? id, string? model)
    {
        // The upstream's own id and model stay in the record of the call. A second Start is a second upstream: never a
        // second message_start.
        if (IsStarted || IsEnded) return;
        IsStarted = true;
        WriteStart();
    }

    /// <inheritdoc/>
    public void Text(string delta)
    {
        if (delta.Length == 0 || IsEnded) return;
        _written += delta.Length;
        // A server may go on with text while a call is open; the call's block comes first.
        if (Live is not null) _later.Append(delta);
        else WriteText(delta);
    }

    /// <inheritdoc/>
    public void Thinking(string delta)
    {
        _written += delta.Length;
        if (delta.Length > 0 && Context.ShowThinking && !IsEnded && Live is null) WriteThinking(delta);
    }

    /// <inheritdoc/>
    public void ThinkingSignature(string signature)
    {
        if (signature.Length > 0 && Context.ShowThinking && !IsEnded && Live is null) WriteSignature(signature);
    }

    /// <inheritdoc/>
    public void RedactedThinking(string data)
    {
        if (Context.ShowThinking && !IsEnded && Live is null) WriteRedacted(data);
    }

    /// <inheritdoc/>
    public void Refusal(string delta)
    {
        if (delta.Length > 0 && !IsEnded) WriteRefusal(delta);
    }

    /// <inheritdoc/>
    public void BlockEnd()
    {
        if (!IsEnded && Live is null) WriteBlockEnd();
    }

    /// <inheritdoc/>
    public void ToolCall(int call, string id, string name)
    {
        if (IsEnded) return;
        var pending = new PendingCall(call, id, Context.ToolName(name));
        _calls.Add(pending);
        if (!Context.HoldToolCalls && Live is null) Open(pending);
    }

    /// <inheritdoc/>
    public void ToolArguments(int call, string delta)
    {
        if (delta.Length == 0 || IsEnded || Find(call) is not { Ended: false } pending) return;
        _written += delta.Length;
        if (pending.Live) WriteToolArguments(delta);
        else pending.Arguments.Append(delta);
    }

    /// <inheritdoc/>
    public void ToolCallEnd(int call)
    {
        if (IsEnded || Find(call) is not { } pending) return;
        pending.Ended = true;
        WriteWholeCalls();
    }

    /// <inheritdoc/>
    public void Finish(FinishReason reason, string? stopSequence, Usage usage)
    {
        if (IsEnded) return;
        if (!IsStarted) Start(null, null);
        // What is left is half: a held one leaves no trace; a live one stays open, as the protocols show a cut by the limit.
        _calls.RemoveAll(call => !call.Live);
        FlushLater();
        IsEnded = true;
        WriteFinish(reason, stopSequence, Estimated(_spent + usage));
    }

    /// <summary>
    /// Claude Code compacts and counts by these numbers, and takes a 0 for true: where the upstream told nothing, a guess
    /// of four characters a token is nearer.
    /// </summary>
    private Usage Estimated(Usage usage) => Context.UsageIsExact ? usage : usage with
    {
        Input = usage.Input == 0 ? Context.InputEstimate : usage.Input,
        Output = usage.Output == 0 && _written > 0 ? Math.Max(1, _written / 4) : usage.Output,
    };

    /// <summary>
    /// Another upstream goes on from here. Open text goes on in place; open reasoning is closed; calls that were held and
    /// are not whole are forgotten.
    /// </summary>
    /// <param name="spent">What the cut answer took: it is added to what <see cref="Finish"/> tells.</param>
    /// <exception cref="InvalidOperationException">Half a call was written already: no other model can go on inside it. See <see cref="IsInToolCall"/>.</exception>
    public void Resume(Usage spent)
    {
        if (IsInToolCall) throw new InvalidOperationException("Half a tool call was given to the client; end with an error.");
        _calls.Clear();
        _spent += spent;
        if (IsStarted && !IsEnded) WriteSeam();
    }

    /// <summary>Whether the client has half a tool call.</summary>
    public bool IsInToolCall => Live is not null;

    /// <summary>Says that we live, in a way that every client of the protocol survives.</summary>
    public abstract void KeepAlive();

    /// <summary>Ends a broken stream honestly: the protocol's own error, and no false end.</summary>
    public void Error(ClientError error)
    {
        if (IsEnded) return;
        IsEnded = true;
        WriteError(error);
    }

    private PendingCall? Live
    {
        get
        {
            foreach (var call in _calls)
            {
                if (call.Live) return call;
            }

            return null;
        }
    }

    /// <summary>Writes what is whole, in order; without holding, the next open call goes live.</summary>
    private void WriteWholeCalls()
    {
        while (_calls.Count > 0)
        {
            var first = _calls[0];
            if (!first.Ended)
            {
                if (!Context.HoldToolCalls && !first.Live) Open(first);
                break;
            }

            if (!first.Live) Open(first);
            WriteToolEnd();
            ToolCallsWritten++;
            _calls.RemoveAt(0);
        }

        if (Live is null) FlushLater();
    }

    private void FlushLater()
    {
        if (_later.Length == 0 || Live is not null) return;
        WriteText(_later.ToString());
        _later.Clear();
    }

    private void Open(PendingCall call)
    {
        call.Live = true;
        WriteToolStart(call.Id, call.Name);
        if (call.Arguments.Length > 0) WriteToolArguments(call.Arguments.ToString());
        call.Arguments.Clear();
    }

    private PendingCall? Find(int call) => _calls.Find(pending => pending.Call == call);

    private protected abstract void WriteStart();

    private protected abstract void WriteText(string delta);

    private protected abstract void WriteThinking(string delta);

    private protected abstract void WriteSignature(string signature);

    private protected abstract void WriteRedacted(string data);

    private protected abstract void WriteRefusal(string delta);

    /// <summary>Between this and <see cref="WriteToolEnd"/> nothing but <see cref="WriteToolArguments"/> is called.</summary>
    private protected abstract void WriteToolStart(string id, string name);

    private protected abstract void WriteToolArguments(string delta);

    private protected abstract void WriteToolEnd();

    private protected abstract void WriteSeam();

    /// <summary>Closes the open block of text or reasoning, in a protocol that has such.</summary>
    private protected virtual void WriteBlockEnd()
    {
    }

    private protected abstract void WriteFinish(FinishReason reason, string? stopSequence, Usage usage);

    private protected abstract void WriteError(ClientError error);

    /// <summary>Tells of a hand-over, where there was one.</summary>
    private protected void WriteHandOver(Utf8JsonWriter json)
    {
        if (ServedBy.Count < 2) return;
        json.WriteStartObject("understudy"u8);
        json.WriteStartArray("served_by"u8);
        foreach (var target in ServedBy) json.WriteStringValue(target);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes bytes as they are.</summary>
    private protected void Write(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    /// <summary>Writes one event; an empty name leaves the <c>event:</c> line out.</summary>
    private protected void WriteEvent<T>(ReadOnlySpan<byte> name, T state, Action<Utf8JsonWriter, T> body)
    {
        if (!name.IsEmpty)
        {
            Write("event: "u8);
            Write(name);
            Write("\n"u8);
        }

        Write("data: "u8);
        using (var json = new Utf8JsonWriter(_output, JsonText.Writing))
        {
            json.WriteStartObject();
            body(json, state);
            json.WriteEndObject();
        }

        Write("\n\n"u8);
    }

    private sealed class PendingCall(int call, string id, string name)
    {
        public int Call { get; } = call;
        public string Id { get; } = id;
        public string Name { get; } = name;
        public StringBuilder Arguments { get; } = new();
        public bool Ended { get; set; }
        public bool Live { get; set; }
    }
}
