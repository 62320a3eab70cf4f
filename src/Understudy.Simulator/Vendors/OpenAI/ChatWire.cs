using System.Text.Json;
using Understudy.Simulator.Answers;
using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Vendors.OpenAI;

/// <summary><c>POST /v1/chat/completions</c>: answers as the vendor writes them. Reasoning is billed and never shown.</summary>
internal sealed class ChatWire : ICallWire
{
    private static readonly ReadOnlyMemory<byte> Done = "data: [DONE]\n\n"u8.ToArray();

    public string StreamContentType => "text/event-stream; charset=utf-8";

    public string ModelOf(CallSource source) => Refusals.Text(source.Body, "model") ?? "";

    public bool AsksForStream(CallSource source) => Refusals.Flag(source.Body, "stream");

    public ApiError? Read(CallSource source, out ModelCall call) => new ChatReader(source).Read(out call);

    public ReadOnlyMemory<byte>? ShortAnswer(ModelCall call) => null;

    public ReadOnlyMemory<byte> Whole(AnswerContext context) => JsonBytes.Object(json =>
    {
        WriteHead(json, context, "chat.completion");
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        var text = string.Concat(context.Answer.Parts.OfType<TextPart>().Select(part => part.Text));
        var tools = context.Answer.Parts.OfType<ToolPart>().ToArray();
        if (text.Length == 0 && tools.Length > 0) json.WriteNull("content");
        else json.WriteString("content", text);
        json.WriteNull("refusal");
        if (tools.Length > 0)
        {
            json.WriteStartArray("tool_calls");
            foreach (var tool in tools)
            {
                json.WriteStartObject();
                WriteCall(json, tool, tool.Text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteStartArray("annotations");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", Finish(context.Answer));
        json.WriteEndObject();
        json.WriteEndArray();
        WriteUsage(json, context);
        json.WriteString("service_tier", "default");
        json.WriteString("system_fingerprint", "fp_understudy");
    });

    public IEnumerable<Frame> Stream(AnswerContext context)
    {
        yield return Delta(context, FrameKind.Framing, null, json =>
        {
            json.WriteString("role", "assistant");
            if (context.Answer.Parts.Any(part => part is ToolPart) && !context.Answer.Parts.Any(part => part is TextPart)) json.WriteNull("content");
            else json.WriteString("content", "");
            json.WriteNull("refusal");
        });

        var toolIndex = -1;
        foreach (var part in context.Answer.Parts)
        {
            switch (part)
            {
                case TextPart:
                    foreach (var piece in part.Pieces)
                        yield return Delta(context, FrameKind.Content, null, json => json.WriteString("content", piece));
                    break;
                case ToolPart tool:
                    toolIndex++;
                    // id, type and name come once: clients join repeated strings
                    var index = toolIndex;
                    yield return Delta(context, FrameKind.Framing, null, json => WriteCalls(json, index, () => WriteCall(json, tool, "")));
                    foreach (var piece in part.Pieces)
                        yield return Delta(context, FrameKind.Content, null, json => WriteCalls(json, index, () => WriteArguments(json, tool, piece)));
                    break;
            }
        }

        yield return Delta(context, FrameKind.Closing, Finish(context.Answer), _ => { });
        if (context.Call.IncludeUsage)
        {
            yield return JsonBytes.Data(FrameKind.Closing, json =>
            {
                WriteHead(json, context, "chat.completion.chunk");
                json.WriteStartArray("choices");
                json.WriteEndArray();
                WriteUsage(json, context);
            });
        }

        yield return new Frame(Done, FrameKind.Closing);
    }

    public IEnumerable<Frame> StreamError(AnswerContext context, ApiError error, int framesSent)
    {
        yield return JsonBytes.Data(FrameKind.Framing, json => OpenAIVendor.WriteError(json, error));
    }

    private static Frame Delta(AnswerContext context, FrameKind kind, string? finish, Action<Utf8JsonWriter> delta) => JsonBytes.Data(kind, json =>
    {
        WriteHead(json, context, "chat.completion.chunk");
        json.WriteString("service_tier", "default");
        json.WriteString("system_fingerprint", "fp_understudy");
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
        json.WriteStartObject("delta");
        delta(json);
        json.WriteEndObject();
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", finish);
        json.WriteEndObject();
        json.WriteEndArray();
        if (context.Call.IncludeUsage) json.WriteNull("usage");
    });

    private static void WriteHead(Utf8JsonWriter json, AnswerContext context, string kind)
    {
        json.WriteString("id", "chatcmpl-" + context.Id);
        json.WriteString("object", kind);
        json.WriteNumber("created", context.Now.ToUnixTimeSeconds());
        json.WriteString("model", context.Call.Model);
    }

    private static void WriteCalls(Utf8JsonWriter json, int index, Action call)
    {
        json.WriteStartArray("tool_calls");
        json.WriteStartObject();
        json.WriteNumber("index", index);
        call();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteCall(Utf8JsonWriter json, ToolPart part, string arguments)
    {
        json.WriteString("id", "call_" + part.Id);
        json.WriteString("type", part.Tool.FreeText ? "custom" : "function");
        json.WriteStartObject(part.Tool.FreeText ? "custom" : "function");
        json.WriteString("name", part.Tool.Name);
        json.WriteString(part.Tool.FreeText ? "input" : "arguments", arguments);
        json.WriteEndObject();
    }

    private static void WriteArguments(Utf8JsonWriter json, ToolPart part, string piece)
    {
        json.WriteStartObject(part.Tool.FreeText ? "custom" : "function");
        json.WriteString(part.Tool.FreeText ? "input" : "arguments", piece);
        json.WriteEndObject();
    }

    private static string Finish(Answer answer) => answer.Stop switch
    {
        StopKind.End or StopKind.StopSequence => "stop",
        StopKind.MaxTokens => "length",
        StopKind.ToolUse => "tool_calls",
    };

    private static void WriteUsage(Utf8JsonWriter json, AnswerContext context)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", context.Call.InputTokens);
        json.WriteNumber("completion_tokens", context.Answer.Tokens);
        json.WriteNumber("total_tokens", context.Call.InputTokens + context.Answer.Tokens);
        json.WriteStartObject("prompt_tokens_details");
        json.WriteNumber("cached_tokens", context.CacheRead);
        json.WriteNumber("audio_tokens", 0);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details");
        json.WriteNumber("reasoning_tokens", context.Answer.ThinkingTokens);
        json.WriteNumber("audio_tokens", 0);
        json.WriteNumber("accepted_prediction_tokens", 0);
        json.WriteNumber("rejected_prediction_tokens", 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
