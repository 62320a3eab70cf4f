using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Understudy.Wires.OpenAIResponses;

/// <summary>
/// Writes a Responses stream: numbered events, each item whole in its <c>done</c> (Codex takes it from there), and the
/// whole output once more at the end (OpenAI's helpers take it from there).
/// </summary>
internal sealed class ResponsesStreamWriter(AnswerContext context, IBufferWriter<byte> output) : AnswerStreamWriter(context, output)
{
    private readonly List<string> _items = [];
    private readonly StringBuilder _text = new();
    private Open _open;
    private int _sequence;
    private string _callId = "", _callName = "";

    private enum Open
    {
        Nothing,
        Text,
        Refusal,
        Reasoning,
        Call,
    }

    private int Index => _items.Count;

    /// <summary>A comment: Codex counts it as life, OpenAI's helpers skip it.</summary>
    public override void KeepAlive()
    {
        if (!IsEnded) Write(": keepalive\n\n"u8);
    }

    /// <summary>The numbers of events go on where the client's stopped: the vendor sends a call in more pieces, and events that we know nothing of.</summary>
    public override void Follow(ReadOnlySpan<byte> sent)
    {
        // Inside a string its quotes would be escaped: this is the field.
        var last = sent.LastIndexOf("\"sequence_number\":"u8);
        if (last < 0) return;
        var number = sent[(last + "\"sequence_number\":".Length)..].TrimStart((byte)' ');
        if (Utf8Parser.TryParse(number, out int sequence, out _)) _sequence = sequence + 1;
    }

    private protected override void WriteStart()
    {
        foreach (var type in (ReadOnlySpan<string>)["response.created", "response.in_progress"]) EmitResponse(type, null, default, null);
    }

    private protected override void WriteText(string delta) => WriteMessage(Open.Text, delta);

    private protected override void WriteRefusal(string delta) => WriteMessage(Open.Refusal, delta);

    private void WriteMessage(Open kind, string delta)
    {
        if (_open != kind)
        {
            Close("completed");
            _open = kind;
            EmitItem("response.output_item.added", ResponsesItems.Message(Context, Index, "", kind == Open.Refusal, "in_progress"));
            EmitPart("response.content_part.added", "");
        }

        _text.Append(delta);
        Emit(kind == Open.Text ? "response.output_text.delta" : "response.refusal.delta", (Place: Place("msg_"), delta, kind), static (json, state) =>
        {
            WritePlace(json, state.Place);
            json.WriteNumber("content_index"u8, 0);
            json.WriteString("delta"u8, state.delta);
            if (state.kind != Open.Text) return;
            json.WriteStartArray("logprobs"u8);
            json.WriteEndArray();
        });
    }

    private protected override void WriteThinking(string delta)
    {
        if (_open != Open.Reasoning)
        {
            Close("completed");
            OpenReasoning();
        }

        _text.Append(delta);
        Emit("response.reasoning_summary_text.delta", (Place: Place(ResponsesItems.ReasoningPrefix), delta), static (json, state) =>
        {
            WritePlace(json, state.Place);
            json.WriteNumber("summary_index"u8, 0);
            json.WriteString("delta"u8, state.delta);
        });
    }

    private void OpenReasoning()
    {
        _open = Open.Reasoning;
        EmitItem("response.output_item.added", ResponsesItems.Reasoning(Context, Index, "", null));
        Emit("response.reasoning_summary_part.added", Place(ResponsesItems.ReasoningPrefix), static (json, place) => WriteSummaryPart(json, place, ""));
    }

    private protected override void WriteSignature(string signature)
    {
        // Only OpenAI's own can be sent back to it; any other would be refused with the whole conversation.
        var own = GatewaySignature.Read(signature) is { Maker: ReasoningMaker.OpenAI, Signature: { } encrypted } ? encrypted : null;
        if (_open == Open.Reasoning)
        {
            CloseReasoning(own);
        }
        else if (own is not null)
        {
            Close("completed");
            OpenReasoning();
            CloseReasoning(own);
        }
    }

    private protected override void WriteBlockEnd()
    {
        if (_open is Open.Text or Open.Refusal or Open.Reasoning) Close("completed");
    }

    private protected override void WriteRedacted(string data)
    {
        // Only its maker can read it.
    }

    private protected override void WriteToolStart(string id, string name)
    {
        Close("completed");
        _open = Open.Call;
        (_callId, _callName) = (id, name);
        EmitItem("response.output_item.added", ResponsesItems.Call(Context, Index, new(id, name, ""), "in_progress"));
    }

    private protected override void WriteToolArguments(string delta)
    {
        _text.Append(delta);
        if (ResponsesItems.IsFreeText(Context, _callName)) return; // the text lies inside JSON: it can be told at the end only
        EmitDelta("response.function_call_arguments.delta", "fc_", delta);
    }

    private protected override void WriteToolEnd()
    {
        var call = new ToolCallPart(_callId, _callName, _text.Length == 0 ? "{}" : _text.ToString());
        if (ResponsesItems.IsFreeText(Context, _callName))
        {
            var input = ResponsesItems.FreeText(call);
            EmitDelta("response.custom_tool_call_input.delta", "ctc_", input);
            Emit("response.custom_tool_call_input.done", (Place: Place("ctc_"), input), static (json, state) =>
            {
                WritePlace(json, state.Place);
                json.WriteString("input"u8, state.input);
            });
        }
        else
        {
            if (_text.Length == 0) EmitDelta("response.function_call_arguments.delta", "fc_", "{}");
            Emit("response.function_call_arguments.done", (Place: Place("fc_"), call), static (json, state) =>
            {
                WritePlace(json, state.Place);
                json.WriteString("name"u8, state.call.Name);
                json.WriteString("arguments"u8, state.call.Arguments);
            });
        }

        Done(ResponsesItems.Call(Context, Index, call, "completed"));
    }

