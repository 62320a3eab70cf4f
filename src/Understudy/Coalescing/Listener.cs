using Understudy.Calls;

namespace Understudy.Coalescing;

/// <summary>How listening to a flight has ended.</summary>
internal enum Heard
{
    /// <summary>Everything that there was to hear, the broken end of a broken answer included.</summary>
    All,

    /// <summary>The listener's client left before that.</summary>
    Left,

    /// <summary>The deadline passed before the listener's client had it all: the connection was broken off.</summary>
    Late,

    /// <summary>The answer grew beyond what is kept, and this client was behind.</summary>
    Lost,

    /// <summary>The flight ended without a word for its client: nobody has been told anything yet.</summary>
    Nothing,
}

/// <summary>
/// One who takes a flight's answer from what is kept, at its own pace: a client that joined, or the flight's own client once
/// others must not wait for it any more.
/// </summary>
internal sealed class Listener
{
    private readonly Flight _flight;
    private readonly IAnswerSink _sink;
    private readonly string? _requestId;
    private readonly Task<bool>? _writing;
    private readonly CancellationToken _writingEnds;
    private readonly Lock _gate = new();
    private TaskCompletionSource? _waiting;
    private bool _woken;
    private int _position;
    private bool _begun;
    private bool _gone;
    private bool _late;

    /// <summary>A client that joins, and hears everything from the first byte on.</summary>
    /// <param name="flight">The flight.</param>
    /// <param name="sink">Where the answer goes.</param>
    /// <param name="requestId">The client's own call.</param>
    public Listener(Flight flight, IAnswerSink sink, string requestId)
    {
        _flight = flight;
        _sink = sink;
        _requestId = requestId;
    }

    /// <summary>The flight's own client, which has what stands before <paramref name="position"/> as soon as <paramref name="writing"/> is done.</summary>
    /// <param name="flight">The flight.</param>
    /// <param name="sink">The client.</param>
    /// <param name="writing">What it is being given.</param>
    /// <param name="position">Where it goes on.</param>
    /// <param name="writingEnds">Ends the waiting for that: a clock of the attempt whose words they are, and not the client's leaving.</param>
    public Listener(Flight flight, IAnswerSink sink, Task<bool> writing, int position, CancellationToken writingEnds)
    {
        _flight = flight;
        _sink = sink;
        _writing = writing;
        _writingEnds = writingEnds;
        _position = position;
        _begun = true;
    }

    /// <summary>The flight.</summary>
    public Flight Flight => _flight;

    /// <summary>When the client heard the first of it, as a timestamp; null before.</summary>
    public long? Began { get; private set; }

    /// <summary>Hands on what there is, and then what comes, until the end.</summary>
    /// <param name="time">The time.</param>
    /// <param name="deadline">When the client must have it all, as a timestamp: one that takes longer is cut off.</param>
    /// <param name="clientLeft">Fires when the client hangs up.</param>
    public async Task<Heard> FollowAsync(TimeProvider time, long deadline, CancellationToken clientLeft)
    {
        var left = TimeSpan.FromSeconds(Math.Max((double)(deadline - time.GetTimestamp()) / time.TimestampFrequency, 0));
        var heard = Heard.Left;
        try
        {
            await using var registration = clientLeft.UnsafeRegister(static self => ((Listener)self!).Go(), this).ConfigureAwait(false);
            await using var late = time.CreateTimer(static self => ((Listener)self!).GiveUp(), this, left, Timeout.InfiniteTimeSpan).ConfigureAwait(false);
            heard = await HearAsync(time, clientLeft).ConfigureAwait(false);
            if (heard == Heard.Left && _late) heard = Heard.Late;
        }
        finally
        {
            _flight.Leave(this, heard);
        }

        return heard;
    }

    /// <summary>There is more to hear, or nothing more will come.</summary>
    public void Wake()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            waiting = _waiting;
            _waiting = null;
            _woken = waiting is null;
        }

        waiting?.SetResult(); // goes on in line: what it does is to write, and that does not block
    }

    private async ValueTask<Heard> HearAsync(TimeProvider time, CancellationToken clientLeft)
    {
        if (_writing is not null && !await _writing.ConfigureAwait(false) && !_writingEnds.IsCancellationRequested) return Heard.Left;
        while (true)
        {
            var state = _flight.State; // before looking at the bytes: what comes after an end was seen is nothing
            if (!_begun && state.HasFlag(FlightState.Begun))
            {
                _begun = true;
                Began = time.GetTimestamp();
                _sink.Begin(_flight.HeadFor(_requestId!));
            }

            while (!_gone && _begun && !state.HasFlag(FlightState.Lost) && _flight.From(_position) is { IsEmpty: false } piece)
            {
                if (!await _sink.WriteAsync(piece, clientLeft).ConfigureAwait(false)) return Heard.Left;
                _position += piece.Length;
                state = _flight.State;
            }

            if (_gone) return Heard.Left;
            if (state.HasFlag(FlightState.Lost))
            {
                if (!_begun) return Heard.Nothing;
                _sink.Abort();
                return Heard.Lost;
            }

            if (state.HasFlag(FlightState.Ended) && _flight.From(_position).IsEmpty)
            {
                if (!_begun) return Heard.Nothing;
                if (state.HasFlag(FlightState.Aborted)) _sink.Abort();
                return Heard.All;
            }

            await WaitAsync().ConfigureAwait(false);
        }
    }

    private Task WaitAsync()
    {
        lock (_gate)
        {
            if (_woken)
            {
                _woken = false;
                return Task.CompletedTask;
            }

            _waiting = new();
            return _waiting.Task;
        }
    }

    private void Go()
    {
        _gone = true;
        Wake();
    }

    private void GiveUp()
    {
        _late = !_gone;
        _sink.Abort(); // a write that waits for the client ends with its connection
        Go();
    }
}
