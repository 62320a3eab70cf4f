using Understudy.Deferral;
using Understudy.Observation;
using Understudy.Retry;

namespace Understudy.Pipeline;

/// <summary>
/// Does the deferred work, by priority and age, as fast as the providers' recovery allows. A host starts one where it has
/// attached a store. It never runs on a call's own thread: what arrives only sets its timer.
/// </summary>
public sealed class DeferralWorker : IAsyncDisposable
{
    /// <summary>A request on which providers break this often is the reason itself.</summary>
    internal const int MostTries = 20;

    /// <summary>While something waits, the lanes are looked at this often; while something is only kept, it is swept so often.</summary>
    private static readonly TimeSpan WhileWaiting = TimeSpan.FromSeconds(1), WhileKept = TimeSpan.FromSeconds(30);

    /// <summary>Timers know no longer time.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(24);

    private static readonly Configuration.RetryModel Backing = new() { BaseDelay = TimeSpan.FromSeconds(5), MaxDelay = TimeSpan.FromMinutes(5) };

    private readonly Lock _lock = new();
    private readonly Engine _engine;
    private readonly DeferralQueue _queue;
    private readonly ITimer _timer;
    private readonly Dictionary<string, DeferralLane> _lanes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CancellationTokenSource> _underWay = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _idle = new();
    private long _swept;
    private bool _looking;
    private bool _lookAgain;
    private bool _stopping;

