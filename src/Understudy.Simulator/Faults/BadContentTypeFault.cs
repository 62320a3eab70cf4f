namespace Understudy.Simulator.Faults;

/// <summary>The right answer under the wrong content type.</summary>
internal sealed class BadContentTypeFault(FaultSpec spec) : Fault
{
    public override string ContentType => spec.Body ?? "application/octet-stream";
}
