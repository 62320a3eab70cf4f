using Understudy.Calls;

namespace Understudy.Coalescing;

/// <summary>
/// All flights that others may join, by what they ask. A hash finds candidates; what decides is that everything is equal,
/// the bodies compared byte by byte, so that a collision can cost a comparison but never give anybody another's answer.
/// </summary>
public sealed class FlightTable
{
    /// <summary>Bytes that are kept, over all calls, for clients that are not there or not the call's own: 256 MiB. Beyond that nothing more can be joined.</summary>
    public const long MostHeld = 256L * 1024 * 1024;

    private const int Buckets = 4096;
    private const int Gates = 64;
    private const int BadEndsKept = 256;
    private const int SourcesKept = 256;

    private readonly Flight?[] _buckets = new Flight?[Buckets];
    private readonly Lock[] _gates = new Lock[Gates];
    private readonly ulong[] _badEnds = new ulong[BadEndsKept];
    private readonly Func<CallRequest, ulong> _hash;
    private readonly Stack<CancellationTokenSource> _sources = new(SourcesKept);
    private readonly Lock _sourcesGate = new();
    private uint _nextBadEnd;
    private long _held;
    private volatile bool _closed;

    /// <summary>An empty table.</summary>
    /// <param name="time">The time.</param>
    /// <param name="seed">Of the process: nobody outside can aim at a bucket.</param>
    public FlightTable(TimeProvider time, ulong seed)
        : this(time, request => SameCall.Hash(request, seed))
    {
    }

    /// <summary>A table with a hash of a test's own.</summary>
    internal FlightTable(TimeProvider time, Func<CallRequest, ulong> hash)
    {
        Time = time;
        _hash = hash;
        for (var i = 0; i < Gates; i++) _gates[i] = new();
    }

    /// <summary>Bytes that are kept for clients that are not there or not the call's own.</summary>
    public long Held => Volatile.Read(ref _held);

    /// <summary>Whether retries find nothing any more.</summary>
    public bool IsClosed => _closed;

    internal TimeProvider Time { get; }

    /// <summary>
    /// The gateway stops: no retry can come any more, so calls that run only for one are given up, now and whenever one's
    /// client leaves.
    /// </summary>
    public void Close()
    {
        _closed = true;
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            List<Flight> here = [];
            lock (_gates[bucket % Gates])
            {
                for (var flight = _buckets[bucket]; flight is not null; flight = flight.Next) here.Add(flight);
            }

            foreach (var flight in here) flight.Close();
        }
    }

    /// <summary>Finds the flight that a call is a retry of, or may share, and joins it; else the call is one that others may find.</summary>
    /// <param name="flight">The call.</param>
    /// <param name="client">Its client.</param>
    /// <returns>Null where it has to go its own way.</returns>
    internal Listener? JoinOrAdd(Flight flight, IAnswerSink client)
    {
        if (!flight.IsJoinable || _closed) return null;
        Listener? listener;
        lock (GateOf(flight.Key))
        {
            listener = Find_NeedsLock(flight)?.Join_NeedsLock(client, flight.Id);
            if (listener is null)
            {
                ref var first = ref _buckets[flight.Key % Buckets];
                flight.Next = first;
                first = flight;
                flight.IsListed = true;
            }
        }

        listener?.Flight.Joined();
        return listener;
    }

    internal ulong KeyOf(CallRequest request) => _hash(request);

    internal Lock GateOf(ulong key) => _gates[key % Buckets % Gates];

    internal void Remove_NeedsLock(Flight flight)
    {
        if (!flight.IsListed) return;
        flight.IsListed = false;
        for (ref var at = ref _buckets[flight.Key % Buckets]; at is not null; at = ref at.Next)
        {
            if (at != flight) continue;
            at = flight.Next;
            flight.Next = null;
            return;
        }
    }

    /// <summary>A call has told its client an error: the retry that follows is of this one, not of an equal one that still runs.</summary>
    internal void EndedBadly(ulong key) => Volatile.Write(ref _badEnds[Interlocked.Increment(ref _nextBadEnd) % BadEndsKept], key);

    /// <summary>A source that has not fired. Nearly every one comes back so, with its registrations ready for the next call.</summary>
    internal CancellationTokenSource RentSource()
    {
        lock (_sourcesGate)
        {
            if (_sources.TryPop(out var source)) return source;
        }

        return new();
    }

    /// <summary>Takes back a source that nobody is going to fire any more.</summary>
    internal void Return(CancellationTokenSource source)
    {
        if (!source.TryReset()) return;
        lock (_sourcesGate)
        {
            if (_sources.Count < SourcesKept) _sources.Push(source);
        }
    }

    internal bool TryHold(long bytes)
    {
        if (Interlocked.Add(ref _held, bytes) <= MostHeld) return true;
        Interlocked.Add(ref _held, -bytes);
        return false;
    }

    internal void LetGo(long bytes)
    {
        if (bytes != 0) Interlocked.Add(ref _held, -bytes);
    }

    private Flight? Find_NeedsLock(Flight wanted)
    {
        Flight? likely = null;
        var count = 0;
        for (var flight = _buckets[wanted.Key % Buckets]; flight is not null; flight = flight.Next)
        {
            if (flight.Key != wanted.Key) continue;
            var admission = flight.Admits_NeedsLock(wanted);
            if (admission == Admission.No || !IsSame(flight, wanted)) continue;
            if (admission == Admission.Certain) return flight;
            likely = flight;
            count++;
        }

        // Where two equal calls run, nobody knows which of them it is a retry of.
        return count != 1 || TookBadEnd(wanted.Key) ? null : likely;
    }

    private static bool IsSame(Flight flight, Flight wanted) =>
        flight.Route == wanted.Route
        && flight.UseCase == wanted.UseCase
        && SameCall.As(flight.Request, wanted.Request, flight.AnyCaller && wanted.AnyCaller)
        && flight.Body.Span.SequenceEqual(wanted.Body.Span);

    /// <summary>Whether an equal call has told its client an error of late, and no retry was put down to it yet.</summary>
    private bool TookBadEnd(ulong key)
    {
        var at = _badEnds.AsSpan().IndexOf(key);
        return key != 0 && at >= 0 && Interlocked.CompareExchange(ref _badEnds[at], 0, key) == key;
    }
}
