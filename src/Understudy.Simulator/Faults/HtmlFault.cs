using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Faults;

/// <summary>A 200 with a web page, as a captive portal or a misled edge sends.</summary>
internal sealed class HtmlFault(FaultSpec spec) : Fault
{
    public override async ValueTask<bool> AtDoorAsync(ServedCall call)
    {
        await call.SendRawAsync(spec.Code ?? 200, "text/html; charset=UTF-8", spec.Body ?? EdgePage(spec.Code ?? 200)).ConfigureAwait(false);
        return true;
    }

    public static string EdgePage(int code) =>
        $"<!DOCTYPE html>\n<html lang=\"en\"><head><title>{code}: please wait</title></head><body><h1>One moment, please</h1><p>Code {code}</p></body></html>\n";
}
