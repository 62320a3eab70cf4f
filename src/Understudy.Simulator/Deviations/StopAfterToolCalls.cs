using System.Text.Json.Nodes;

namespace Understudy.Simulator.Deviations;

/// <summary>Says stop after tool calls (Ollama, older llama.cpp).</summary>
internal sealed class StopAfterToolCalls : Deviation
{
    protected override bool Change(JsonObject answer, string inside)
    {
        if (Choice(answer) is { } choice && (string?)choice["finish_reason"] == "tool_calls") choice["finish_reason"] = "stop";
        return true;
    }
}
