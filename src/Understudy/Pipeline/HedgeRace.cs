using Understudy.Failures;

namespace Understudy.Pipeline;

/// <summary>Two attempts at one call, of which the first one with content has it. They end on any thread; this decides.</summary>
internal sealed class HedgeRace(Attempt first)
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _turn = new();
    private Attempt? _second;
    private Attempt? _winner;
    private bool _slow;

    /// <summary>Who has won; null while nobody has, and where both failed.</summary>
    public Attempt? Winner
    {
        get
        {
            lock (_gate) return _winner;
        }
    }

    /// <summary>Waits for the first attempt's content or end, at most for a while.</summary>
    /// <returns>Whether neither came.</returns>
    public async ValueTask<bool> IsSlowAsync(Task ended, TimeSpan after, TimeProvider time)
    {
        await using var timer = time.CreateTimer(static self => ((HedgeRace)self!).IsTime(), this, after, Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        await Task.WhenAny(ended, _turn.Task).ConfigureAwait(false);
        lock (_gate) return _slow && !ended.IsCompleted;
    }

    /// <summary>The second attempt is about to begin.</summary>
    /// <returns>False where the first one has won meanwhile.</returns>
    public bool TryEnter(Attempt second)
    {
        lock (_gate)
        {
            if (_winner is not null) return false;
            _second = second;
            return true;
        }
    }

    /// <summary>An attempt has its first content.</summary>
    /// <returns>Null where it may go on, with the other one given up; else how it failed.</returns>
    public Failure? Win(Attempt attempt)
    {
        Attempt? loser;
        lock (_gate)
        {
            if (_winner is not null) return new(FailureKind.HedgeLost, "another attempt was sooner");
            _winner = attempt;
            loser = attempt == first ? _second : first;
        }

        loser?.Overtaken();
        _turn.TrySetResult();
        return null;
    }

    private void IsTime()
    {
        lock (_gate) _slow = _winner is null;
        _turn.TrySetResult();
    }
}
