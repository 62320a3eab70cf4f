using Understudy.Calls;
using Understudy.Hosting.Telemetry;
using Understudy.Observation;

namespace Understudy.Gateway.Telemetry;

/// <summary>
/// The log: a line for each call that has ended and for each thing that happened, a view of the journal. Lines are written
/// on a thread of their own; where the reader of the log is too slow, lines are lost and counted, and no call waits.
/// </summary>
public sealed class GatewayLog : IAsyncDisposable
{
    private readonly TargetLabels _labels = new();
    private readonly PooledBuffer _buffer = new();
    private readonly Handoff<object> _lines;
    private readonly Journal _journal;
    private readonly TimeProvider _time;
    private readonly LogFormat _format;
    private readonly Stream _output;

    /// <summary>Writes what <paramref name="journal"/> is told from now on.</summary>
    /// <param name="journal">What to write of.</param>
    /// <param name="format">How.</param>
    /// <param name="output">Where to: as a rule the standard error. Not closed.</param>
    /// <param name="time">The time.</param>
    public GatewayLog(Journal journal, LogFormat format, Stream output, TimeProvider time)
    {
        _journal = journal;
        _format = format;
        _output = output;
        _time = time;
        _lines = new(time, Write, Flush);
        journal.CallEnded += _lines.Give;
        journal.Happened += _lines.Give;
    }

    /// <summary>Writes a line of the program's own: that it begins, that it stops.</summary>
    public void Say(string kind, string text) => _lines.Give(new Happening(_time.GetUtcNow(), kind, "understudy", text));

    /// <summary>Writes what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        _journal.CallEnded -= _lines.Give;
        _journal.Happened -= _lines.Give;
        await _lines.DisposeAsync();
        _buffer.Dispose();
    }

    private void Write(object told)
    {
        switch (told, _format)
        {
            case (CallRecord call, LogFormat.Json):
                foreach (var attempt in call.Attempts) _labels.Of(call, attempt);
                LogLine.Json(_buffer, call, _labels);
                break;
            case (CallRecord call, LogFormat.Text):
                foreach (var attempt in call.Attempts) _labels.Of(call, attempt);
                LogLine.Text(_buffer, call, _labels);
                break;
            case (Happening happening, LogFormat.Json):
                LogLine.Json(_buffer, happening);
                break;
            case (Happening happening, LogFormat.Text):
                LogLine.Text(_buffer, happening);
                break;
        }

        if (_buffer.Length > 64 * 1024) Flush(lost: 0);
    }

    private void Flush(long lost)
    {
        if (lost > 0) Write(new Happening(_time.GetUtcNow(), "lost", "log", $"{lost} lines of this log were lost: what reads it is too slow"));
        try
        {
            _output.Write(_buffer.Written.Span);
            _output.Flush();
        }
        catch (IOException)
        {
            // Whoever read the log has gone. The traffic goes on.
        }

        _buffer.Clear();
    }
}