    private protected override void WriteSeam()
    {
        if (_open == Open.Reasoning) Close("completed"); // text goes on in place
    }

    private protected override void WriteFinish(FinishReason reason, string? stopSequence, Usage usage)
    {
        // An open call was cut by the token limit: it is never told as done, so that no client runs it.
        if (_open != Open.Call) Close(reason == FinishReason.Length ? "incomplete" : "completed");
        var cut = reason == FinishReason.Length || (reason == FinishReason.Refusal && !_items.Exists(item => item.Contains("\"type\":\"refusal\"", StringComparison.Ordinal)));
        EmitResponse(cut ? "response.incomplete" : "response.completed", reason, usage, null);
    }

    /// <summary>Flat members and an <c>error</c> object, for some clients read only the one and some the other; then response.failed, which Codex reads.</summary>
    private protected override void WriteError(ClientError error)
    {
        Emit("error", error, static (json, error) =>
        {
            var (_, type, code) = OpenAIErrors.Of(error.Cause);
            json.WriteString("code"u8, code ?? type);
            json.WriteString("message"u8, error.Message);
            json.WriteNull("param"u8);
            OpenAIErrors.WriteError(json, error);
        });
        EmitResponse("response.failed", null, default, error);
    }

    private void Close(string status)
    {
        switch (_open)
        {
            case Open.Nothing or Open.Call: break;
            case Open.Reasoning: CloseReasoning(null); break;
            case Open.Text or Open.Refusal:
                var isRefusal = _open == Open.Refusal;
                var text = _text.ToString();
                Emit(isRefusal ? "response.refusal.done" : "response.output_text.done", (Place: Place("msg_"), text, isRefusal), static (json, state) =>
                {
                    WritePlace(json, state.Place);
                    json.WriteNumber("content_index"u8, 0);
                    json.WriteString(state.isRefusal ? "refusal"u8 : "text"u8, state.text);
                    if (state.isRefusal) return;
                    json.WriteStartArray("logprobs"u8);
                    json.WriteEndArray();
                });
                EmitPart("response.content_part.done", text);
                Done(ResponsesItems.Message(Context, Index, text, isRefusal, status));
                break;
        }
    }

    private void CloseReasoning(string? encrypted)
    {
        var text = _text.ToString();
        Emit("response.reasoning_summary_text.done", (Place: Place(ResponsesItems.ReasoningPrefix), text), static (json, state) =>
        {
            WritePlace(json, state.Place);
            json.WriteNumber("summary_index"u8, 0);
            json.WriteString("text"u8, state.text);
        });
        Emit("response.reasoning_summary_part.done", (Place: Place(ResponsesItems.ReasoningPrefix), text), static (json, state) => WriteSummaryPart(json, state.Place, state.text));
        Done(ResponsesItems.Reasoning(Context, Index, text, encrypted));
    }

    private void Done(string item)
    {
        EmitItem("response.output_item.done", item);
        _items.Add(item);
        _text.Clear();
        _open = Open.Nothing;
    }

    private void EmitItem(string type, string item) => Emit(type, (Index, item), static (json, state) =>
    {
        json.WriteNumber("output_index"u8, state.Index);
        json.WritePropertyName("item"u8);
        json.WriteRawValue(state.item, skipInputValidation: true);
    });

    private void EmitPart(string type, string text) => Emit(type, (Place: Place("msg_"), text, IsRefusal: _open == Open.Refusal), static (json, state) =>
    {
        WritePlace(json, state.Place);
        json.WriteNumber("content_index"u8, 0);
        json.WritePropertyName("part"u8);
        ResponsesItems.WritePart(json, state.text, state.IsRefusal);
    });

    private void EmitDelta(string type, string prefix, string delta) => Emit(type, (Place: Place(prefix), delta), static (json, state) =>
    {
        WritePlace(json, state.Place);
        json.WriteString("delta"u8, state.delta);
    });

    private void EmitResponse(string type, FinishReason? finish, Usage usage, ClientError? error) => Emit(type, (Writer: this, finish, usage, error), static (json, state) =>
    {
        json.WriteStartObject("response"u8);
        ResponsesItems.WriteResponse(json, state.Writer.Context, state.Writer._items, state.finish, state.usage, state.error);
        json.WriteEndObject();
        if (state.finish is not null) state.Writer.WriteHandOver(json);
    });

    private void Emit<T>(string type, T state, Action<Utf8JsonWriter, T> body) => WriteEvent(Encoding.ASCII.GetBytes(type), (type, Sequence: _sequence++, state, body), static (json, inner) =>
    {
        json.WriteString("type"u8, inner.type);
        json.WriteNumber("sequence_number"u8, inner.Sequence);
        inner.body(json, inner.state);
    });

    private (string Id, int Index) Place(string prefix) => (ResponsesItems.Id(prefix, Context, Index), Index);

    private static void WritePlace(Utf8JsonWriter json, (string Id, int Index) place)
    {
        json.WriteString("item_id"u8, place.Id);
        json.WriteNumber("output_index"u8, place.Index);
    }

    private static void WriteSummaryPart(Utf8JsonWriter json, (string Id, int Index) place, string text)
    {
        WritePlace(json, place);
        json.WriteNumber("summary_index"u8, 0);
        json.WriteStartObject("part"u8);
        json.WriteString("type"u8, "summary_text"u8);
        json.WriteString("text"u8, text);
        json.WriteEndObject();
    }
}
