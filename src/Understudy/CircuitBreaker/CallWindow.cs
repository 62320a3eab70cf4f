namespace Understudy.CircuitBreaker;

/// <summary>Good and bad calls of the last while, in ten buckets. Not thread-safe: its breaker locks.</summary>
internal sealed class CallWindow
{
    private const int Buckets = 10;

    private readonly int[] _good = new int[Buckets];
    private readonly int[] _bad = new int[Buckets];
    private readonly long _bucketTicks;
    private long _bucket;

    /// <summary>An empty window.</summary>
    public CallWindow(TimeSpan length, TimeProvider time)
    {
        _bucketTicks = Math.Max((long)(length.TotalSeconds / Buckets * time.TimestampFrequency), 1);
        _bucket = time.GetTimestamp() / _bucketTicks;
    }

    public void AddGood(long now) => _good[Roll(now)]++;

    public void AddBad(long now) => _bad[Roll(now)]++;

    /// <summary>Calls in it, good and bad.</summary>
    public int Calls
    {
        get
        {
            var all = 0;
            for (var i = 0; i < Buckets; i++) all += _good[i] + _bad[i];
            return all;
        }
    }

    /// <summary>Whether there were <paramref name="least"/> calls, and <paramref name="ratio"/> of them bad.</summary>
    public bool IsBad(int least, double ratio)
    {
        var bad = 0;
        var all = 0;
        for (var i = 0; i < Buckets; i++)
        {
            bad += _bad[i];
            all += _bad[i] + _good[i];
        }

        return all >= least && bad >= all * ratio;
    }

    private int Roll(long timestamp)
    {
        var now = timestamp / _bucketTicks;
        for (var steps = Math.Min(now - _bucket, Buckets); steps > 0; steps--)
        {
            var stale = (int)((now - steps + 1) % Buckets);
            _good[stale] = 0;
            _bad[stale] = 0;
        }

        _bucket = now;
        return (int)(now % Buckets);
    }
}
