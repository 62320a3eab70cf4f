using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Deviations;

/// <summary>Sends comments while it works (OpenRouter).</summary>
internal sealed class KeepAliveComments : Deviation
{
    private static readonly Frame Comment = new(": OPENROUTER PROCESSING\n\n"u8.ToArray(), FrameKind.Framing);

    public override IEnumerable<Frame> Stream(IEnumerable<Frame> frames) => frames.SelectMany(frame => (Frame[])[Comment, frame]);
}
