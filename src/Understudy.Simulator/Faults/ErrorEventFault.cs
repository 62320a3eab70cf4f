using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Faults;

/// <summary>The vendor's error event in the middle of a stream. A call that does not stream gets the error as a status.</summary>
internal sealed class ErrorEventFault(FaultSpec spec) : Fault
{
    public override async ValueTask<bool> AtDoorAsync(ServedCall call)
    {
        if (call.AsksForStream) return false;
        await call.SendErrorAsync(Error(call)).ConfigureAwait(false);
        return true;
    }

    public override int? PiecesBefore(int piecesPlanned) => Pieces(spec, piecesPlanned);

    public override async ValueTask<bool> StrikeAsync(ServedCall call)
    {
        await call.SendStreamErrorAsync(Error(call)).ConfigureAwait(false);
        return true;
    }

    private Vendors.ApiError Error(ServedCall call) => call.Vendor.Says(spec.Code ?? call.Vendor.OverloadStatus, call.Model, spec.RetryAfter);
}
