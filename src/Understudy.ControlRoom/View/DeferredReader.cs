using Understudy.Configuration;
using Understudy.Deferral;

namespace Understudy.ControlRoom.View;

/// <summary>Reads the queue of deferred work. Its pace is the difference to what was seen a minute ago: nobody counts it while nobody looks.</summary>
internal sealed class DeferredReader(RoomSources sources)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Queue<(DateTimeOffset At, long Ended)> _seen = [];

    /// <summary>The queue now; null where no route defers and nothing waits.</summary>
    public DeferredView? Read(Policy policy, DateTimeOffset now)
    {
        var queue = sources.Engine.Deferral;
        var tally = queue.Tally;
        var (waiting, running, done) = (tally.Count(DeferredState.Waiting), tally.Count(DeferredState.Running), tally.Count(DeferredState.Done));
        if (waiting + running == 0 && (queue.Store is null || !policy.Routes.SelectMany(route => route.Ladder).OfType<DeferRung>().Any())) return null;
        return new([.. tally.Waiting.OrderByDescending(lane => lane.Waiting)], waiting, running, done, waiting == 0 ? null : queue.OldestWaiting, Pace(done + tally.Count(DeferredState.Failed), now));
    }

    private double? Pace(long ended, DateTimeOffset now)
    {
        lock (_lock)
        {
            while (_seen.TryPeek(out var old) && now - old.At > Minute) _seen.Dequeue();
            _seen.Enqueue((now, ended));
            var first = _seen.Peek();
            // What is forgotten after its time makes the number smaller, not negative.
            return now - first.At < Least ? null : Math.Max(0, ended - first.Ended) / (now - first.At).TotalMinutes;
        }
    }
}
