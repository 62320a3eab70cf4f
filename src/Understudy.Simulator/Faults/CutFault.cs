using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Faults;

/// <summary>The connection is reset (RST) in the middle of the answer.</summary>
internal sealed class CutFault(FaultSpec spec) : Fault
{
    public override int? PiecesBefore(int piecesPlanned) => Pieces(spec, piecesPlanned);

    public override ValueTask<bool> StrikeAsync(ServedCall call)
    {
        call.ResetConnection();
        return ValueTask.FromResult(true);
    }
}
