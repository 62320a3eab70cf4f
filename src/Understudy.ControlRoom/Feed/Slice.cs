using Understudy.Observation;

namespace Understudy.ControlRoom.Feed;

/// <summary>What ended within one second or one minute. Sums only; made once and used again.</summary>
internal sealed class Slice
{
    private readonly LaneSums[] _lanes = new LaneSums[Lanes.Most];

    /// <summary>When it began.</summary>
    public DateTimeOffset At { get; private set; }

    /// <summary>Calls that ended, of every outcome but those that the client broke off.</summary>
    public int Ended { get; private set; }

    /// <summary>Calls that got a whole answer, a lesser one included.</summary>
    public int Answered { get; private set; }

    /// <summary>Of these, answers that are less than what was asked for.</summary>
    public int Degraded { get; private set; }

    /// <summary>Of these, calls that were answered although an attempt had failed.</summary>
    public int Rescued { get; private set; }

    /// <summary>Calls that got no answer by nobody's wish: the number that must be zero.</summary>
    public int Failed { get; private set; }

    /// <summary>Calls that the gateway refused: no room, no budget.</summary>
    public int Refused { get; private set; }

    /// <summary>Calls that were accepted for later.</summary>
    public int Deferred { get; private set; }

    /// <summary>The time to the first content, summed over <see cref="Firsts"/>.</summary>
    public TimeSpan FirstContent { get; private set; }

    /// <summary>Calls whose first content was timed.</summary>
    public int Firsts { get; private set; }

    /// <summary>One lane's sums.</summary>
    public ref readonly LaneSums Lane(int number) => ref _lanes[number];

    /// <summary>Empties it, for another moment.</summary>
    public void Reset(DateTimeOffset at)
    {
        At = at;
        Ended = Answered = Degraded = Rescued = Failed = Refused = Deferred = Firsts = 0;
        FirstContent = TimeSpan.Zero;
        Array.Clear(_lanes);
    }

    /// <summary>Adds a call that has ended. Allocates nothing.</summary>
    public void Add(CallRecord call, Lanes lanes)
    {
        var clean = true;
        for (var i = 0; i < call.Attempts.Count; i++)
        {
            var attempt = call.Attempts[i];
            if (!attempt.Sent) continue;
            ref var lane = ref _lanes[lanes.Of(attempt.Provider)];
            lane.Attempts++;
            if (attempt.Failure is not { } failure) continue;
            clean = false;
            if (failure.Traits.CountsAgainstTarget) lane.Failed++;
        }

        if (call.Outcome is CallOutcome.Cancelled or CallOutcome.ClientError or CallOutcome.Running) return;
        Ended++;
        switch (call.Outcome)
        {
            case CallOutcome.Answered or CallOutcome.Degraded:
                Serve(call, lanes, clean);
                break;
            case CallOutcome.Failed:
                Failed++;
                break;
            case CallOutcome.Refused:
                Refused++;
                break;
            case CallOutcome.Deferred:
                Deferred++;
                break;
        }
    }

    /// <summary>Adds another slice: seconds make a minute.</summary>
    public void Add(Slice other)
    {
        Ended += other.Ended;
        Answered += other.Answered;
        Degraded += other.Degraded;
        Rescued += other.Rescued;
        Failed += other.Failed;
        Refused += other.Refused;
        Deferred += other.Deferred;
        Firsts += other.Firsts;
        FirstContent += other.FirstContent;
        for (var i = 0; i < _lanes.Length; i++) _lanes[i].Add(other._lanes[i]);
    }

    private void Serve(CallRecord call, Lanes lanes, bool clean)
    {
        Answered++;
        if (call.Outcome == CallOutcome.Degraded) Degraded++;
        if (!clean) Rescued++;
        if (call.FirstContent is { } first)
        {
            FirstContent += first;
            Firsts++;
        }

        if (call.ServedBy is not { } server) return;
        ref var lane = ref _lanes[lanes.Of(server)];
        lane.Served++;
        // A call that was moved waited for somebody else first: that time is not this lane's.
        if (clean && call.FirstContent is { } own)
        {
            lane.FirstContent += own;
            lane.Firsts++;
        }
    }
}

/// <summary>One lane's part of a slice.</summary>
internal struct LaneSums
{
    /// <summary>Calls that it answered.</summary>
    public int Served;

    /// <summary>Attempts that were sent to it.</summary>
    public int Attempts;

    /// <summary>Of these, failures of its own.</summary>
    public int Failed;

    /// <summary>Calls whose first content it gave and nobody else delayed.</summary>
    public int Firsts;

    /// <summary>Their times, summed.</summary>
    public TimeSpan FirstContent;

    /// <summary>Adds another's.</summary>
    public void Add(in LaneSums other)
    {
        Served += other.Served;
        Attempts += other.Attempts;
        Failed += other.Failed;
        Firsts += other.Firsts;
        FirstContent += other.FirstContent;
    }
}
