using System.Globalization;

namespace Understudy.Drills.Traffic;

/// <summary>
/// Calls whose rate rises and falls as it did in fourteen days of a model service (ServeGen, <c>m-large</c>, ten-minute
/// windows); sizes drawn from the recorded chat service, for the record has none.
/// </summary>
public sealed class TidalTraffic : TrafficSource
{
    private const double WindowSeconds = 600;

    /// <inheritdoc/>
    public override string Name => "servegen";

    /// <inheritdoc/>
    public override string Words => "the tide of 14 days of a model service (ServeGen); sizes drawn from azure2023_conv";

    /// <inheritdoc/>
    public override double OwnRate => 5;

    /// <inheritdoc/>
    public override IEnumerable<Arrival> Arrivals(double rate, Chance chance)
    {
        double[] windows = [.. Trace.Rows("servegen").Select(row => double.Parse(row[1], CultureInfo.InvariantCulture))];
        var scale = rate / windows.Average();
        var sizes = Trace.Read("azure2023_conv").Calls;
        var at = 0.0;
        while (true)
        {
            var window = windows[(int)(at / WindowSeconds) % windows.Length];
            at += Exponential(chance) / (window * scale);
            var (_, input, output) = sizes[chance.Next(sizes.Count)];
            yield return new(TimeSpan.FromTicks((long)(at * TimeSpan.TicksPerSecond)), input, output);
        }
    }
}
