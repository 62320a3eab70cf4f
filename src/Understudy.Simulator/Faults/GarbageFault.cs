using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Faults;

/// <summary>A 200 of the right type whose content is no JSON; in a stream, one event of it after some pieces.</summary>
internal sealed class GarbageFault(FaultSpec spec) : Fault
{
    private const string Noise = "{\"id\":\"\\u00\u0001<<<<< not json ]]";

    public override async ValueTask<bool> AtDoorAsync(ServedCall call)
    {
        if (call.AsksForStream) return false;
        await call.SendRawAsync(200, "application/json", spec.Body ?? Noise).ConfigureAwait(false);
        return true;
    }

    public override int? PiecesBefore(int piecesPlanned) => Pieces(spec, piecesPlanned);

    public override async ValueTask<bool> StrikeAsync(ServedCall call)
    {
        await call.WriteTextAsync($"data: {spec.Body ?? Noise}\n\n").ConfigureAwait(false);
        return true;
    }
}
