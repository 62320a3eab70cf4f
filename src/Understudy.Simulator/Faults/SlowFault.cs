namespace Understudy.Simulator.Faults;

/// <summary>Everything comes, many times slower. A provider without a pace of its own is taken to have an ordinary one.</summary>
internal sealed class SlowFault(FaultSpec spec) : Fault
{
    public override double Slowness => Math.Max(spec.Factor, 1);
}
