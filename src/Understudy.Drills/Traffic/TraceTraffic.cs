namespace Understudy.Drills.Traffic;

/// <summary>
/// A recorded hour, again and again. Another rate than its own makes each of its calls more or fewer calls at the same
/// moment: its bursts stay as sharp as they were.
/// </summary>
/// <param name="trace">The hour.</param>
public sealed class TraceTraffic(Trace trace) : TrafficSource
{
    /// <summary>Copies of one call come within this time.</summary>
    private const double SpreadSeconds = 1;

    /// <inheritdoc/>
    public override string Name => trace.Name;

    /// <inheritdoc/>
    public override string Words => $"the recorded hour {trace.Name}, repeated";

    /// <inheritdoc/>
    public override double OwnRate => trace.Rate;

    /// <inheritdoc/>
    public override IEnumerable<Arrival> Arrivals(double rate, Chance chance)
    {
        var copies = rate / trace.Rate;
        var late = new PriorityQueue<Arrival, TimeSpan>();
        var now = TimeSpan.Zero;
        while (true)
        {
            foreach (var (gap, input, output) in trace.Calls)
            {
                now += gap;
                while (late.TryPeek(out var due, out var at) && at <= now)
                {
                    late.Dequeue();
                    yield return due;
                }

                var count = (int)copies + (chance.NextDouble() < copies - (int)copies ? 1 : 0);
                if (count > 0) yield return new(now, input, output);
                for (; count > 1; count--)
                {
                    var at = now + TimeSpan.FromTicks((long)(chance.NextDouble() * SpreadSeconds * TimeSpan.TicksPerSecond));
                    late.Enqueue(new(at, input, output), at);
                }
            }
        }
    }
}
