using Understudy.Failures;
using Understudy.Wires;

namespace Understudy.Observation;

/// <summary>One synthetic probe: an attempt that no call made. Holds no content and no key.</summary>
/// <param name="At">When it was sent.</param>
/// <param name="Target"><c>provider/model</c>.</param>
/// <param name="Provider">The provider's name.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Failure">What failed; null where the target is alive.</param>
/// <param name="Usage">Tokens that it cost, where the provider told.</param>
public sealed record ProbeRecord(DateTimeOffset At, string Target, string Provider, TimeSpan Duration, Failure? Failure, Usage Usage);
