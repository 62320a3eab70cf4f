namespace Understudy.Drills.Reporting.Page.Charts;

/// <summary>The vertical scale of a chart.</summary>
/// <param name="Top">The highest value.</param>
/// <param name="Ticks">Values with a grid line, and their labels.</param>
/// <param name="Log">The lowest value of a logarithmic scale; null for a linear one from 0.</param>
internal sealed record ValueScale(double Top, IReadOnlyList<(double Value, string Label)> Ticks, double? Log = null)
{
    /// <summary>Where a value stands, in [0, 1].</summary>
    public double At(double value)
    {
        if (Log is not { } low) return Math.Clamp(value / Top, 0, 1);
        // A drawing may round a logarithm: it is shown with a hundredth of a pixel.
        return value <= low ? 0 : Math.Clamp(Math.Log(value / low) / Math.Log(Top / low), 0, 1);
    }

    /// <summary>A linear scale from 0 over <paramref name="most"/>, with at most five round ticks above 0.</summary>
    public static ValueScale Linear(double most, Func<double, string> label)
    {
        double[] factors = [1, 2, 5];
        var power = 1e-6;
        var which = 0;
        while (most > 5 * power * factors[which])
        {
            which = (which + 1) % factors.Length;
            if (which == 0) power *= 10;
        }

        var step = power * factors[which];
        var count = Math.Max(1, (int)Math.Ceiling(most / step));
        return new(step * count, [.. Enumerable.Range(0, count + 1).Select(i => (i * step, label(i * step)))]);
    }
}
