using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Transport;

namespace Understudy.Coalescing;

/// <summary>
/// A call in flight and everybody who waits for its answer: the client that made it, and those that joined. To the pipeline
/// it is the one sink of the call. What goes out is kept from the first byte, once, for two uses: a cut answer is understood
/// from it and continued, and a client that comes later hears all of it.
/// </summary>
/// <remarks>
/// While its own client is here, that client is written to directly and nothing else happens. When it has left and nobody
/// listens, the call runs on for the grace time; then <see cref="GivenUp"/> fires, and the pipeline ends it as one whose
/// client has left. One thread at a time writes (the pipeline's). Joining, leaving and the timer come on any thread and meet
/// under the gate, which is the table's: all of it is rare, and a lock of its own would be an object for every call.
/// </remarks>
#pragma warning disable CA1001 // the source has no wait handle to free, and a timer may be about to fire it; the headers go back with the rest
internal sealed class Flight : IAnswerSink, IHeaderTarget
{
    /// <summary>Bytes of an answer that are kept while nobody has joined. A longer one can neither be continued nor joined.</summary>
    public const int MostForOne = 4 * 1024 * 1024;

    private readonly FlightTable _table;
    private readonly CallRecord _record;
    private readonly IAnswerSink _client;
    private readonly Lock _gate;
    private readonly TimeSpan _grace;
    private readonly long _deadline;
    private CancellationTokenSource? _givenUp;
    private CancellationToken _clientLeft;
    private CancellationTokenRegistration _registration;

    /// <summary>The next in its chain: the table's own.</summary>
    internal Flight? Next;

    /// <summary>Whether it can be found: the table's own.</summary>
    internal bool IsListed;

    // What is kept.
    private Transcript _kept;
    private PooledBuffer? _headers;
    private AnswerHead _head;
    private bool _keeps;
    private long _held;

    // Who is there.
    private volatile FlightState _state;
    private volatile bool _here = true;
    private volatile List<Listener>? _listeners; // replaced, never changed: the writer walks it without the gate
    private bool _unheard;
    private bool _settled;
    private bool _repeats;
    private Listener? _behind;
    private Task? _catchingUp;
    private TaskCompletionSource? _joined;
    private TaskCompletionSource? _fetched;
    private ITimer? _timer;
    private long _graceEnds;

    /// <summary>A flight that nobody can find yet.</summary>
    /// <param name="table">Where it will be found.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="record">The call's record.</param>
    /// <param name="client">The client that asks.</param>
    /// <param name="rules">Who may join it.</param>
    /// <param name="deadline">When the call must be over, as a timestamp.</param>
    public Flight(FlightTable table, CallRequest request, CallRecord record, IAnswerSink client, JoinRules rules, long deadline)
    {
        _table = table;
        _record = record;
        _client = client;
        _grace = rules.Grace;
        _deadline = deadline;
        _keeps = request.Stream;
        Request = request;
        Body = request.Body;
        Route = rules.Route;
        UseCase = rules.UseCase;
        Shared = rules.Share == ShareRule.Deterministic && Determinism.IsAsked(request);
        AnyCaller = Shared && rules.AcrossClients;
        IsJoinable = (_grace > TimeSpan.Zero || Shared) && request.Operation == CallOperation.Generate;
        if (IsJoinable) Key = table.KeyOf(request);
        _gate = table.GateOf(IsJoinable ? Key : (uint)record.Id.GetHashCode(StringComparison.Ordinal));
    }

    /// <summary>The call's id.</summary>
    public string Id => _record.Id;

    /// <summary>Who served it: null where nobody did.</summary>
    public string? ServedBy => _record.ServedBy;

    /// <summary>What went wrong with it in the end.</summary>
    public Failure? Failure { get; private set; }

    /// <summary>What is asked.</summary>
    public CallRequest Request { get; }

    /// <summary>The request's body: the host's own, or a copy where the host has it back.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>By what it is found.</summary>
    public ulong Key { get; }

    /// <summary>The route that it takes.</summary>
    public string Route { get; }

    /// <summary>The use case that it has.</summary>
    public string UseCase { get; }

    /// <summary>Whether equal calls of the same moment share it.</summary>
    public bool Shared { get; }

    /// <summary>Whether those of other clients do.</summary>
    public bool AnyCaller { get; }

    /// <summary>Whether anybody may join it.</summary>
    public bool IsJoinable { get; private set; }

