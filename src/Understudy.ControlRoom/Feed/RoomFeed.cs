using Understudy.Observation;

namespace Understudy.ControlRoom.Feed;

/// <summary>
/// What the control room knows of the traffic: the last calls, second by second for a quarter of an hour, minute by minute
/// for a day. Bounded, in memory, from the journal alone.
/// </summary>
/// <remarks>
/// A call pays for additions under a lock that nobody holds for longer than that, and for one reference; nothing is
/// allocated. Everything else happens once a second, and whatever a viewer sees is computed when one looks.
/// </remarks>
public sealed class RoomFeed : IDisposable
{
    /// <summary>How many calls are kept to be looked at; and as many that went wrong or were rescued.</summary>
    public const int CallsKept = 400;

    private const int MarksKept = 400;
    private const int SecondsKept = 900;
    private const int MinutesKept = 24 * 60;
    private const int MostRoutes = 128;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Lock _pastLock = new();
    private readonly Journal _journal;
    private readonly TimeProvider _time;
    private readonly ITimer _clock;
    private readonly Ring<CallRecord> _calls = new(CallsKept);
    private readonly Ring<CallRecord> _troubles = new(CallsKept);
    private readonly Ring<Happening> _marks = new(MarksKept);
    private readonly Dictionary<string, RouteSums> _routes = new(StringComparer.Ordinal);
    private readonly Lanes _lanes = new();
    private readonly Queue<Slice> _seconds = new(SecondsKept);
    private readonly Queue<Slice> _minutes = new(MinutesKept);
    private Slice _now = new();
    private Slice _spare = new();
    private Slice? _minute;
    private long _changes;

    /// <summary>Listens to a journal from now on.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="time">The time.</param>
    public RoomFeed(Journal journal, TimeProvider time)
    {
        _journal = journal;
        _time = time;
        Since = time.GetUtcNow();
        _now.Reset(Since);
        foreach (var happening in journal.Recent.Reverse()) Mark(happening);
        journal.CallBegan += Begin;
        journal.CallEnded += End;
        journal.Happened += Mark;
        _clock = time.CreateTimer(_ => Turn(), null, Second, Timeout.InfiniteTimeSpan);
    }

    /// <summary>When it began to listen.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>Grows with whatever happens: as long as it stands still there is nothing new to show.</summary>
    public long Changes => Volatile.Read(ref _changes);

    /// <summary>The last calls, those under way included, newest first.</summary>
    public IReadOnlyList<CallRecord> Calls(int most)
    {
        lock (_lock) return _calls.Newest(most);
    }

    /// <summary>The last calls that failed, were moved or took a second attempt, newest first.</summary>
    public IReadOnlyList<CallRecord> Troubles(int most)
    {
        lock (_lock) return _troubles.Newest(most);
    }

    /// <summary>A call that is still known; null where it is not.</summary>
    public CallRecord? Find(string id)
    {
        lock (_lock) return _troubles.Find(call => call.Id == id) ?? _calls.Find(call => call.Id == id);
    }

    /// <summary>What happened that is no single call's, newest first.</summary>
    public IReadOnlyList<Happening> Marks(int most)
    {
        lock (_lock) return _marks.Newest(most);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _journal.CallBegan -= Begin;
        _journal.CallEnded -= End;
        _journal.Happened -= Mark;
        _clock.Dispose();
    }

    /// <summary>The lanes so far, by number.</summary>
    internal IReadOnlyList<string> LaneNames()
    {
        lock (_lock) return [.. _lanes.Names];
    }

    /// <summary>The number of a lane; it is made where there is none yet.</summary>
    internal int LaneOf(string name)
    {
        lock (_lock) return _lanes.Of(name);
    }

    /// <summary>Reads the seconds that are over and younger than <paramref name="span"/>, oldest first; the reader must be short.</summary>
    internal void Seconds(TimeSpan span, Action<Slice> read) => Read(_seconds, span, read);

    /// <summary>Reads the minutes, as <see cref="Seconds"/>.</summary>
    internal void Minutes(TimeSpan span, Action<Slice> read) => Read(_minutes, span, read);

    /// <summary>What a route's rungs served of late; null where nobody called it.</summary>
    internal (int[] Served, AttemptRecord? Left, DateTimeOffset LeftAt)? Route(string name)
    {
        lock (_lock)
        {
            if (!_routes.TryGetValue(name, out var sums)) return null;
            return ([.. Enumerable.Range(0, RouteSums.Rungs).Select(sums.Served)], sums.Left, sums.LeftAt);
        }
    }

    private void Read(Queue<Slice> past, TimeSpan span, Action<Slice> read)
    {
        var from = _time.GetUtcNow() - span;
        lock (_pastLock)
        {
            foreach (var slice in past)
            {
                if (slice.At >= from) read(slice);
            }
        }
    }

    private void Begin(CallRecord call)
    {
        lock (_lock) _calls.Add(call);
        Interlocked.Increment(ref _changes);
    }

    private void End(CallRecord call)
    {
        lock (_lock)
        {
            _now.Add(call, _lanes);
            if (call.Sent > 1 || call.Outcome is CallOutcome.Failed or CallOutcome.Degraded or CallOutcome.Refused) _troubles.Add(call);
            if (call.Outcome is CallOutcome.Answered or CallOutcome.Degraded) RouteOf(call.Route)?.Add(call, RungOf(call));
        }

        Interlocked.Increment(ref _changes);
    }

    private void Mark(Happening happening)
    {
        if (IsOfOneCall(happening.Kind)) return; // in an outage there is one for each: they would drive everything else out
        lock (_lock) _marks.Add(happening);
        Interlocked.Increment(ref _changes);
    }

    private static bool IsOfOneCall(string kind) => kind is "continued" or "handed_over" or "notice" or "inbox";

    private RouteSums? RouteOf(string name)
    {
        if (_routes.TryGetValue(name, out var known)) return known;
        if (_routes.Count >= MostRoutes) return null;
        return _routes[name] = new();
    }

    private static int RungOf(CallRecord call)
    {
        for (var i = call.Attempts.Count - 1; i >= 0; i--)
        {
            if (call.Attempts[i] is { Sent: true, Failure: null } good) return good.Rung;
        }

        return -1;
    }

    private void Turn()
    {
        Slice over;
        lock (_lock)
        {
            over = _now;
            _spare.Reset(_time.GetUtcNow());
            _now = _spare;
            foreach (var route in _routes.Values) route.Turn();
        }

        lock (_pastLock)
        {
            _seconds.Enqueue(over);
            _spare = _seconds.Count > SecondsKept ? _seconds.Dequeue() : new();
            var minute = Floor(over.At);
            if (_minute is null || _minute.At != minute)
            {
                _minute = _minutes.Count >= MinutesKept ? _minutes.Dequeue() : new Slice();
                _minute.Reset(minute);
                _minutes.Enqueue(_minute);
            }

            _minute.Add(over);
        }

        Interlocked.Increment(ref _changes);
        _clock.Change(Second, Timeout.InfiniteTimeSpan); // only now: on a machine that is too busy seconds get longer, and never two at once
    }

    private static DateTimeOffset Floor(DateTimeOffset at) => new(at.Ticks - (at.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
}
