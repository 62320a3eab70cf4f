using System.Runtime.InteropServices;
using Understudy.Failures;

namespace Understudy.CircuitBreaker;

/// <summary>
/// Tells a refusal that means what it says from a status code that lies. In outages providers have said 401 to keys that
/// were right, 429 to accounts with room, and 400 to requests that were good. One refusal cannot be told apart; the
/// change over all callers can: what was well minutes ago for everybody is not everybody's mistake now.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>401, 403: an outage where the target has answered with this very key within <see cref="Memory"/>. A key that
/// never worked is a wrong key. A 403 may also be about the one request: it takes two with no good answer in between.</item>
/// <item>429: an outage where our own bucket has room; where that is not known, if the share of 429 in the last minute is
/// a sudden one although no more is asked for than usual. More load and then 429 is what a rate limit is for.</item>
/// <item>400 and its like: the client's mistake, as ever, unless a sudden share of them goes to several callers, each
/// refused more than once and each answered well by this target within <see cref="Memory"/>. A gateway with one client
/// cannot tell that client's bug from an outage, and hands the refusal back unchanged.</item>
/// </list>
/// Sudden is a share of the last minute that is <see cref="Times"/> times the usual one. What is usual is learnt over
/// hours, and much slower while it is judged: a slow roll-out of a fault must not become usual on its way.
/// </remarks>
public sealed class RefusalWatch(TimeProvider time)
{
    /// <summary>How long a good answer proves that the key, or the caller's way of asking, was right. 15 minutes.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(15);

    /// <summary>How many times the usual share is sudden.</summary>
    public const int Times = 3;

    private const int Forbidden = 403;
    private const int LeastForbidden = 2;
    private const int Buckets = 6;
    private const int LeastRefusals = 4;
    private const int LeastCallers = 2;
    private const int LeastKnown = 20;
    private const int MaxCallers = 256;
    private const double LeastShareLimited = 0.2;
    private const double LeastShareBad = 0.05;
    private const double LoadAsUsual = 1.5;

    private static readonly TimeSpan _bucketTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _shareLearning = TimeSpan.FromHours(2);
    private static readonly TimeSpan _judgedLearning = TimeSpan.FromHours(48);
    private static readonly TimeSpan _loadLearning = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly long _bucketTicks = (long)(_bucketTime.TotalSeconds * time.TimestampFrequency);
    private readonly int[] _calls = new int[Buckets];
    private readonly Spike _limited = new();
    private readonly Spike _bad = new();
    private readonly Dictionary<string, Caller> _callers = new(StringComparer.Ordinal);
    private long _bucket = time.GetTimestamp() / (long)(_bucketTime.TotalSeconds * time.TimestampFrequency);
    private int _forbidden;
    private double _usualCalls;
    private long _known;
    private long? _lastGood;

    /// <summary>Whether the target has ever answered well with its key.</summary>
    public bool EverAnswered => _lastGood is not null;