    /// <summary>What is known of it.</summary>
    public FlightState State => _state;

    /// <summary>How the call ended, once it has.</summary>
    public CallOutcome Outcome { get; private set; }

    /// <summary>Whether its own client got everything that there was.</summary>
    public bool ClientHasIt { get; private set; }

    /// <summary>Whether its own client did not read fast enough to have it by the deadline, although it was there.</summary>
    public bool ClientWasSlow { get; private set; }

    /// <summary>Whether anybody got a whole answer.</summary>
    public bool IsDelivered { get; private set; }

    /// <summary>Fires when nobody waits for the answer any more: for the pipeline, the client's leaving.</summary>
    public CancellationToken GivenUp { get; private set; }

    /// <summary>What went out so far; null where it was too much to keep.</summary>
    public ReadOnlyMemory<byte>? Kept => _keeps ? _kept.ToArray() : null;

    /// <summary>Whether one who comes now could hear all of it.</summary>
    private bool CanBeHeard_NeedsLock => IsJoinable && (_keeps || (_state & FlightState.Begun) == 0) && ((_state & FlightState.Ended) == 0 || IsWhole);

    private bool IsVacant_NeedsLock => !_here && _listeners is null;

    // "It is kept for later" is a whole answer too: a retry that hears it does not hand the work over twice.
    private bool IsWhole => Outcome is CallOutcome.Answered or CallOutcome.Degraded or CallOutcome.Deferred;

    /// <summary>The call begins.</summary>
    /// <param name="clientLeft">Fires when its own client hangs up.</param>
    public void Depart(CancellationToken clientLeft)
    {
        _clientLeft = clientLeft;
        if (!IsJoinable)
        {
            GivenUp = clientLeft; // nobody can take over
            return;
        }

        _givenUp = _table.RentSource();
        GivenUp = _givenUp.Token;
        _registration = clientLeft.UnsafeRegister(static self => ((Flight)self!).ClientLeft(), this);
    }

    /// <inheritdoc/>
    public void Begin(in AnswerHead head)
    {
        bool here;
        lock (_gate)
        {
            here = _here;
            _unheard |= !here;
            _head = head with { PassThrough = null };
            // A whole answer is one write: it is kept only where somebody besides its own client could want it.
            _keeps |= IsJoinable && (!here || _listeners is not null || Request.IdempotencyKey is not null);
            if (_keeps && IsJoinable && head.PassThrough is { } reply)
            {
                _headers = new();
                reply.CopyHeaders(this);
            }

            _state |= FlightState.Begun;
        }

        if (here) _client.Begin(head);
        WakeListeners();
    }

    /// <inheritdoc/>
    void IHeaderTarget.Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => KeptReply.Write(_headers!, name, value);

