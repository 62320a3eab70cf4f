using System.Text.Json.Nodes;
using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Deviations;

/// <summary>Begins with a chunk that has no choices (Azure, which tells there what its filter thinks of the prompt).</summary>
internal sealed class EmptyFirstChunk : Deviation
{
    public override IEnumerable<Frame> Stream(IEnumerable<Frame> frames) => frames.Prepend(Data(
        new()
        {
            ["id"] = "",
            ["object"] = "",
            ["created"] = 0,
            ["model"] = "",
            ["choices"] = new JsonArray(),
            ["prompt_filter_results"] = new JsonArray(new JsonObject { ["prompt_index"] = 0 }),
        },
        FrameKind.Framing));
}
