using Understudy.Transport;

namespace Understudy.Quotas;

/// <summary>
/// What a target's provider tells of its own rate limits in the headers of every answer: the account's buckets of
/// requests, tokens, input tokens and output tokens. Live; shared by all calls.
/// </summary>
/// <param name="time">The time.</param>
/// <remarks>
/// Between two answers a bucket is reckoned to refill evenly up to the time that the provider named for its being full:
/// so Anthropic's token buckets work, and OpenAI's windows are quantised finely enough.
/// </remarks>
public sealed class TargetQuota(TimeProvider time) : IHeaderTarget
{
    private const int Buckets = 4;

    private readonly Lock _lock = new();
    private readonly Bucket[] _buckets = new Bucket[Buckets];
    private DateTimeOffset _now;
    private volatile bool _isKnown;

    /// <summary>Whether the provider tells of a limit at all.</summary>
    public bool IsKnown => _isKnown;

    /// <summary>The share that is left of the bucket that is closest to its end, from 0 to 1; null where the provider tells of none.</summary>
    public double? LeastLeft
    {
        get
        {
            if (!_isKnown) return null;
            lock (_lock)
            {
                var now = time.GetUtcNow();
                double? least = null;
                foreach (ref readonly var bucket in _buckets.AsSpan())
                {
                    if (bucket.IsKnown) least = Math.Min(least ?? 1, bucket.LeftAt(now) / bucket.Limit);
                }

                return least;
            }
        }
    }

    /// <summary>Reads the headers of an answer, of a refusal too.</summary>
    public void Read(ProviderReply reply)
    {
        lock (_lock)
        {
            _now = time.GetUtcNow();
            reply.CopyHeaders(this);
        }
    }

    /// <summary>Whether a call of that size fits into what is left of every bucket; null where the provider tells of none.</summary>
    /// <param name="inputTokens">Tokens of the question, estimated.</param>
    /// <param name="outputTokens">Tokens of the answer, estimated.</param>
    /// <param name="leaveBelow">The share of a bucket below which it counts as empty.</param>
    public bool? HasRoom(long inputTokens, long outputTokens, double leaveBelow)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            bool? room = null;
            for (var i = 0; i < Buckets; i++)
            {
                ref readonly var bucket = ref _buckets[i];
                if (!bucket.IsKnown) continue;
                room = true;
                var left = bucket.LeftAt(now);
                var needed = (QuotaKind)i switch
                {
                    QuotaKind.Requests => 1,
                    QuotaKind.Tokens => inputTokens + outputTokens,
                    QuotaKind.InputTokens => inputTokens,
                    QuotaKind.OutputTokens => outputTokens,
                };
                if (left < needed || left < bucket.Limit * leaveBelow) return false;
            }

            return room;
        }
    }

    /// <inheritdoc/>
    void IHeaderTarget.Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        // Called back by Read, under its lock.
        if (QuotaHeaders.TryRead(name, value, _now) is { } told) Take(told);
    }

    private void Take(in QuotaHeader told)
    {
        ref var bucket = ref _buckets[(int)told.Kind];
        bucket.Take(told, _now);
        if (bucket.IsKnown) _isKnown = true;
    }

    /// <summary>One bucket as it was told last.</summary>
    private struct Bucket
    {
        private long _remaining;
        private DateTimeOffset _seen;
        private DateTimeOffset _full;
        private bool _remainingTold;

        public long Limit { get; private set; }

        public readonly bool IsKnown => Limit > 0 && _remainingTold;

        public void Take(in QuotaHeader told, DateTimeOffset now)
        {
            switch (told.Field)
            {
                case QuotaField.Limit:
                    Limit = told.Number;
                    break;
                case QuotaField.Remaining:
                    _remaining = told.Number;
                    _remainingTold = true;
                    _seen = now;
                    break;
                case QuotaField.Reset:
                    _full = told.At;
                    break;
            }
        }

        public readonly double LeftAt(DateTimeOffset now)
        {
            // Without a time these limits are by the minute; news that never aged would shut a target out for ever.
            var full = _full > _seen ? _full : _seen + TimeSpan.FromMinutes(1);
            var refilled = Math.Clamp((now - _seen) / (full - _seen), 0, 1);
            return _remaining + ((Limit - _remaining) * refilled);
        }
    }
}
