using System.Globalization;
using Understudy.Failures;
using Understudy.Observation;

namespace Understudy.Demo.Board;

/// <summary>What the gateway's journal tells, counted: who served, what was survived, which calls failed and why.</summary>
internal sealed class Chronicle
{
    private const int StoriesKept = 50;
    private static readonly TimeSpan RateOver = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly Dictionary<string, Queue<long>> _recent = [];
    private readonly Dictionary<string, int> _served = [];
    private readonly SortedDictionary<Mishap, int> _survived = [];
    private readonly Dictionary<string, string> _stories = [];
    private int _continued;

    /// <summary>Listens to a gateway from now on.</summary>
    public Chronicle(Journal journal, TimeProvider time)
    {
        _time = time;
        journal.CallEnded += Note;
    }

    /// <summary>Answers that one model began and another, or the same in a new attempt, brought to its end.</summary>
    public int Continued
    {
        get
        {
            lock (_lock) return _continued;
        }
    }

    /// <summary>What went wrong upstream in calls that were answered all the same.</summary>
    public IReadOnlyDictionary<Mishap, int> Survived
    {
        get
        {
            lock (_lock) return new SortedDictionary<Mishap, int>(_survived);
        }
    }

    /// <summary>Answers that a provider brought to their end: all, and a second of late.</summary>
    public (int All, double PerSecond) Served(string provider)
    {
        lock (_lock)
        {
            if (!_recent.TryGetValue(provider, out var recent)) return (0, 0);
            Forget_NeedsLock(recent);
            return (_served[provider], recent.Count / RateOver.TotalSeconds);
        }
    }

    /// <summary>Why a call failed, in names and kinds; null where nothing is known of it.</summary>
    public string? StoryOf(string? requestId)
    {
        lock (_lock) return requestId is null ? null : _stories.GetValueOrDefault(requestId);
    }

    private void Note(CallRecord call)
    {
        var answered = call.Outcome is CallOutcome.Answered or CallOutcome.Degraded;
        lock (_lock)
        {
            if (!answered)
            {
                if (_stories.Count < StoriesKept) _stories[call.Id] = Story(call);
                return;
            }

            if (call.Continued) _continued++;
            foreach (var attempt in call.Attempts)
            {
                if (attempt is { Sent: true, Failure: { } failure } && MishapOf(failure.Kind) is { } mishap) _survived[mishap] = _survived.GetValueOrDefault(mishap) + 1;
            }

            if (call.Attempts is not [.., { Failure: null } last]) return;
            if (!_recent.TryGetValue(last.Provider, out var recent)) _recent[last.Provider] = recent = new();
            Forget_NeedsLock(recent);
            recent.Enqueue(_time.GetTimestamp());
            _served[last.Provider] = _served.GetValueOrDefault(last.Provider) + 1;
        }
    }

    private void Forget_NeedsLock(Queue<long> recent)
    {
        while (recent.Count > 0 && _time.GetElapsedTime(recent.Peek()) > RateOver) recent.Dequeue();
    }

    private static string Story(CallRecord call) => string.Create(
        CultureInfo.InvariantCulture,
        $"{call.Outcome} after {call.Duration.TotalSeconds:0.0} s: {string.Join(", ", call.Attempts.Select(attempt => $"{attempt.Target} {attempt.Failure?.Kind.ToString() ?? "answered"}"))}");

    private static Mishap? MishapOf(FailureKind kind) => kind switch
    {
        FailureKind.FirstTokenTimeout or FailureKind.ConnectTimeout => Mishap.Hang,
        FailureKind.ProviderError or FailureKind.ConnectFailed or FailureKind.ConnectionReset or FailureKind.ConnectionStale => Mishap.ServerError,
        FailureKind.Overloaded or FailureKind.RateLimited => Mishap.Overload,
        FailureKind.CutShort or FailureKind.Stalled or FailureKind.ErrorInStream => Mishap.BrokenAnswer,
        FailureKind.Garbage or FailureKind.EmptyAnswer or FailureKind.Redirected or FailureKind.KeyRejected or FailureKind.QuotaExhausted
            or FailureKind.FalseRefusal or FailureKind.NotContinued or FailureKind.TranslationRefused => Mishap.Other,
        FailureKind.ClientLeft or FailureKind.BadRequest or FailureKind.TargetNotAble or FailureKind.BreakerOpen or FailureKind.Recovering or FailureKind.Killed or FailureKind.BrokenOff
            or FailureKind.BudgetSpent or FailureKind.ProviderBudgetSpent or FailureKind.QuotaLow
            or FailureKind.DeadlineSpent or FailureKind.Saturated or FailureKind.HedgeLost or FailureKind.Dropped => null,
    };
}
