using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Faults;

/// <summary>The answer stops in the middle and the connection stays open. With <c>seconds</c> it goes on after all.</summary>
internal sealed class StallFault(FaultSpec spec) : Fault
{
    public override int? PiecesBefore(int piecesPlanned) => Pieces(spec, piecesPlanned);

    public override async ValueTask<bool> StrikeAsync(ServedCall call)
    {
        await call.WaitAsync(spec.Seconds).ConfigureAwait(false);
        return false;
    }
}
