using Understudy.ControlRoom.View;

namespace Understudy.ControlRoom.Hosting;

/// <summary>
/// Tells the pages that something changed: four times a second at the most, whatever the load, and only while somebody
/// looks. The view is made once for all of them.
/// </summary>
internal sealed class RoomPulse : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly RoomSources _sources;
    private readonly RoomReader _reader;
    private readonly ITimer _timer;
    private readonly List<Action> _watchers = [];
    private RoomView? _view;
    private long _seen = -1;
    private int _beating;
    private int _told;

    public RoomPulse(RoomSources sources)
    {
        _sources = sources;
        _reader = new(sources);
        _timer = sources.Engine.Time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The room as it was at the last beat.</summary>
    public RoomView View => Volatile.Read(ref _view) is { } view && _watchers.Count > 0 ? view : Renew();

    /// <summary>Begins to watch; disposing of what is returned ends it.</summary>
    public IDisposable Watch(Action changed)
    {
        lock (_lock)
        {
            _watchers.Add(changed);
            if (_watchers.Count == 1) _timer.Change(Beat, Beat);
        }

        return new Watching(this, changed);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        // A machine that is too busy for the last beat skips this one.
        if (_sources.Feed.Changes == _seen || Interlocked.Exchange(ref _beating, 1) == 1) return;
        try
        {
            _seen = _sources.Feed.Changes;
            Renew();
            Action[] watchers;
            lock (_lock) watchers = [.. _watchers];
            foreach (var watcher in watchers) watcher();
        }
        catch (Exception bug)
        {
            // On a timer's thread it would end the process: a page that stands still is the lesser evil. Told once.
            if (Interlocked.Exchange(ref _told, 1) == 0) _sources.Engine.Journal.Tell(new(_sources.Engine.Time.GetUtcNow(), "bug", "control room", $"a bug of the gateway's own keeps the control room from being drawn: {bug.GetType().Name}"));
        }
        finally
        {
            Volatile.Write(ref _beating, 0);
        }
    }

    private RoomView Renew()
    {
        var view = _reader.Read();
        Volatile.Write(ref _view, view);
        return view;
    }

    private void Leave(Action changed)
    {
        lock (_lock)
        {
            _watchers.Remove(changed);
            if (_watchers.Count == 0) _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private sealed class Watching(RoomPulse pulse, Action changed) : IDisposable
    {
        private Action? _changed = changed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _changed, null) is { } mine) pulse.Leave(mine);
        }
    }
}
