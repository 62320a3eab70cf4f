using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Faults;

/// <summary>A 200 with its headers, and then nothing. With <c>seconds</c> the answer comes after all.</summary>
internal sealed class HangAfterHeadersFault(FaultSpec spec) : Fault
{
    public override async ValueTask<bool> AfterHeadersAsync(ServedCall call)
    {
        await call.WaitAsync(spec.Seconds).ConfigureAwait(false);
        return false;
    }
}
