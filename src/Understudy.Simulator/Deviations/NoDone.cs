using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Deviations;

/// <summary>Ends a stream without [DONE].</summary>
internal sealed class NoDone : Deviation
{
    public override IEnumerable<Frame> Stream(IEnumerable<Frame> frames) => frames.Where(frame => !frame.Bytes.Span.StartsWith("data: [DONE]"u8));
}
