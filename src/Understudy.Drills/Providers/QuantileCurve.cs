namespace Understudy.Drills.Providers;

/// <summary>
/// A distribution by its quantiles, with straight lines between them. Additions and multiplications only: logarithms and
/// exponentials differ in the last bit from one machine's library to another's, and a drill must not.
/// </summary>
/// <param name="points">Quantile and value, from quantile 0 to quantile 1, both rising.</param>
public sealed class QuantileCurve(params (double Quantile, double Value)[] points)
{
    /// <summary>The value at <paramref name="quantile"/>.</summary>
    /// <param name="quantile">In [0, 1).</param>
    public double At(double quantile)
    {
        for (var i = 1; i < points.Length; i++)
        {
            var (high, top) = points[i];
            if (quantile > high) continue;
            var (low, bottom) = points[i - 1];
            return bottom + ((top - bottom) * ((quantile - low) / (high - low)));
        }

        return points[^1].Value;
    }
}
