using System.Text.Json.Nodes;

namespace Understudy.Simulator.Deviations;

/// <summary>Tells its reasoning in a field of its own: reasoning_content (DeepSeek, llama.cpp, vLLM), or reasoning (Ollama, OpenRouter).</summary>
internal sealed class ReasoningInAField : Deviation
{
    private bool _told;

    protected override bool Change(JsonObject answer, string inside)
    {
        if (_told || Said(answer, inside) is not { } said) return true;
        _told = true;
        said["reasoning_content"] = "Let me think.";
        said["reasoning"] = "Let me think."; // some say it twice
        return true;
    }
}
