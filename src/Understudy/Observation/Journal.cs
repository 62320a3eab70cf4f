namespace Understudy.Observation;

/// <summary>
/// Where call records and happenings go. A call never waits here: listeners are called in line and must only count or
/// hand on; what is kept is a bounded ring. One that throws (a program's own meters hear calls end, too) takes neither the
/// answer from the caller nor the news from the other listeners.
/// </summary>
public sealed class Journal
{
    /// <summary>How many happenings are kept.</summary>
    public const int Kept = 1024;

    private readonly Lock _lock = new();
    private readonly Queue<Happening> _happenings = new(Kept);
    private readonly HashSet<string> _blamed = new(StringComparer.Ordinal);

    /// <summary>Told of every call that is taken.</summary>
    public event Action<CallRecord>? CallBegan;

    /// <summary>Told of every call that has ended.</summary>
    public event Action<CallRecord>? CallEnded;

    /// <summary>Told of every synthetic probe that has ended: attempts that no call made.</summary>
    public event Action<ProbeRecord>? ProbeEnded;

    /// <summary>Told of everything that an operator would want to know.</summary>
    public event Action<Happening>? Happened;

    /// <summary>The last happenings, newest first.</summary>
    public IReadOnlyList<Happening> Recent
    {
        get
        {
            lock (_lock) return [.. _happenings.Reverse()];
        }
    }

    /// <summary>A call is taken.</summary>
    public void Begin(CallRecord call) => Tell(CallBegan, call, call.StartedAt);

    /// <summary>A call has ended.</summary>
    public void End(CallRecord call) => Tell(CallEnded, call, call.StartedAt + call.Duration);

    /// <summary>A synthetic probe has ended.</summary>
    public void End(ProbeRecord probe) => Tell(ProbeEnded, probe, probe.At + probe.Duration);

    /// <summary>Takes in what an earlier process kept; nobody is told.</summary>
    /// <param name="earlier">Oldest first.</param>
    public void Recall(IEnumerable<Happening> earlier)
    {
        lock (_lock)
        {
            var all = earlier.Concat(_happenings).TakeLast(Kept).ToArray();
            _happenings.Clear();
            foreach (var happening in all) _happenings.Enqueue(happening);
        }
    }

    /// <summary>Something happened.</summary>
    public void Tell(Happening happening)
    {
        Remember(happening);
        Tell(Happened, happening, happening.At);
    }

    private void Remember(Happening happening)
    {
        lock (_lock)
        {
            if (_happenings.Count == Kept) _happenings.Dequeue();
            _happenings.Enqueue(happening);
        }
    }

    private void Tell<T>(Action<T>? listeners, T news, DateTimeOffset at)
    {
        foreach (var listener in Delegate.EnumerateInvocationList(listeners))
        {
            try
            {
                listener(news);
            }
#pragma warning disable CA1031 // whosever bug it is: it must not end the call
            catch (Exception bug)
#pragma warning restore CA1031
            {
                Blame(bug, at, isOfHappenings: news is Happening);
            }
        }
    }

    private void Blame(Exception bug, DateTimeOffset at, bool isOfHappenings)
    {
        // Once for each kind: it may throw at every call.
        lock (_lock)
        {
            if (!_blamed.Add(bug.GetType().Name)) return;
        }

        Happening blamed = new(at, "bug", "journal", $"one who listens to the journal threw {bug.GetType().Name}: the call goes on, and the others hear of it");
        // To tell of one who cannot be told would go on for ever.
        if (isOfHappenings) Remember(blamed);
        else Tell(blamed);
    }
}

/// <summary>Something that an operator would want to know: a breaker's change, a kill, a reload. Holds no content and no secrets.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">Which kind, in one word.</param>
/// <param name="Subject">Whom it concerns: a target, a provider, a route.</param>
/// <param name="Text">What happened, for people.</param>
public sealed record Happening(DateTimeOffset At, string Kind, string Subject, string Text);
