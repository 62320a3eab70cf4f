using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Faults;

/// <summary>
/// Nobody is there. The port is closed for <c>seconds</c>, so that connecting is refused; without seconds the port has to
/// stay open for <c>/_sim</c>, and each connection is reset before a byte of an answer instead.
/// </summary>
internal sealed class RefuseFault(FaultSpec spec) : Fault
{
    public override ValueTask<bool> AtDoorAsync(ServedCall call)
    {
        if (spec.Seconds is { } seconds) call.ClosePort(TimeSpan.FromSeconds(seconds));
        call.ResetConnection();
        return ValueTask.FromResult(true);
    }
}
