using System.Text.Json.Nodes;

namespace Understudy.Simulator.Deviations;

/// <summary>Counts on every chunk, and sends no chunk for it at the end (Groq, Together, Google's surface).</summary>
internal sealed class UsageOnEveryChunk : Deviation
{
    protected override bool Change(JsonObject answer, string inside)
    {
        if (inside == "delta" && Choice(answer) is null) return false;
        answer["usage"] = new JsonObject { ["prompt_tokens"] = 11, ["completion_tokens"] = 7, ["total_tokens"] = 18 };
        return true;
    }
}
