namespace Understudy.Demo.Board;

/// <summary>What has happened, for the visitor. Written from any thread and read by the board, each at its own pace.</summary>
internal sealed class EventLog
{
    private const int Kept = 1000;

    private readonly Lock _lock = new();
    private readonly List<Line> _lines = [];
    private int _dropped;

    /// <summary>The position behind the newest line, for <see cref="Since"/>.</summary>
    public int End
    {
        get
        {
            lock (_lock) return _dropped + _lines.Count;
        }
    }

    /// <summary>Something happened.</summary>
    public void Add(Line line)
    {
        lock (_lock)
        {
            if (_lines.Count == Kept)
            {
                _lines.RemoveAt(0);
                _dropped++;
            }

            _lines.Add(line);
        }
    }

    /// <summary>The newest lines, oldest first.</summary>
    public IReadOnlyList<Line> Newest(int count)
    {
        lock (_lock) return [.. _lines.TakeLast(count)];
    }

    /// <summary>The lines since a reading before.</summary>
    /// <param name="position">0 at first; moved on.</param>
    public IReadOnlyList<Line> Since(ref int position)
    {
        lock (_lock)
        {
            var lines = _lines.Skip(Math.Max(0, position - _dropped)).ToArray();
            position = _dropped + _lines.Count;
            return lines;
        }
    }
}

/// <summary>A line for the visitor.</summary>
/// <param name="Clock">The time of day in the outage; null after it.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Text">What happened.</param>
internal sealed record Line(DateTimeOffset? Clock, LineKind Kind, string Text);

/// <summary>What a line is about.</summary>
internal enum LineKind
{
    /// <summary>A stretch of the outage begins.</summary>
    Phase,

    /// <summary>A breaker changed.</summary>
    Breaker,

    /// <summary>A cut answer was gone on with.</summary>
    Continued,

    /// <summary>Numbers so far.</summary>
    Counters,
}
