namespace Understudy.Hedging;

/// <summary>
/// How long a target has taken to its first content of late, by class of request: enough to say after which time a call is
/// among the slowest twentieth. Safe to share between threads.
/// </summary>
/// <remarks>
/// A histogram whose buckets grow by a quarter power of two (a quantile is told at most 19 % too late, never too early), in
/// which each new time weighs 1 % more than the one before: half of the weight is that of the last seventy, so it follows a
/// provider that slows down within about as many calls, and no clock is needed. This is forward decay (Cormode, Shkapenyuk,
/// Srivastava and Xu, ICDE 2009) over calls instead of seconds. P² (Jain and Chlamtac, 1985) would be smaller, but it
/// estimates one quantile fixed beforehand and forgets nothing.
/// </remarks>
public sealed class FirstContentTimes
{
    /// <summary>Times of a class below which nothing is said of it.</summary>
    public const int LeastKnown = 20;

    private const int Buckets = 64;
    private const double Shortest = 0.010; // seconds: the first bucket's upper edge; the last one's is some ten minutes
    private const double Growth = 1.01;
    private const double Renormalise = 1e9;

    private readonly Lock _lock = new();
    private readonly Histogram?[] _classes = new Histogram?[RequestClass.Count];

    /// <summary>Learns a time.</summary>
    /// <param name="requestClass">The class, by <see cref="RequestClass"/>.</param>
    /// <param name="time">To the first content; for an attempt that was overtaken the time until then, for it took at least that long.</param>
    public void Learn(int requestClass, TimeSpan time)
    {
        lock (_lock) (_classes[requestClass] ??= new()).Add(time.TotalSeconds);
    }

    /// <summary>The time within which a share of calls has had its first content.</summary>
    /// <param name="requestClass">The class, by <see cref="RequestClass"/>.</param>
    /// <param name="quantile">The share, between 0 and 1.</param>
    /// <returns>Null where fewer than <see cref="LeastKnown"/> times of the class are known.</returns>
    public TimeSpan? Quantile(int requestClass, double quantile)
    {
        lock (_lock) return _classes[requestClass] is { Known: >= LeastKnown } histogram ? TimeSpan.FromSeconds(histogram.Quantile(quantile)) : null;
    }

    private sealed class Histogram
    {
        private readonly double[] _weights = new double[Buckets];
        private double _all;
        private double _next = 1;

        public int Known { get; private set; }

        public void Add(double seconds)
        {
            var bucket = seconds <= Shortest ? 0 : (int)Math.Ceiling(Math.Log2(seconds / Shortest) * 4);
            _weights[Math.Min(bucket, Buckets - 1)] += _next;
            _all += _next;
            _next *= Growth;
            if (Known < LeastKnown) Known++;
            if (_next < Renormalise) return;
            for (var i = 0; i < Buckets; i++) _weights[i] /= _next;
            _all /= _next;
            _next = 1;
        }

        public double Quantile(double quantile)
        {
            var left = _all * quantile;
            var bucket = 0;
            for (; bucket < Buckets - 1; bucket++)
            {
                left -= _weights[bucket];
                if (left <= 1e-9 * _all) break; // sums of shares are not exact
            }

            return Shortest * Math.Pow(2, bucket / 4.0);
        }
    }
}
