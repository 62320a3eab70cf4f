using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Faults;

/// <summary>Less is sent than was promised (by length, or by chunks without the last one), and the connection is closed (FIN).</summary>
internal sealed class TruncatedBodyFault(FaultSpec spec) : Fault
{
    public override int? PiecesBefore(int piecesPlanned) => Pieces(spec, piecesPlanned);

    public override ValueTask<bool> StrikeAsync(ServedCall call)
    {
        call.CloseConnection();
        return ValueTask.FromResult(true);
    }
}