    /// <summary>The target answered well.</summary>
    /// <param name="caller">Whom; empty for callers without a name, who count as one.</param>
    public void Answered(string caller)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _calls[Roll_NeedsLock(now)]++;
            _lastGood = now;
            _forbidden = 0;
            if (CallerOf_NeedsLock(caller) is { } known) known.LastGood = now;
        }
    }

    /// <summary>The target failed. Gives the failure back, or what it is instead where its code lies.</summary>
    /// <param name="failure">What the status code says.</param>
    /// <param name="caller">Whose call; empty for callers without a name.</param>
    /// <param name="bucketHasRoom">Whether our own count of the target's limits says that there is room; null where nothing is known of them.</param>
    public Failure Judge(Failure failure, string caller, bool? bucketHasRoom = null)
    {
        if (failure.Traits.Side == FailureSide.Us || failure.Kind == FailureKind.ClientLeft) return failure;
        lock (_lock)
        {
            var now = time.GetTimestamp();
            var bucket = Roll_NeedsLock(now);
            _calls[bucket]++;
            var why = failure.Kind switch
            {
                FailureKind.KeyRejected => WhyKey_NeedsLock(failure, now),
                FailureKind.RateLimited => WhyLimited_NeedsLock(bucket, bucketHasRoom),
                FailureKind.BadRequest => WhyBad_NeedsLock(bucket, caller, now),
                _ => null,
            };
            return why is null ? failure : new(FailureKind.FalseRefusal, $"{failure.Reason}, but {why}") { Status = failure.Status };
        }
    }

    private string? WhyKey_NeedsLock(Failure failure, long now)
    {
        _forbidden = failure.Status == Forbidden ? _forbidden + 1 : 0;
        if (_lastGood is not { } at || time.GetElapsedTime(at, now) > Memory || _forbidden is > 0 and < LeastForbidden) return null;
        return "the key worked minutes ago";
    }

    private string? WhyLimited_NeedsLock(int bucket, bool? bucketHasRoom)
    {
        _limited.Counts[bucket]++;
        if (bucketHasRoom is { } known) return known ? "the account has room" : null;
        var calls = _calls.Sum();
        _limited.Judged = IsSudden_NeedsLock(_limited, calls, LeastShareLimited) && calls <= Buckets * _usualCalls * LoadAsUsual;
        return _limited.Judged ? "nobody asks for more than usual" : null;
    }

    private string? WhyBad_NeedsLock(int bucket, string caller, long now)
    {
        _bad.Counts[bucket]++;
        if (CallerOf_NeedsLock(caller) is not { } known) return null;
        known.NoteRefusal(now);
        _bad.Judged = IsSudden_NeedsLock(_bad, _calls.Sum(), LeastShareBad) && CallersRefused_NeedsLock(now) >= LeastCallers;
        return _bad.Judged && known.AsksWell(now, time) ? "several callers are refused who were answered minutes ago" : null;
    }

    private bool IsSudden_NeedsLock(Spike spike, int calls, double leastShare)
    {
        var refused = spike.Counts.Sum();
        var share = (double)refused / calls;
        return _known >= LeastKnown && refused >= LeastRefusals && share >= leastShare && share >= Times * spike.Usual;
    }

    private int CallersRefused_NeedsLock(long now)
    {
        var count = 0;
        foreach (var caller in _callers.Values)
        {
            if (caller.IsRefused(now, time) && caller.AsksWell(now, time)) count++;
        }

        return count;
    }

    private Caller? CallerOf_NeedsLock(string name)
    {
        if (name.Length == 0) return null; // nobody knows how many they are
        ref var known = ref CollectionsMarshal.GetValueRefOrNullRef(_callers, name);
        if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref known)) return known;
        if (_callers.Count >= MaxCallers) return null;
        return _callers[name] = new();
    }

    /// <summary>Moves on to the present bucket; what falls out of the last minute is learnt as usual.</summary>
    private int Roll_NeedsLock(long timestamp)
    {
        var now = timestamp / _bucketTicks;
        for (var steps = Math.Min(now - _bucket, Buckets); steps > 0; steps--)
        {
            var stale = (int)((now - steps + 1) % Buckets);
            var calls = _calls[stale];
            _usualCalls += (calls - _usualCalls) * (_bucketTime / _loadLearning);
            _known += calls;
            _limited.Learn(stale, calls);
            _bad.Learn(stale, calls);
            _calls[stale] = 0;
        }

        _bucket = now;
        return (int)(now % Buckets);
    }

    /// <summary>One kind of refusal: how many of late, and which share is usual.</summary>
    private sealed class Spike
    {
        public int[] Counts { get; } = new int[Buckets];

        public double Usual { get; private set; }

        public bool Judged { get; set; }

        public void Learn(int stale, int calls)
        {
            if (calls > 0) Usual += (((double)Counts[stale] / calls) - Usual) * (_bucketTime / (Judged ? _judgedLearning : _shareLearning));
            Counts[stale] = 0;
        }
    }

    /// <summary>What is known of one caller.</summary>
    private sealed class Caller
    {
        private static readonly TimeSpan _minute = _bucketTime * Buckets;

        private long? _refusedAt;
        private long? _refusedBefore;

        public long? LastGood { get; set; }

        public void NoteRefusal(long now) => (_refusedBefore, _refusedAt) = (_refusedAt, now);

        /// <summary>Refused twice within the last minute.</summary>
        public bool IsRefused(long now, TimeProvider time) => _refusedBefore is { } at && time.GetElapsedTime(at, now) <= _minute;

        /// <summary>Answered well not long ago: the way it asks is right.</summary>
        public bool AsksWell(long now, TimeProvider time) => LastGood is { } at && time.GetElapsedTime(at, now) <= Memory;
    }
}
