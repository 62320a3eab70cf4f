using System.Text.Json.Nodes;

namespace Understudy.Simulator.Deviations;

/// <summary>Never says why it ended, only [DONE].</summary>
internal sealed class NoFinishReason : Deviation
{
    protected override bool Change(JsonObject answer, string inside)
    {
        if (Choice(answer) is not { } choice) return true;
        var isEnd = choice["finish_reason"] is not null;
        choice["finish_reason"] = null;
        return inside == "message" || !isEnd;
    }
}
