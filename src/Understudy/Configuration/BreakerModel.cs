using System.Globalization;

namespace Understudy.Configuration;

/// <summary>When a target's breaker opens, and by what evidence it closes again (decision 0010).</summary>
public sealed record BreakerModel
{
    /// <summary>Failures in a row that open it. Default 5.</summary>
    public int ConsecutiveFailures { get; init; } = 5;

    /// <summary>The share of failures in the window that opens it. Default 0.5.</summary>
    public double FailureRatio { get; init; } = 0.5;

    /// <summary>Calls in the window below which the ratio says nothing. Default 5.</summary>
    public int MinimumCalls { get; init; } = 5;

    /// <summary>The window of the ratio. Default 60 s.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The share of failures that is ordinary (decision 0024). A target whose outcomes speak for <see cref="Sick"/> and
    /// against this is left to the others on its ladders; calls that have no other go to it all the same. Default 0.04;
    /// null for never.
    /// </summary>
    public double? Tolerate { get; init; } = 0.04;

    /// <summary>The share of failures of a target that is sick. Default 0.2. Ignored where <see cref="Tolerate"/> is null.</summary>
    public double Sick { get; init; } = 0.2;

    /// <summary>
    /// How much evidence opens it, as the logarithm of a likelihood ratio, at one call in the window; it grows with the
    /// logarithm of their number. Default 5.5: at 2 % of failures a false alarm in weeks, at 20 % found out within some
    /// 30 to 80 calls. Ignored where <see cref="Tolerate"/> is null.
    /// </summary>
    public double Evidence { get; init; } = 5.5;

    /// <summary>How long it stays open before it is probed; it doubles with each relapse. Default 60 s.</summary>
    public TimeSpan OpenFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest it stays open before it is probed. Default 10 min.</summary>
    public TimeSpan MaxOpenFor { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Who probes. Default <see cref="ProbeKind.Synthetic"/>.</summary>
    public ProbeKind Probe { get; init; } = ProbeKind.Synthetic;

    /// <summary>Good probes in a row before the first real traffic. Default 3. Ignored under <see cref="ProbeKind.Traffic"/>, where one good call does.</summary>
    public int GoodProbes { get; init; } = 3;

    /// <summary>The gap between two probes; after a failed one it doubles, up to <see cref="OpenFor"/>. Default 10 s.</summary>
    public TimeSpan ProbeEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one synthetic probe may take. Default 10 s.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The shares of real traffic on the way back, in percent, rising; after the last comes everything. Default 1, 5, 25.
    /// Empty for none: good probes close it at once.
    /// </summary>
    public IReadOnlyList<double> Ramp { get; init; } = [1, 5, 25];

    /// <summary>Good calls that a step of the ramp asks for; where fewer come, the time for which answers were good counts. Default 5.</summary>
    public int RampCalls { get; init; } = 5;

    /// <summary>The least time from the first real call to full traffic; it doubles with each relapse. Default 60 s.</summary>
    public TimeSpan RampFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest that <see cref="RampFor"/> grows, and the well time that makes one relapse forgotten. Default 30 min.</summary>
    public TimeSpan MaxRampFor { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Failures in a row that open it while it is suspect: a sibling is out, or it has only just come back. Default 3.</summary>
    public int SuspectFailures { get; init; } = 3;

    /// <summary>How long a target is suspect after a sibling opened. Default 2 min.</summary>
    public TimeSpan SuspectFor { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>All of it in a line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"breaker: opens on {ConsecutiveFailures} in a row, or {FailureRatio} of {MinimumCalls} in {Window}, {(Tolerate is { } share ? string.Create(CultureInfo.InvariantCulture, $"or drifting from {share} to {Sick} by {Evidence}") : "drift ignored")}, suspect on {SuspectFailures} for {SuspectFor}; open for {OpenFor} to {MaxOpenFor}; {GoodProbes} probes ({Probe}) every {ProbeEvery} within {ProbeTimeout}; ramp {string.Join(", ", Ramp)} % of {RampCalls} calls in {RampFor} to {MaxRampFor}");
}
