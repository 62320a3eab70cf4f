using System.Text.Json.Nodes;

namespace Understudy.Simulator.Deviations;

/// <summary>Sends tool calls without an index (Google's OpenAI surface).</summary>
internal sealed class ToolCallsWithoutIndex : Deviation
{
    protected override bool Change(JsonObject answer, string inside)
    {
        foreach (var call in Said(answer, inside)?["tool_calls"] as JsonArray ?? []) (call as JsonObject)?.Remove("index");
        return true;
    }
}
