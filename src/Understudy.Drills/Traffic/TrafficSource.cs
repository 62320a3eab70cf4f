namespace Understudy.Drills.Traffic;

/// <summary>Where a drill's calls come from: how they are spread over time, and how large they are.</summary>
public abstract class TrafficSource
{
    /// <summary>The word that <c>--trace</c> takes; <c>poisson</c> where none is given.</summary>
    public abstract string Name { get; }

    /// <summary>In one line, for the report.</summary>
    public abstract string Words { get; }

    /// <summary>The rate where none is given: that of the trace itself.</summary>
    public abstract double OwnRate { get; }

    /// <summary>All that can be named.</summary>
    public static IReadOnlyList<string> Names { get; } = ["poisson", "azure2023_conv", "azure2023_code", "mooncake", "servegen"];

    /// <summary>The source of that name; null where there is none.</summary>
    public static TrafficSource? Find(string name) => name switch
    {
        "poisson" => new PoissonTraffic(),
        "azure2023_conv" or "azure2023_code" or "mooncake" => new TraceTraffic(Trace.Read(name)),
        "servegen" => new TidalTraffic(),
        _ => null,
    };

    /// <summary>The calls, in order, without end.</summary>
    /// <param name="rate">Calls a second, in the mean.</param>
    /// <param name="chance">The source of chance.</param>
    public abstract IEnumerable<Arrival> Arrivals(double rate, Chance chance);

    /// <summary>
    /// An exponential wait with mean 1, by comparisons only (von Neumann 1951): no logarithm, whose last bit is the
    /// machine's own.
    /// </summary>
    internal static double Exponential(Chance chance)
    {
        for (var whole = 0; ; whole++)
        {
            var first = chance.NextDouble();
            var last = first;
            var run = 1;
            while (true)
            {
                var next = chance.NextDouble();
                if (next >= last) break;
                last = next;
                run++;
            }

            if (run % 2 == 1) return whole + first;
        }
    }
}
