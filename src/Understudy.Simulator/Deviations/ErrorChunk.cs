using System.Text.Json.Nodes;
using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Deviations;

/// <summary>Fails in the middle with a chunk of its own: an error beside a choice that ended for an error (OpenRouter). An answer that is not streamed is the error, in a 200.</summary>
internal sealed class ErrorChunk : Deviation
{
    private const int PiecesBefore = 3;

    public override IEnumerable<Frame> Stream(IEnumerable<Frame> frames)
    {
        var said = 0;
        foreach (var frame in frames)
        {
            yield return frame;
            if (frame.Kind != FrameKind.Content || ++said < PiecesBefore) continue;
            yield return Data(Failed(), FrameKind.Closing);
            yield break;
        }
    }

    protected override bool Change(JsonObject answer, string inside)
    {
        answer.Clear();
        answer["error"] = new JsonObject { ["code"] = 502, ["message"] = "Provider returned error" };
        return true;
    }

    private static JsonObject Failed() => new()
    {
        ["id"] = "gen-1",
        ["object"] = "chat.completion.chunk",
        ["error"] = new JsonObject { ["code"] = 502, ["message"] = "Provider disconnected unexpectedly" },
        ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = new JsonObject { ["content"] = "" }, ["finish_reason"] = "error" }),
    };
}
