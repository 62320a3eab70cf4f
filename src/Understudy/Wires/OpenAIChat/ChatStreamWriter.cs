using System.Buffers;
using System.Text.Json;

namespace Understudy.Wires.OpenAIChat;

/// <summary>
/// Writes a Chat Completions stream: the role first, id, type and name of a call once (openai-python joins repeated
/// strings), tool indices that count tools only, usage only where it was asked for, <c>[DONE]</c>.
/// </summary>
internal sealed class ChatStreamWriter(AnswerContext context, IBufferWriter<byte> output) : AnswerStreamWriter(context, output)
{
    private int _tool = -1;
    private bool _hasArguments;

    /// <summary>A comment: an empty chunk would look like the usage chunk, or make OpenAI's .NET library throw.</summary>
    public override void KeepAlive()
    {
        if (!IsEnded) Write(": keepalive\n\n"u8);
    }

    private protected override void WriteStart() => WriteDelta(0, static (json, _) =>
    {
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("content"u8, ""u8);
    });

    private protected override void WriteText(string delta) => WriteDelta(delta, static (json, text) => json.WriteString("content"u8, text));

    private protected override void WriteThinking(string delta) => WriteDelta(delta, static (json, text) => json.WriteString("reasoning_content"u8, text));

    private protected override void WriteSignature(string signature)
    {
        // Chat has no place for it.
    }

    private protected override void WriteRedacted(string data)
    {
        // Chat has no place for it.
    }

    private protected override void WriteRefusal(string delta) => WriteDelta(delta, static (json, text) => json.WriteString("refusal"u8, text));

    private protected override void WriteToolStart(string id, string name)
    {
        _tool++;
        _hasArguments = false;
        WriteDelta((_tool, id, name), static (json, call) =>
        {
            json.WriteStartArray("tool_calls"u8);
            json.WriteStartObject();
            json.WriteNumber("index"u8, call._tool);
            json.WriteString("id"u8, ToolIds.Common(call.id));
            json.WriteString("type"u8, "function"u8);
            json.WriteStartObject("function"u8);
            json.WriteString("name"u8, call.name);
            json.WriteString("arguments"u8, ""u8);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
        });
    }

    private protected override void WriteToolArguments(string delta)
    {
        _hasArguments = true;
        WriteDelta((_tool, delta), static (json, piece) =>
        {
            json.WriteStartArray("tool_calls"u8);
            json.WriteStartObject();
            json.WriteNumber("index"u8, piece._tool);
            json.WriteStartObject("function"u8);
            json.WriteString("arguments"u8, piece.delta);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
        });
    }

    private protected override void WriteToolEnd()
    {
        // Anthropic sends nothing for a tool without arguments; a Chat client parses what it got as JSON.
        if (!_hasArguments) WriteToolArguments("{}");
    }

    private protected override void WriteSeam()
    {
        // Nothing is ever open in a Chat stream.
    }

    private protected override void WriteFinish(FinishReason reason, string? stopSequence, Usage usage)
    {
        WriteChunk((Writer: this, reason), static (json, state) =>
        {
            json.WriteStartArray("choices"u8);
            json.WriteStartObject();
            json.WriteNumber("index"u8, 0);
            json.WriteStartObject("delta"u8);
            json.WriteEndObject();
            json.WriteNull("logprobs"u8);
            json.WriteString("finish_reason"u8, ChatWords.Finish(state.reason));
            json.WriteEndObject();
            json.WriteEndArray();
            state.Writer.WriteHandOver(json);
        });
        if (Context.IncludeUsage)
        {
            WriteChunk(usage, static (json, usage) =>
            {
                json.WriteStartArray("choices"u8);
                json.WriteEndArray();
                ChatAnswer.WriteUsage(json, usage);
            });
        }

        Write("data: [DONE]\n\n"u8);
    }

    private protected override void WriteError(ClientError error) => WriteEvent(default, error, static (json, error) => OpenAIErrors.WriteError(json, error));

    private void WriteDelta<T>(T state, Action<Utf8JsonWriter, T> delta) => WriteChunk((state, delta), static (json, inner) =>
    {
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("delta"u8);
        inner.delta(json, inner.state);
        json.WriteEndObject();
        json.WriteNull("logprobs"u8);
        json.WriteNull("finish_reason"u8);
        json.WriteEndObject();
        json.WriteEndArray();
    });

    private void WriteChunk<T>(T state, Action<Utf8JsonWriter, T> body) => WriteEvent(default, (Context, state, body), static (json, inner) =>
    {
        json.WriteString("id"u8, inner.Context.MessageId);
        json.WriteString("object"u8, "chat.completion.chunk"u8);
        json.WriteNumber("created"u8, inner.Context.Created);
        json.WriteString("model"u8, inner.Context.Model);
        inner.body(json, inner.state);
    });
}
