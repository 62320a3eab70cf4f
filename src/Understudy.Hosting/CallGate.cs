namespace Understudy.Hosting;

/// <summary>How many calls are under way at a host, and whether it is draining. Thread-safe.</summary>
public class CallGate : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inFlight;
    private volatile bool _draining;

    /// <summary>Calls under way.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Whether new calls are turned away.</summary>
    public bool Draining => _draining;

    /// <summary>Fires when the host begins to drain: what would go on for ever ends itself.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>A call comes in; false where it is turned away.</summary>
    public bool TryEnter()
    {
        Interlocked.Increment(ref _inFlight);
        if (!_draining) return true;
        Leave();
        return false;
    }

    /// <summary>A call has ended.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _inFlight) == 0 && _draining) _empty.TrySetResult();
    }

    /// <summary>Turns new calls away, and ends when those under way have ended.</summary>
    public Task DrainAsync()
    {
        _draining = true;
        _stopping.Cancel();
        if (InFlight == 0) _empty.TrySetResult();
        return _empty.Task;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what it holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) _stopping.Dispose();
    }
}
