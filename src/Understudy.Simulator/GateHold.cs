namespace Understudy.Simulator;

/// <summary>One call held by a <see cref="SimulatorGate"/>.</summary>
public sealed class GateHold : IDisposable
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal GateHold(int? call, int? pieces)
    {
        Call = call;
        Pieces = pieces;
    }

    /// <summary>Ends when the call stands at the gate: what comes before it has been sent.</summary>
    public Task Reached => _reached.Task;

    internal int? Call { get; }

    internal int? Pieces { get; }

    /// <summary>Lets the call go on; before it has come, lets it pass.</summary>
    public void Release() => _released.TrySetResult();

    /// <inheritdoc/>
    public void Dispose() => Release();

    internal Task ArriveAsync(CancellationToken cancellationToken)
    {
        _reached.TrySetResult();
        return _released.Task.WaitAsync(cancellationToken);
    }
}
