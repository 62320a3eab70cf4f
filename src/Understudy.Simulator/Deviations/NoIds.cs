using System.Text.Json.Nodes;

namespace Understudy.Simulator.Deviations;

/// <summary>Gives neither the answer nor its tool calls an id.</summary>
internal sealed class NoIds : Deviation
{
    protected override bool Change(JsonObject answer, string inside)
    {
        answer.Remove("id");
        foreach (var call in Said(answer, inside)?["tool_calls"] as JsonArray ?? []) (call as JsonObject)?.Remove("id");
        return true;
    }
}
