using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Faults;

/// <summary>The call is taken and never answered; the input is billed. With <c>seconds</c> the answer comes after all.</summary>
internal sealed class HangFault(FaultSpec spec) : Fault
{
    public override async ValueTask<bool> AtDoorAsync(ServedCall call)
    {
        call.BillInput();
        await call.WaitAsync(spec.Seconds).ConfigureAwait(false);
        return false;
    }
}
