namespace Understudy.Alarms;

/// <summary>
/// Two sums over the last minutes, hours and days, for any window up to three days: what is bad (or what it cost), and
/// all. Three rings of buckets, the older the coarser: some eight kilobytes, however many calls there are.
/// </summary>
/// <remarks>Not for several threads at once: its owner locks.</remarks>
internal sealed class RollingTally
{
    /// <summary>The longest window.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3);

    private readonly Ring _seconds = new(TimeSpan.FromSeconds(10), 66);
    private readonly Ring _minutes = new(TimeSpan.FromMinutes(1), 124);
    private readonly Ring _quarters = new(TimeSpan.FromMinutes(15), 292);

    /// <summary>Adds at <paramref name="now"/>, in ticks of any clock that only goes forward.</summary>
    public void Add(long now, long part, long whole)
    {
        _seconds.Add(now, part, whole);
        _minutes.Add(now, part, whole);
        _quarters.Add(now, part, whole);
    }

    /// <summary>The sums of the last <paramref name="window"/>, to a bucket's breadth.</summary>
    public (long Part, long Whole) Of(TimeSpan window, long now)
    {
        var ring = _seconds.Reaches(window) ? _seconds : _minutes.Reaches(window) ? _minutes : _quarters;
        return ring.Of(window, now);
    }

    private sealed class Ring(TimeSpan width, int count)
    {
        private readonly (long Part, long Whole)[] _buckets = new (long, long)[count];
        private long _head = -1; // the number of the newest bucket

        public bool Reaches(TimeSpan window) => window <= width * (count - 2);

        public void Add(long now, long part, long whole)
        {
            Turn(now);
            ref var bucket = ref _buckets[_head % count];
            bucket.Part += part;
            bucket.Whole += whole;
        }

        public (long Part, long Whole) Of(TimeSpan window, long now)
        {
            Turn(now);
            // The newest bucket has only begun: with it, one more than the window is wide is asked.
            var wanted = Math.Min((int)Math.Ceiling(window / width) + 1, count);
            long part = 0, whole = 0;
            for (var i = 0; i < wanted; i++)
            {
                var bucket = _buckets[(_head - i + count) % count];
                part += bucket.Part;
                whole += bucket.Whole;
            }

            return (part, whole);
        }

        private void Turn(long now)
        {
            var bucket = Math.Max(now / width.Ticks, _head);
            if (bucket == _head) return;
            var gone = Math.Min(bucket - _head, count);
            for (var i = 0; i < gone; i++) _buckets[(bucket - i) % count] = default;
            _head = bucket;
        }
    }
}
