using System.Text.Json;
using Understudy.Simulator.Answers;
using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Vendors.OpenAI;

/// <summary><c>POST /v1/responses</c>: answers as the vendor writes them. Sequence numbers start at 0 and rise by one.</summary>
internal sealed class ResponsesWire(bool countsOnly) : ICallWire
{
    /// <summary>How reasoning of this vendor's own making begins when it is sealed.</summary>
    public const string SealPrefix = "gAAAAAB";

    public string StreamContentType => "text/event-stream; charset=utf-8";

    public string ModelOf(CallSource source) => Refusals.Text(source.Body, "model") ?? "";

    public bool AsksForStream(CallSource source) => Refusals.Flag(source.Body, "stream");

    public ApiError? Read(CallSource source, out ModelCall call) => new ResponsesReader(source).Read(out call);

    public ReadOnlyMemory<byte>? ShortAnswer(ModelCall call) => countsOnly
        ? JsonBytes.Object(json =>
        {
            json.WriteString("object", "response.input_tokens");
            json.WriteNumber("input_tokens", call.InputTokens);
        })
        : default(ReadOnlyMemory<byte>?);

    public ReadOnlyMemory<byte> Whole(AnswerContext context)
    {
        var items = ResponseItem.Of(context);
        return JsonBytes.Object(json => WriteResponse(json, context, EndStatus(context), items));
    }

    public IEnumerable<Frame> Stream(AnswerContext context)
    {
        var sequence = 0;
        var items = ResponseItem.Of(context);
        yield return WithResponse("response.created", sequence++, FrameKind.Framing, context, "in_progress", []);
        yield return WithResponse("response.in_progress", sequence++, FrameKind.Framing, context, "in_progress", []);
        foreach (var (index, item) in items.Index())
        {
            foreach (var (name, kind, members) in item.Events(index, context))
            {
                var number = sequence++;
                yield return JsonBytes.Event(name, kind, json =>
                {
                    json.WriteString("type", name);
                    json.WriteNumber("sequence_number", number);
                    members(json);
                });
            }
        }

        var status = EndStatus(context);
        yield return WithResponse("response." + status, sequence, FrameKind.Closing, context, status, items);
    }

    public IEnumerable<Frame> StreamError(AnswerContext context, ApiError error, int framesSent)
    {
        // Both shapes the vendor is known to send, flat and nested, in one; then the response that failed.
        yield return JsonBytes.Event("error", FrameKind.Framing, json =>
        {
            json.WriteString("type", "error");
            json.WriteNumber("sequence_number", framesSent);
            json.WriteString("code", error.Code ?? error.Type);
            json.WriteString("message", error.Message);
            json.WriteString("param", error.Param);
            OpenAIVendor.WriteError(json, error);
        });
        yield return JsonBytes.Event("response.failed", FrameKind.Framing, json =>
        {
            json.WriteString("type", "response.failed");
            json.WriteNumber("sequence_number", framesSent + 1);
            json.WriteStartObject("response");
            WriteResponse(json, context, "failed", [], error);
            json.WriteEndObject();
        });
    }

    private static string EndStatus(AnswerContext context) => context.Answer.Stop == StopKind.MaxTokens ? "incomplete" : "completed";

    private static Frame WithResponse(string name, int sequence, FrameKind kind, AnswerContext context, string status, IReadOnlyList<ResponseItem> items) =>
        JsonBytes.Event(name, kind, json =>
        {
            json.WriteString("type", name);
            json.WriteNumber("sequence_number", sequence);
            json.WriteStartObject("response");
            WriteResponse(json, context, status, items);
            json.WriteEndObject();
        });

    private static void WriteResponse(Utf8JsonWriter json, AnswerContext context, string status, IReadOnlyList<ResponseItem> items, ApiError? error = null)
    {
        json.WriteString("id", "resp_" + context.Id);
        json.WriteString("object", "response");
        json.WriteNumber("created_at", context.Now.ToUnixTimeSeconds());
        json.WriteString("status", status);
        json.WriteBoolean("background", false);
        if (error is null)
        {
            json.WriteNull("error");
        }
        else
        {
            json.WriteStartObject("error");
            json.WriteString("code", error.Code ?? error.Type);
            json.WriteString("message", error.Message);
            json.WriteEndObject();
        }

        if (status == "incomplete")
        {
            json.WriteStartObject("incomplete_details");
            json.WriteString("reason", "max_output_tokens");
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("incomplete_details");
        }

        json.WriteNull("instructions");
        if (context.Call.MaxTokens == int.MaxValue) json.WriteNull("max_output_tokens");
        else json.WriteNumber("max_output_tokens", context.Call.MaxTokens);
        json.WriteString("model", context.Call.Model);
        json.WriteStartArray("output");
        foreach (var item in items)
        {
            json.WriteStartObject();
            item.WriteDone(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("parallel_tool_calls", !context.Call.OneToolAtATime);
        json.WriteNull("previous_response_id");
        json.WriteBoolean("store", false);
        json.WriteNumber("temperature", 1.0);
        json.WriteString("tool_choice", "auto");
        json.WriteStartArray("tools");
        json.WriteEndArray();
        json.WriteNumber("top_p", 1.0);
        json.WriteString("truncation", "disabled");
        json.WriteStartObject("metadata");
        json.WriteEndObject();
        if (status is "completed" or "incomplete") WriteUsage(json, context);
        else json.WriteNull("usage");
    }

    private static void WriteUsage(Utf8JsonWriter json, AnswerContext context)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", context.Call.InputTokens);
        json.WriteStartObject("input_tokens_details");
        json.WriteNumber("cached_tokens", context.CacheRead);
        json.WriteEndObject();
        json.WriteNumber("output_tokens", context.Answer.Tokens);
        json.WriteStartObject("output_tokens_details");
        json.WriteNumber("reasoning_tokens", context.Answer.ThinkingTokens);
        json.WriteEndObject();
        json.WriteNumber("total_tokens", context.Call.InputTokens + context.Answer.Tokens);
        json.WriteEndObject();
    }
}
