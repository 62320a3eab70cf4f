using Understudy.Deferral;
using Understudy.Drills.Traffic;

namespace Understudy.Drills.Rungs;

/// <summary>What was accepted for later in a drill, and what became of it. Also knows which call a replay is of, by the number in its prompt.</summary>
internal sealed class DeferredBooks(VirtualTime time)
{
    private readonly Dictionary<string, (DrillCall Call, TimeSpan At)> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<int, DrillCall> _byNumber = [];
    private readonly List<TimeSpan> _done = [];

    /// <summary>Calls that were accepted.</summary>
    public int Accepted { get; private set; }

    /// <summary>How long those took that were done, from their acceptance, in the order in which they were done.</summary>
    public IReadOnlyList<TimeSpan> Done => _done;

    /// <summary>Those whose deadline passed.</summary>
    public int Expired { get; private set; }

    /// <summary>Those that came to nothing otherwise.</summary>
    public int Failed { get; private set; }

    /// <summary>Those that nothing has become of yet.</summary>
    public int Open => _open.Count;

    /// <summary>A call was accepted.</summary>
    public void Accept(string id, DrillCall call)
    {
        Accepted++;
        _open.Add(id, (call, time.Elapsed));
        _byNumber[call.Plan.Question] = call;
    }

    /// <summary>A piece is over. Twice would be a bug: nobody is answered twice.</summary>
    public void End(string id, DeferredState state)
    {
        if (!_open.Remove(id, out var piece)) throw new InvalidOperationException("A piece of deferred work ended twice, or was never accepted.");
        if (state == DeferredState.Done) _done.Add(time.Elapsed - piece.At);
        else if (state == DeferredState.Expired) Expired++;
        else Failed++;
    }

    /// <summary>The drill is over: what the store has swept away had expired.</summary>
    public async Task CloseAsync(IDeferralStore store)
    {
        foreach (var id in _open.Keys.ToList())
        {
            if (await store.FindAsync(id).ConfigureAwait(false) is { State: DeferredState.Expired }) End(id, DeferredState.Expired);
        }
    }

    /// <summary>The call that a request carries again; null where it is none of ours.</summary>
    public DrillCall? Find(ReadOnlySpan<byte> body) =>
        RequestBodies.NumberIn(body) is { } number && _byNumber.TryGetValue(number, out var call) ? call : null;
}
