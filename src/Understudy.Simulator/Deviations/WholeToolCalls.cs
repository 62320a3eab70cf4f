using System.Text.Json.Nodes;
using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Deviations;

/// <summary>Sends each tool call in one chunk, its arguments whole, all with index 0 (Ollama, Groq).</summary>
internal sealed class WholeToolCalls : Deviation
{
    public override IEnumerable<Frame> Stream(IEnumerable<Frame> frames)
    {
        var calls = new List<JsonObject>();
        foreach (var frame in frames)
        {
            if (Parse(frame) is { } chunk && Said(chunk, "delta")?["tool_calls"] is JsonArray pieces)
            {
                foreach (var piece in pieces.OfType<JsonObject>()) Add(calls, piece);
                continue;
            }

            if (frame.Kind == FrameKind.Closing)
            {
                foreach (var call in calls) yield return Data(Chunk(call), FrameKind.Content);
                calls.Clear();
            }

            yield return frame;
        }
    }

    private static JsonObject Chunk(JsonObject call) => new()
    {
        ["choices"] = new JsonArray(new JsonObject
        {
            ["index"] = 0,
            ["delta"] = new JsonObject { ["tool_calls"] = new JsonArray(call) },
            ["finish_reason"] = null,
        }),
    };

    private static void Add(List<JsonObject> calls, JsonObject piece)
    {
        if (piece["id"] is not null)
        {
            var call = (JsonObject)piece.DeepClone();
            call["index"] = 0;
            calls.Add(call);
            return;
        }

        var function = calls[^1]["function"]!;
        function["arguments"] = (string?)function["arguments"] + (string?)piece["function"]!["arguments"];
    }
}
