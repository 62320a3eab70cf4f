using System.Text.Json.Nodes;

namespace Understudy.Simulator.Deviations;

/// <summary>Leaves its reasoning in the text, between tags (DeepSeek R1, QwQ and others behind a server without a parser for it).</summary>
internal sealed class ReasoningInTags : Deviation
{
    private bool _told;

    protected override bool Change(JsonObject answer, string inside)
    {
        if (_told || Said(answer, inside) is not { } said || (string?)said["content"] is not { Length: > 0 } text) return true;
        _told = true;
        said["content"] = $"<think>\nLet me think: is it a </thinking> or a <think>?\n</think>\n\n{text}";
        return true;
    }
}