    /// <inheritdoc/>
    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_keeps) Keep(bytes.Span);
        if (_listeners is not null) WakeListeners();
        if (!_here)
        {
            _unheard = true;
            return new(!GivenUp.IsCancellationRequested);
        }

        var write = _client.WriteAsync(bytes, cancellationToken);
        if (!write.IsCompletedSuccessfully) return WaitForClientAsync(write, cancellationToken);
        return new(write.Result || GoesOnWithoutClient(cancellationToken));
    }

    /// <inheritdoc/>
    public void Abort()
    {
        lock (_gate) _state |= FlightState.Aborted;
        if (_here) _client.Abort();
    }

    /// <summary>
    /// The call has ended. The task ends when its own client has what it will get and, where that is not everything, when a
    /// retry has fetched the answer or the grace time has run out.
    /// </summary>
    public ValueTask EndAsync()
    {
        After after;
        bool waits;
        lock (_gate)
        {
            Outcome = _record.Outcome;
            Failure = _record.Failure;
            _state |= FlightState.Ended;
            _here = false;
            if (!_unheard && _behind is null) Delivered_NeedsLock(toItsClient: true);
            _settled |= !IsWhole || !IsJoinable || !_keeps;
            if (!IsWhole && IsJoinable) _table.EndedBadly(Key);
            after = Settle_NeedsLock();
            waits = !_settled || _catchingUp is not null;
            if (!_settled) _fetched = new();
        }

        _registration.Unregister();
        after.Do();
        if (Interlocked.Exchange(ref _givenUp, null) is { } unfired) _table.Return(unfired);
        if (_listeners is not null) WakeListeners();
        return waits ? WaitAsync() : default;
    }

    /// <summary>Whether one who asks for the same may have this answer.</summary>
    /// <param name="other">The call that comes.</param>
    public Admission Admits_NeedsLock(Flight other)
    {
        if (!CanBeHeard_NeedsLock) return Admission.No;
        var keyed = other.Request.IdempotencyKey is not null;
        if (_settled) return _repeats && keyed ? Admission.Certain : Admission.No;
        if (IsVacant_NeedsLock || keyed || (Shared && other.Shared)) return Admission.Certain;
        return other.Request.IsRetry ? Admission.Likely : Admission.No;
    }

    /// <summary>One joins, with the gate held; say <see cref="Joined"/> without it.</summary>
    /// <returns>Null where there is no memory left for it.</returns>
    public Listener? Join_NeedsLock(IAnswerSink sink, string requestId)
    {
        if (!Hold_NeedsLock()) return null;
        var listener = new Listener(this, sink, requestId);
        _listeners = [.. _listeners ?? [], listener];
        Settle_NeedsLock(); // nothing can follow from it but that the timer stops
        return listener;
    }

    /// <summary>One has joined: a client that is slow must not hold it up.</summary>
    public void Joined() => Interlocked.Exchange(ref _joined, null)?.TrySetResult();

    /// <summary>A listener goes.</summary>
    public void Leave(Listener listener, Heard heard)
    {
        After after;
        lock (_gate)
        {
            var rest = _listeners!.Where(one => one != listener).ToList();
            _listeners = rest.Count > 0 ? rest : null;
            if (heard == Heard.All) Delivered_NeedsLock(toItsClient: listener == _behind);
            ClientWasSlow |= heard == Heard.Late && listener == _behind;
            after = Settle_NeedsLock();
        }

        after.Do();
    }

    /// <summary>Retries will find nothing any more: what only one of them could want is given up now.</summary>
    public void Close()
    {
        After after;
        lock (_gate)
        {
            after = IsVacant_NeedsLock ? Settle_NeedsLock(graceIsOver: true) : default;
        }

        after.Do();
    }

    /// <summary>What follows at <paramref name="position"/>, as far as it is there.</summary>
    public ReadOnlyMemory<byte> From(int position) => _kept.From(position);

    /// <summary>The head of the answer, for one who joined.</summary>
    public AnswerHead HeadFor(string requestId) => _head with
    {
        RequestId = requestId,
        JoinedTo = Id,
        PassThrough = _headers is { } fields ? new KeptReply(fields) : null,
    };

    /// <summary>Its own client hung up.</summary>
    private void ClientLeft()
    {
        After after;
        lock (_gate)
        {
            if (!_here) return;
            _here = false;
            after = Settle_NeedsLock();
        }

        after.Do();
    }

    private void GraceIsOver()
    {
        After after;
        lock (_gate)
        {
            // Somebody may have come while the timer was on its way, and even have gone again.
            if (!IsVacant_NeedsLock || _timer is null || _table.Time.GetTimestamp() < _graceEnds) return;
            after = Settle_NeedsLock(graceIsOver: true);
        }

        after.Do();
    }

    /// <summary>A write that its client did not take at once.</summary>
    private async ValueTask<bool> WaitForClientAsync(ValueTask<bool> write, CancellationToken cancellationToken)
    {
        var writing = write.AsTask();
        if (IsJoinable && _keeps)
        {
            var joined = new TaskCompletionSource();
            _joined = joined;
            if (_listeners is not null) Joined(); // it came before it could know of us
            if (await Task.WhenAny(writing, joined.Task).ConfigureAwait(false) != writing)
            {
                FallBehind(writing, cancellationToken);
                return true;
            }

            _joined = null;
        }

        return await writing.ConfigureAwait(false) || GoesOnWithoutClient(cancellationToken);
    }

    /// <summary>Whether the call goes on although a write failed.</summary>
    private bool GoesOnWithoutClient(CancellationToken cancellationToken)
    {
        if (_here && cancellationToken.IsCancellationRequested) return false; // a clock's doing, not the client's
        _unheard = true;
        ClientLeft();
        return IsJoinable && !GivenUp.IsCancellationRequested;
    }

    /// <summary>Others listen and its own client is slow: from here on it hears what is kept, as they do.</summary>
    private void FallBehind(Task<bool> writing, CancellationToken writingEnds)
    {
        var listener = new Listener(this, _client, writing, _kept.Length, writingEnds);
        lock (_gate)
        {
            _unheard = true;
            if (!_here) return;
            _here = false;
            _behind = listener;
            _listeners = [.. _listeners ?? [], listener];
        }

        _catchingUp = listener.FollowAsync(_table.Time, _deadline, _clientLeft);
    }

    private async ValueTask WaitAsync()
    {
        if (_catchingUp is { } catchingUp) await catchingUp.ConfigureAwait(false); // the host takes the client back when we return
        if (_fetched is { } fetched) await fetched.Task.ConfigureAwait(false);
    }

    private void WakeListeners()
    {
        if (_listeners is not { } listeners) return;
        foreach (var listener in listeners) listener.Wake();
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        var shared = !_here || _listeners is not null;
        if (_kept.Length + (long)bytes.Length <= (_listeners is null ? MostForOne : Transcript.Most))
        {
            _kept.Append(bytes);
            if (!shared) return;
            // One who joins at this moment adds to the same account.
            lock (_gate)
            {
                if (Hold_NeedsLock()) return;
            }
        }

        After after;
        lock (_gate)
        {
            _keeps = false;
            IsJoinable = false;
            _state |= FlightState.Lost;
            after = Settle_NeedsLock();
            if (_listeners is null) Release_NeedsLock();
        }

        after.Do();
        WakeListeners();
    }

    /// <summary>Takes what is kept into the account of all that is kept for others than its own client.</summary>
    private bool Hold_NeedsLock()
    {
        var more = _kept.Capacity + Body.Length - _held;
        if (more <= 0) return true;
        if (!_table.TryHold(more)) return false;
        _held += more;
        return true;
    }

    private void Delivered_NeedsLock(bool toItsClient)
    {
        ClientHasIt |= toItsClient;
        if (_settled || !IsWhole || (_state & FlightState.Ended) == 0) return;
        IsDelivered = true;
        _settled = true;
        // A client that gives its request a name may repeat it, and is to hear the same again. The host takes the body back.
        _repeats = Request.IdempotencyKey is not null && CanBeHeard_NeedsLock && _grace > TimeSpan.Zero && Hold_NeedsLock();
        if (_repeats) Body = Body.ToArray();
    }

    /// <summary>What follows from who is there, said anew after each change: the one place where a flight waits, is given up or forgotten.</summary>
    private After Settle_NeedsLock(bool graceIsOver = false)
    {
        var cancel = false;
        if (!IsVacant_NeedsLock)
        {
            StopTimer_NeedsLock();
        }
        else if ((!_settled || _repeats) && !graceIsOver && MayWait_NeedsLock())
        {
            if (_timer is null) StartTimer_NeedsLock();
        }
        else
        {
            StopTimer_NeedsLock();
            IsJoinable = false;
            _settled = true;
            cancel = (_state & FlightState.Ended) == 0;
            _table.Remove_NeedsLock(this);
            if (!cancel) Release_NeedsLock();
        }

        var fetched = _settled ? Interlocked.Exchange(ref _fetched, null) : null;
        if (!cancel) return new(null, fetched);
        return new(Interlocked.Exchange(ref _givenUp, null), fetched); // fired once, and not used again
    }

    private bool MayWait_NeedsLock() => CanBeHeard_NeedsLock && _grace > TimeSpan.Zero && !_table.IsClosed && Hold_NeedsLock();

    private void StartTimer_NeedsLock()
    {
        _graceEnds = _table.Time.GetTimestamp() + (long)(_grace.TotalSeconds * _table.Time.TimestampFrequency);
        _timer = _table.Time.CreateTimer(static self => ((Flight)self!).GraceIsOver(), this, _grace, Timeout.InfiniteTimeSpan);
    }

    private void StopTimer_NeedsLock()
    {
        _timer?.Dispose();
        _timer = null;
    }

    private void Release_NeedsLock()
    {
        _kept.Release();
        _headers?.Dispose();
        _headers = null;
        _table.LetGo(_held);
        _held = 0;
    }

    /// <summary>What is to be done without the gate: both run other people's code in line.</summary>
    private readonly record struct After(CancellationTokenSource? GivenUp, TaskCompletionSource? Fetched)
    {
        public void Do()
        {
            GivenUp?.Cancel();
            Fetched?.TrySetResult();
        }
    }
}
