using Understudy.Failures;
using Understudy.Wires;

namespace Understudy.Probing;

/// <summary>What a probe found.</summary>
/// <param name="Failure">What failed; null where the target is alive.</param>
/// <param name="Usage">Tokens that it cost, where the provider told.</param>
public readonly record struct ProbeResult(Failure? Failure, Usage Usage);
