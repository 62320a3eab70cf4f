namespace Understudy.Simulator;

/// <summary>
/// Holds calls where a test wants them and until it lets go, so that tests count instead of timing. Each hold takes one
/// call.
/// </summary>
public sealed class SimulatorGate
{
    private readonly Lock _lock = new();
    private readonly List<GateHold> _holds = [];

    internal SimulatorGate()
    {
    }

    /// <summary>Holds the next call before it is answered at all.</summary>
    public GateHold HoldNextCall() => Add(new GateHold(call: null, pieces: null));

    /// <summary>Holds a call before it is answered at all.</summary>
    /// <param name="call">1 for the first call since the provider started.</param>
    public GateHold HoldCall(int call) => Add(new GateHold(call, pieces: null));

    /// <summary>Holds the next streamed call in the middle.</summary>
    /// <param name="pieces">Pieces of content sent before it is held; 0 holds it with its opening events sent.</param>
    public GateHold PauseNextCall(int pieces) => Add(new GateHold(call: null, pieces));

    /// <summary>Holds a streamed call in the middle.</summary>
    /// <param name="call">1 for the first call since the provider started.</param>
    /// <param name="pieces">Pieces of content sent before it is held.</param>
    public GateHold PauseCall(int call, int pieces) => Add(new GateHold(call, pieces));

    internal GateHold? Take(int call, int? pieces) => Take(hold => hold.Pieces == pieces && (hold.Call ?? call) == call);

    private GateHold Add(GateHold hold)
    {
        lock (_lock) _holds.Add(hold);
        return hold;
    }

    private GateHold? Take(Predicate<GateHold> isFor)
    {
        lock (_lock)
        {
            var index = _holds.FindIndex(isFor);
            if (index < 0) return null;
            var hold = _holds[index];
            _holds.RemoveAt(index);
            return hold;
        }
    }
}