    /// <summary>A worker for what is in the engine's queue.</summary>
    public DeferralWorker(Engine engine)
    {
        _engine = engine;
        _queue = engine.Deferral;
        _timer = engine.Time.CreateTimer(_ => _ = LookAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _swept = engine.Time.GetTimestamp();
        _queue.Arrived += Wake;
        _queue.Cancelled += BreakOff;
        engine.Journal.Happened += Hear;
        Wake("");
    }

    /// <summary>How many pieces are under way.</summary>
    public int UnderWay
    {
        get
        {
            lock (_lock) return _underWay.Count;
        }
    }

    /// <summary>Stops: what is under way is broken off and put back.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Arrived -= Wake;
        _queue.Cancelled -= BreakOff;
        _engine.Journal.Happened -= Hear;
        CancellationTokenSource[] all;
        lock (_lock)
        {
            if (_stopping) return;
            _stopping = true;
            all = [.. _underWay.Values];
            EndIfIdle_NeedsLock();
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        foreach (var one in all) Fire(one);
        await _idle.Task.ConfigureAwait(false);
    }

    private void Wake(string lane) => Arm(TimeSpan.Zero);

    /// <summary>A breaker has changed: those who paused for it may try at once.</summary>
    private void Hear(Happening happening)
    {
        if (happening.Kind is not ("breaker" or "revive")) return;
        lock (_lock)
        {
            foreach (var lane in _lanes.Values) lane.Resume();
        }

        if (_queue.Tally.Count(DeferredState.Waiting) > 0) Arm(TimeSpan.Zero);
    }

    private void BreakOff(string id)
    {
        CancellationTokenSource? mine;
        lock (_lock) _underWay.TryGetValue(id, out mine);
        if (mine is not null) Fire(mine);
    }

    private static void Fire(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    private void Arm(TimeSpan wait)
    {
        lock (_lock)
        {
            if (!_stopping) _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>One look at the queue: sweeps, and begins what there is room for.</summary>
    private async Task LookAsync()
    {
        lock (_lock)
        {
            _lookAgain = true;
            if (_looking || _stopping) return; // one at a time: it looks once more for who comes meanwhile
            _looking = true;
        }

        while (LooksAgain())
        {
            if (await SweepAsync().ConfigureAwait(false)) Wake("");
            await BeginAsync().ConfigureAwait(false);
        }

        var tally = _queue.Tally;
        if (tally.Count(DeferredState.Waiting) > 0) Arm(WhileWaiting);
        else if (DeferredStates.All.Any(state => tally.Count(state) > 0)) Arm(WhileKept);
    }

    private bool LooksAgain()
    {
        lock (_lock)
        {
            _looking = _lookAgain && !_stopping;
            _lookAgain = false;
            EndIfIdle_NeedsLock();
            return _looking;
        }
    }

    /// <summary>Sweeps, now and then.</summary>
    /// <returns>Whether there is more to sweep at once.</returns>
    private async Task<bool> SweepAsync()
    {
        if (_engine.Time.GetElapsedTime(_swept) < WhileWaiting) return false;
        var more = await _queue.SweepAsync().ConfigureAwait(false);
        if (!more) _swept = _engine.Time.GetTimestamp();
        return more;
    }

    private async Task BeginAsync()
    {
        if (_queue.Store is not { } store) return;
        while (true)
        {
            var most = Room(store.Tally.Lanes, out var lanes);
            if (most <= 0 || lanes.Count == 0) return;
            var pieces = await store.ClaimAsync(lanes, most, _engine.Time.GetUtcNow()).ConfigureAwait(false);
            if (pieces.Count == 0) return;
            foreach (var piece in pieces) Begin(store, piece);
        }
    }

    private int Room(IReadOnlyList<string> waiting, out List<LaneRoom> lanes)
    {
        var now = _engine.Time.GetTimestamp();
        lock (_lock)
        {
            lanes = [];
            if (_stopping) return 0;
            foreach (var lane in _lanes.Where(lane => lane.Value.UnderWay == 0 && !waiting.Contains(lane.Key)).Select(lane => lane.Key).ToList()) _lanes.Remove(lane);
            foreach (var name in waiting)
            {
                if (!_lanes.TryGetValue(name, out var lane)) _lanes[name] = lane = new();
                if (lane.RoomAt(now) is > 0 and var room) lanes.Add(new(name, room));
            }

            return _engine.Model.Policy.Deferred.Concurrency - _underWay.Count;
        }
    }

    private void Begin(IDeferralStore store, DeferredWork piece)
    {
        // What is overdue is not worked on: nobody gets its answer any more, and the provider would bill it.
        var left = piece.Deadline - _engine.Time.GetUtcNow();
        var source = new CancellationTokenSource(left < TimeSpan.Zero ? TimeSpan.Zero : left < LongestTimer ? left : LongestTimer, _engine.Time);
        int round;
        lock (_lock)
        {
            _underWay[piece.Id] = source;
            if (!_lanes.TryGetValue(piece.Route, out var lane)) _lanes[piece.Route] = lane = new();
            round = lane.Begin();
            if (_stopping) source.Cancel();
        }

        _ = RunAsync(store, piece, round, source);
    }

    private async Task RunAsync(IDeferralStore store, DeferredWork piece, int round, CancellationTokenSource source)
    {
        ReplayResult result;
        try
        {
            result = await Replay.RunAsync(_engine, piece, source.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // a bug of ours on one piece must not end the work on all others
        catch (Exception bug)
#pragma warning restore CA1031
        {
            _engine.Journal.Tell(new(_engine.Time.GetUtcNow(), "bug", piece.Route, $"a bug of the gateway's own spoiled deferred work of route {piece.Route}: {bug.GetType().Name}"));
            result = new(ReplayEnd.Spoiled, null, TimeSpan.FromSeconds(1), WasHeld: false);
        }

        try
        {
            await SettleAsync(store, piece, result).ConfigureAwait(false);
        }
        finally
        {
            End(piece, result, round);
            source.Dispose();
        }
    }

    private Task SettleAsync(IDeferralStore store, DeferredWork piece, ReplayResult result)
    {
        var now = _engine.Time.GetUtcNow();
        switch (result.End)
        {
            case ReplayEnd.Answered:
                return _queue.FinishAsync(piece, DeferredState.Done, result.Answer);
            case ReplayEnd.Hopeless:
                return _queue.FinishAsync(piece, DeferredState.Failed, result.Answer);
            case ReplayEnd.BrokenOff when now >= piece.Deadline:
                return _queue.FinishAsync(piece, DeferredState.Expired, null);
            case ReplayEnd.BrokenOff:
                return store.PutBackAsync(piece, now, piece.Tries);
            case ReplayEnd.Nobody or ReplayEnd.Unpaid:
                return store.PutBackAsync(piece, now + result.Wait, piece.Tries);
            default:
                if (piece.Tries + 1 >= MostTries) return _queue.FinishAsync(piece, DeferredState.Failed, result.Answer);
                var backoff = Backoff.Delay(Backing, piece.Tries, null, _engine.Chance);
                return store.PutBackAsync(piece, now + (backoff > result.Wait ? backoff : result.Wait), piece.Tries + 1);
        }
    }

    private void End(DeferredWork piece, ReplayResult result, int round)
    {
        lock (_lock)
        {
            _underWay.Remove(piece.Id);
            var lane = _lanes[piece.Route];
            switch (result.End)
            {
                case ReplayEnd.Answered when !result.WasHeld:
                    lane.Good(_engine.Model.Policy.Deferred.Concurrency);
                    break;
                case ReplayEnd.Nobody:
                    lane.Nobody(_engine.Time.GetTimestamp() + (long)(result.Wait.TotalSeconds * _engine.Time.TimestampFrequency));
                    break;
                case ReplayEnd.Answered or ReplayEnd.Spoiled:
                    lane.Held(round);
                    break;
                case ReplayEnd.Hopeless or ReplayEnd.BrokenOff or ReplayEnd.Unpaid:
                    lane.Neutral();
                    break;
            }

            EndIfIdle_NeedsLock();
        }

        Arm(TimeSpan.Zero);
    }

    private void EndIfIdle_NeedsLock()
    {
        if (_stopping && _underWay.Count == 0 && !_looking) _idle.TrySetResult();
    }
}
