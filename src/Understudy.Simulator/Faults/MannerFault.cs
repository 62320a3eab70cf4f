using Understudy.Simulator.Answers;

namespace Understudy.Simulator.Faults;

/// <summary>The wire is well and the model is not: it stutters, is silent, or continues badly.</summary>
internal sealed class MannerFault(MannerKind kind, int count = 0) : Fault
{
    public override Manner Manner => new(kind, count);
}
