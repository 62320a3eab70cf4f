using System.Collections.Concurrent;
using Understudy.Failures;

namespace Understudy.Observation;

/// <summary>What was last heard of each target, from the records of calls: when it answered, and how it failed. Bounded.</summary>
public sealed class TargetNews
{
    private const int Most = 1024;

    private readonly ConcurrentDictionary<string, News> _news = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;

    /// <summary>Listens to <paramref name="journal"/> from now on.</summary>
    public TargetNews(Journal journal, TimeProvider time)
    {
        _time = time;
        journal.CallEnded += Hear;
    }

    /// <summary>When the target last answered to the end; null where it has not.</summary>
    public DateTimeOffset? AnsweredAt(string target) => _news.TryGetValue(target, out var news) ? At(Volatile.Read(ref news.Answered)) : null;

    /// <summary>How and when it last failed by its own fault; null where it has not.</summary>
    public (FailureKind Kind, DateTimeOffset At)? LastFailure(string target) =>
        _news.TryGetValue(target, out var news) && At(Volatile.Read(ref news.Failed)) is { } at ? (news.Kind, at) : null;

    private static DateTimeOffset? At(long ticks) => ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);

    private void Hear(CallRecord call)
    {
        for (var i = 0; i < call.Attempts.Count; i++)
        {
            var attempt = call.Attempts[i];
            if (!attempt.Sent || attempt.Failure is { Traits.CountsAgainstTarget: false }) continue;
            if (!_news.TryGetValue(attempt.Target, out var news))
            {
                if (_news.Count >= Most) continue;
                news = _news.GetOrAdd(attempt.Target, new News());
            }

            var ended = (call.StartedAt + _time.GetElapsedTime(call.Started, attempt.Started) + attempt.Duration).UtcTicks;
            if (attempt.Failure is { } failure)
            {
                news.Kind = failure.Kind; // beside the time of another call's failure for an instant: both are news
                Volatile.Write(ref news.Failed, ended);
            }
            else
            {
                Volatile.Write(ref news.Answered, ended);
            }
        }
    }

    private sealed class News
    {
        public long Answered;
        public long Failed;
        public FailureKind Kind;
    }
}
