using Understudy.Configuration;

namespace Understudy.CircuitBreaker;

/// <summary>
/// How much a target's outcomes speak for its being sick and not merely ordinary: the cumulative sum of their
/// log-likelihood ratios, never below zero (Page 1954, <i>Continuous Inspection Schemes</i>). It finds the change from one
/// share of failures to another with the fewest calls, however slowly the failures creep in. Not thread-safe: its breaker locks.
/// </summary>
internal sealed class Drift
{
    private double _perFailure;
    private double _perAnswer;

    public Drift(BreakerModel model) => Apply(model);

    /// <summary>Whether the operator wants it.</summary>
    public bool IsOn { get; private set; }

    /// <summary>The evidence, in nats.</summary>
    public double Evidence { get; private set; }

    /// <summary>Puts other shares in force; the evidence stays.</summary>
    public void Apply(BreakerModel model)
    {
        IsOn = model.Tolerate is not null;
        if (model.Tolerate is not { } tolerated) return;
        _perFailure = Math.Log(model.Sick / tolerated);
        _perAnswer = Math.Log((1 - model.Sick) / (1 - tolerated));
    }

    public void Good() => Evidence = Math.Max(Evidence + _perAnswer, 0);

    public void Bad() => Evidence += _perFailure;

    public void Forget() => Evidence = 0;
}
