using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Streaming;

/// <summary>
/// The lane of equal protocols: the provider's own bytes go out, watched but untouched. What went out is kept where it goes
/// to, so that a cut answer can be understood and continued; while all goes well nobody decodes it.
/// </summary>
internal sealed class PassThroughRelay : AnswerRelay
{
    private const int MaxHeld = 4 * 1024 * 1024;

    private PooledBuffer _held = new();
    private PooledBuffer _going = new();
    private bool _toolOpen;
    private int _toolStart = -1;
    private bool _structureOpen;
    private int _structureStart = -1;

    /// <inheritdoc/>
    public override void Sent()
    {
        _going.Clear();
        Ready = default;
        Ready2 = default;
    }

    /// <inheritdoc/>
    public override void ReleaseHeld() => Hand(default);

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _held.Dispose();
        _going.Dispose();
    }

    /// <inheritdoc/>
    protected override EventMeaning Take(ReadOnlyMemory<byte> window, int at, int length)
    {
        var meaning = Reader.Read(window.Span.Slice(at, length), listener: null);
        if ((meaning & EventMeaning.ToolEnds) != 0)
        {
            _toolOpen = false;
            _toolStart = -1;
        }

        if ((meaning & EventMeaning.ToolBegins) != 0 && !_toolOpen)
        {
            _toolOpen = true;
            _toolStart = at;
        }

        // Structure waits for what it belongs to, and so does everything behind it, to keep the order.
        const EventMeaning Carries = EventMeaning.Content | EventMeaning.ToolEnds | EventMeaning.Finished | EventMeaning.Closed;
        if ((meaning & Carries) != 0)
        {
            _structureOpen = false;
            _structureStart = -1;
        }
        else if ((meaning & EventMeaning.Opening) != 0 && !_structureOpen)
        {
            _structureOpen = true;
            _structureStart = at;
        }

        return meaning;
    }

    /// <inheritdoc/>
    protected override void EndFeed(ReadOnlyMemory<byte> window, int end)
    {
        // An error event is not passed on: the answer may yet be saved.
        var failed = (Seen & (EventMeaning.Failed | EventMeaning.Garbage)) != 0;
        var free = failed || !(Committed || EndedWithoutWord) ? 0 : end;
        if (_toolOpen) free = Math.Min(free, Math.Max(_toolStart, 0));
        if (_structureOpen) free = Math.Min(free, Math.Max(_structureStart, 0));
        if (free > 0) Hand(window[..free]);
        if (failed) return;
        if (end > free) _held.Append(window.Span[free..end]);
        _toolStart = -1;
        _structureStart = -1;
        if (_held.Length > MaxHeld) Hand(default);
    }

    private void Hand(ReadOnlyMemory<byte> bytes)
    {
        if (_held.Length > 0)
        {
            (_going, _held) = (_held, _going);
            Ready = _going.Written;
        }

        Ready2 = bytes;
    }
}
