using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Faults;

/// <summary>A 200 of the right type without a single byte of body.</summary>
internal sealed class EmptyFault : Fault
{
    public override async ValueTask<bool> AtDoorAsync(ServedCall call)
    {
        await call.SendRawAsync(200, call.AsksForStream ? "text/event-stream" : "application/json", "").ConfigureAwait(false);
        return true;
    }
}
