using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Faults;

/// <summary>An HTTP error, in the vendor's own words unless a body is given. Codes no vendor speaks (520 to 530) come from the edge, in HTML.</summary>
internal sealed class StatusFault(FaultSpec spec) : Fault
{
    public override async ValueTask<bool> AtDoorAsync(ServedCall call)
    {
        var code = spec.Code ?? 500;
        if (spec.Body is { } body) await call.SendRawAsync(code, body.StartsWith('{') ? "application/json" : "text/plain", body, spec.RetryAfter).ConfigureAwait(false);
        else if (code is >= 520 and <= 530 and not 529) await call.SendRawAsync(code, "text/html; charset=UTF-8", HtmlFault.EdgePage(code), spec.RetryAfter).ConfigureAwait(false);
        else await call.SendErrorAsync(call.Vendor.Says(code, call.Model, spec.RetryAfter)).ConfigureAwait(false);
        return true;
    }
}
