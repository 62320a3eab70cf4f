using System.Buffers;

namespace Understudy.Wires.Anthropic;

/// <summary>Writes a Messages stream: indices without gaps, one block at a time, every frame with its <c>event:</c> line (the SDKs dispatch on it).</summary>
internal sealed class AnthropicStreamWriter(AnswerContext context, IBufferWriter<byte> output) : AnswerStreamWriter(context, output)
{
    private Block _open;
    private int _next;
    private bool _refused;

    private enum Block
    {
        None,
        Text,
        Thinking,
        Tool,
    }

    private int Current => _next - 1;

    /// <summary>Skipped by all SDKs before anything else, so it may come before message_start too.</summary>
    public override void KeepAlive()
    {
        if (!IsEnded) WriteEvent("ping"u8, 0, static (json, _) => json.WriteString("type"u8, "ping"u8));
    }

    private protected override void WriteStart() => WriteEvent("message_start"u8, Context, static (json, context) =>
    {
        json.WriteString("type"u8, "message_start"u8);
        json.WriteStartObject("message"u8);
        json.WriteString("id"u8, context.MessageId);
        json.WriteString("type"u8, "message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("model"u8, context.Model);
        json.WriteStartArray("content"u8);
        json.WriteEndArray();
        json.WriteNull("stop_reason"u8);
        json.WriteNull("stop_sequence"u8);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, context.InputEstimate);
        json.WriteNumber("output_tokens"u8, 0);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private protected override void WriteText(string delta)
    {
        Switch(Block.Text);
        WriteDelta("text_delta", "text", delta);
    }

    private protected override void WriteThinking(string delta)
    {
        Switch(Block.Thinking);
        WriteDelta("thinking_delta", "thinking", delta);
    }

    private protected override void WriteSignature(string signature)
    {
        Switch(Block.Thinking);
        WriteDelta("signature_delta", "signature", signature);
        Stop();
    }

    private protected override void WriteRedacted(string data)
    {
        Switch(Block.None);
        _next++;
        WriteEvent("content_block_start"u8, (Current, data), static (json, state) =>
        {
            json.WriteString("type"u8, "content_block_start"u8);
            json.WriteNumber("index"u8, state.Current);
            json.WriteStartObject("content_block"u8);
            json.WriteString("type"u8, "redacted_thinking"u8);
            json.WriteString("data"u8, state.data);
            json.WriteEndObject();
        });
        Stop();
    }

    private protected override void WriteRefusal(string delta)
    {
        _refused = true;
        WriteText(delta);
    }

    private protected override void WriteToolStart(string id, string name)
    {
        Switch(Block.None);
        _next++;
        _open = Block.Tool;
        WriteEvent("content_block_start"u8, (Current, id, name), static (json, state) =>
        {
            json.WriteString("type"u8, "content_block_start"u8);
            json.WriteNumber("index"u8, state.Current);
            json.WriteStartObject("content_block"u8);
            json.WriteString("type"u8, "tool_use"u8);
            json.WriteString("id"u8, ToolIds.Common(state.id));
            json.WriteString("name"u8, state.name);
            json.WriteStartObject("input"u8);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private protected override void WriteToolArguments(string delta) => WriteDelta("input_json_delta", "partial_json", delta);

    private protected override void WriteToolEnd() => Stop();

    private protected override void WriteBlockEnd()
    {
        if (_open != Block.Tool) Switch(Block.None);
    }

    private protected override void WriteSeam()
    {
        // Reasoning is bound to its maker and can't be gone on with; text can, and the client sees no seam.
        if (_open == Block.Thinking) Switch(Block.None);
    }

    private protected override void WriteFinish(FinishReason reason, string? stopSequence, Usage usage)
    {
        // An open call here was cut by the token limit: Anthropic itself goes to message_delta without closing it.
        if (_open != Block.Tool) Switch(Block.None);
        var said = _refused && reason == FinishReason.Stop ? FinishReason.Refusal : reason;
        WriteEvent("message_delta"u8, (Writer: this, said, stopSequence, usage), static (json, state) =>
        {
            json.WriteString("type"u8, "message_delta"u8);
            json.WriteStartObject("delta"u8);
            json.WriteString("stop_reason"u8, AnthropicWords.Finish(state.said));
            json.WriteString("stop_sequence"u8, state.stopSequence);
            json.WriteEndObject();
            AnthropicAnswer.WriteUsage(json, state.usage);
            state.Writer.WriteHandOver(json);
        });
        WriteEvent("message_stop"u8, 0, static (json, _) => json.WriteString("type"u8, "message_stop"u8));
    }

    private protected override void WriteError(ClientError error) => WriteEvent("error"u8, error, static (json, error) =>
    {
        json.WriteString("type"u8, "error"u8);
        json.WriteStartObject("error"u8);
        // Here, after the 200, a client's own new try is the last hope, and Claude Code knows overload by this word.
        json.WriteString("type"u8, error.Cause is ClientErrorCause.Overloaded or ClientErrorCause.Interrupted ? "overloaded_error" : AnthropicErrors.Of(error.Cause).Type);
        json.WriteString("message"u8, error.Message);
        json.WriteEndObject();
        json.WriteString("request_id"u8, error.RequestId);
    });

    /// <summary>Makes <paramref name="block"/> the open block, closing another and opening it if need be.</summary>
    private void Switch(Block block)
    {
        if (_open == block) return;
        if (_open == Block.Thinking) WriteDelta("signature_delta", "signature", GatewaySignature.Plain);
        if (_open != Block.None) Stop();
        if (block == Block.None) return;
        _open = block;
        _next++;
        WriteEvent("content_block_start"u8, (Current, block), static (json, state) =>
        {
            json.WriteString("type"u8, "content_block_start"u8);
            json.WriteNumber("index"u8, state.Current);
            json.WriteStartObject("content_block"u8);
            json.WriteString("type"u8, state.block == Block.Text ? "text"u8 : "thinking"u8);
            json.WriteString(state.block == Block.Text ? "text"u8 : "thinking"u8, ""u8);
            if (state.block == Block.Thinking) json.WriteString("signature"u8, ""u8);
            json.WriteEndObject();
        });
    }

    private void WriteDelta(string type, string field, string value) => WriteEvent("content_block_delta"u8, (Current, type, field, value), static (json, state) =>
    {
        json.WriteString("type"u8, "content_block_delta"u8);
        json.WriteNumber("index"u8, state.Current);
        json.WriteStartObject("delta"u8);
        json.WriteString("type"u8, state.type);
        json.WriteString(state.field, state.value);
        json.WriteEndObject();
    });

    private void Stop()
    {
        _open = Block.None;
        WriteEvent("content_block_stop"u8, Current, static (json, index) =>
        {
            json.WriteString("type"u8, "content_block_stop"u8);
            json.WriteNumber("index"u8, index);
        });
    }
}
