using System.Text.Json.Nodes;

namespace Understudy.Simulator.Deviations;

/// <summary>Counts no tokens, whether it is asked to or not (older vLLM, llama.cpp).</summary>
internal sealed class NoUsage : Deviation
{
    protected override bool Change(JsonObject answer, string inside)
    {
        answer.Remove("usage");
        return inside == "message" || Choice(answer) is not null;
    }
}
