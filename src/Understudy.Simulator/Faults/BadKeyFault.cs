using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Faults;

/// <summary>The key is refused, right as it may be.</summary>
internal sealed class BadKeyFault : Fault
{
    public override async ValueTask<bool> AtDoorAsync(ServedCall call)
    {
        await call.SendErrorAsync(call.Vendor.WrongKey(call.Vendor.KeyOf(call.Http.Request) ?? "")).ConfigureAwait(false);
        return true;
    }
}
