using System.Text.Json.Nodes;

namespace Understudy.Simulator.Deviations;

/// <summary>Says content null where there is none, and leaves it out elsewhere; the first chunk has no role.</summary>
internal sealed class NullContent : Deviation
{
    protected override bool Change(JsonObject answer, string inside)
    {
        if (Said(answer, inside) is not { } said) return true;
        said.Remove("refusal");
        if (inside == "delta") said.Remove("role");
        if ((string?)said["content"] is null or "") said["content"] = null;
        return true;
    }
}
