using System.Text;
using System.Text.Json;
using Understudy.Simulator.Answers;
using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Vendors.OpenAI;

/// <summary>One item of a response's output, and the events that bring it.</summary>
internal sealed record ResponseItem(AnswerPart Part, string Id, string Status, bool ShowsReasoning)
{
    private string Type => Part switch { ThinkingPart => "reasoning", ToolPart { Tool.FreeText: true } => "custom_tool_call", ToolPart => "function_call", _ => "message" };

    public static IReadOnlyList<ResponseItem> Of(AnswerContext context)
    {
        var parts = context.Answer.Parts;
        return [.. parts.Select((part, index) => new ResponseItem(
            part,
            (part switch { ThinkingPart => "rs_", ToolPart { Tool.FreeText: true } => "ctc_", ToolPart => "fc_", _ => "msg_" }) + context.Ids.NextHex(),
            context.Answer.Stop == StopKind.MaxTokens && index == parts.Count - 1 ? "incomplete" : "completed",
            !context.Call.HidesThinking))];
    }

    public void WriteDone(Utf8JsonWriter json) => Write(json, done: true);

    public IEnumerable<(string Name, FrameKind Kind, Action<Utf8JsonWriter> Members)> Events(int index, AnswerContext context)
    {
        yield return ("response.output_item.added", FrameKind.Framing, json => WriteItem(json, index, done: false));
        var middle = Part switch
        {
            ThinkingPart => ShowsReasoning ? ReasoningEvents(index) : [],
            ToolPart tool => CallEvents(index, tool),
            _ => TextEvents(index),
        };
        foreach (var one in middle) yield return one;
        yield return ("response.output_item.done", FrameKind.Framing, json => WriteItem(json, index, done: true));
    }

    private IEnumerable<(string, FrameKind, Action<Utf8JsonWriter>)> TextEvents(int index)
    {
        yield return ("response.content_part.added", FrameKind.Framing, json =>
        {
            WritePlace(json, index, "content_index");
            WriteText(json, "part", "");
        }
        );
        foreach (var piece in Part.Pieces)
        {
            yield return ("response.output_text.delta", FrameKind.Content, json =>
            {
                WritePlace(json, index, "content_index");
                json.WriteString("delta", piece);
                json.WriteStartArray("logprobs");
                json.WriteEndArray();
            }
            );
        }

        yield return ("response.output_text.done", FrameKind.Framing, json =>
        {
            WritePlace(json, index, "content_index");
            json.WriteString("text", Part.Text);
            json.WriteStartArray("logprobs");
            json.WriteEndArray();
        }
        );
        yield return ("response.content_part.done", FrameKind.Framing, json =>
        {
            WritePlace(json, index, "content_index");
            WriteText(json, "part", Part.Text);
        }
        );
    }

    private IEnumerable<(string, FrameKind, Action<Utf8JsonWriter>)> CallEvents(int index, ToolPart tool)
    {
        var stem = tool.Tool.FreeText ? "response.custom_tool_call_input" : "response.function_call_arguments";
        foreach (var piece in Part.Pieces)
        {
            yield return (stem + ".delta", FrameKind.Content, json =>
            {
                WritePlace(json, index, null);
                json.WriteString("delta", piece);
            }
            );
        }

        yield return (stem + ".done", FrameKind.Framing, json =>
        {
            WritePlace(json, index, null);
            if (!tool.Tool.FreeText) json.WriteString("name", tool.Tool.Name);
            json.WriteString(tool.Tool.FreeText ? "input" : "arguments", Part.Text);
        }
        );
    }

    private IEnumerable<(string, FrameKind, Action<Utf8JsonWriter>)> ReasoningEvents(int index)
    {
        yield return ("response.reasoning_summary_part.added", FrameKind.Framing, json =>
        {
            WritePlace(json, index, "summary_index");
            WriteSummary(json, "part", "");
        }
        );
        foreach (var piece in Part.Pieces)
        {
            yield return ("response.reasoning_summary_text.delta", FrameKind.Content, json =>
            {
                WritePlace(json, index, "summary_index");
                json.WriteString("delta", piece);
            }
            );
        }

        yield return ("response.reasoning_summary_text.done", FrameKind.Framing, json =>
        {
            WritePlace(json, index, "summary_index");
            json.WriteString("text", Part.Text);
        }
        );
        yield return ("response.reasoning_summary_part.done", FrameKind.Framing, json =>
        {
            WritePlace(json, index, "summary_index");
            WriteSummary(json, "part", Part.Text);
        }
        );
    }

    private void WritePlace(Utf8JsonWriter json, int index, string? inner)
    {
        json.WriteString("item_id", Id);
        json.WriteNumber("output_index", index);
        if (inner is not null) json.WriteNumber(inner, 0);
    }

    private void WriteItem(Utf8JsonWriter json, int index, bool done)
    {
        json.WriteNumber("output_index", index);
        json.WriteStartObject("item");
        Write(json, done);
        json.WriteEndObject();
    }

    private void Write(Utf8JsonWriter json, bool done)
    {
        json.WriteString("id", Id);
        json.WriteString("type", Type);
        if (Part is not ThinkingPart) json.WriteString("status", done ? Status : "in_progress");
        switch (Part)
        {
            case ThinkingPart:
                json.WriteStartArray("summary");
                if (done && ShowsReasoning) WriteSummary(json, null, Part.Text);
                json.WriteEndArray();
                if (done) json.WriteString("encrypted_content", ResponsesWire.SealPrefix + Convert.ToBase64String(Encoding.UTF8.GetBytes(Part.Text)));
                break;
            case ToolPart tool:
                json.WriteString("call_id", "call_" + tool.Id);
                json.WriteString("name", tool.Tool.Name);
                if (tool.Tool.Namespace is { } group) json.WriteString("namespace", group);
                json.WriteString(tool.Tool.FreeText ? "input" : "arguments", done ? Part.Text : "");
                break;
            default:
                json.WriteString("role", "assistant");
                json.WriteStartArray("content");
                if (done) WriteText(json, null, Part.Text);
                json.WriteEndArray();
                break;
        }
    }

    private static void WriteText(Utf8JsonWriter json, string? name, string text)
    {
        if (name is null) json.WriteStartObject();
        else json.WriteStartObject(name);
        json.WriteString("type", "output_text");
        json.WriteStartArray("annotations");
        json.WriteEndArray();
        json.WriteStartArray("logprobs");
        json.WriteEndArray();
        json.WriteString("text", text);
        json.WriteEndObject();
    }

    private static void WriteSummary(Utf8JsonWriter json, string? name, string text)
    {
        if (name is null) json.WriteStartObject();
        else json.WriteStartObject(name);
        json.WriteString("type", "summary_text");
        json.WriteString("text", text);
        json.WriteEndObject();
    }
}
