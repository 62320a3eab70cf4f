namespace Understudy.Drills.Traffic;

/// <summary>Calls that know nothing of each other; their sizes are drawn from the recorded chat service.</summary>
public sealed class PoissonTraffic : TrafficSource
{
    /// <inheritdoc/>
    public override string Name => "poisson";

    /// <inheritdoc/>
    public override string Words => "independent calls (Poisson); sizes drawn from azure2023_conv";

    /// <inheritdoc/>
    public override double OwnRate => 5;

    /// <inheritdoc/>
    public override IEnumerable<Arrival> Arrivals(double rate, Chance chance)
    {
        var sizes = Trace.Read("azure2023_conv").Calls;
        var at = 0.0;
        while (true)
        {
            at += Exponential(chance) / rate;
            var (_, input, output) = sizes[chance.Next(sizes.Count)];
            yield return new(TimeSpan.FromTicks((long)(at * TimeSpan.TicksPerSecond)), input, output);
        }
    }
}
