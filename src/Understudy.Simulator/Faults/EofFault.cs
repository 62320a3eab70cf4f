using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Faults;

/// <summary>The body ends cleanly in the middle, as HTTP sees it: the last chunk comes, the closing event does not.</summary>
internal sealed class EofFault(FaultSpec spec) : Fault
{
    public override bool TellsLength => false;

    public override int? PiecesBefore(int piecesPlanned) => Pieces(spec, piecesPlanned);

    public override ValueTask<bool> StrikeAsync(ServedCall call) => ValueTask.FromResult(true);
}
