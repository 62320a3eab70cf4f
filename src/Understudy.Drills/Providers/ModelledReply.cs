using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Understudy.Calls;
using Understudy.Drills.Providers.Wires;
using Understudy.Drills.Scenarios;
using Understudy.Failures;
using Understudy.Transport;

namespace Understudy.Drills.Providers;

/// <summary>Plays an exchange as the engine meets it: a status and headers after a while, then a body, piece by piece, in its protocol's own bytes.</summary>
internal sealed class ModelledReply : ProviderReply
{
    /// <summary>How long a piece of a stream waits for the next at the most: several events come together, as they do off a socket.</summary>
    private static readonly TimeSpan PieceEvery = TimeSpan.FromSeconds(1.5);

    private readonly Exchange _exchange;
    private readonly AnswerScript _script;
    private readonly TokenQuota? _quota;
    private readonly TimeProvider _time;
    private readonly VirtualWait _wait;
    private readonly CancellationTokenRegistration _callOff;
    private readonly Book _book;
    private readonly int _firstLine;
    private readonly int _lastLine;
    private readonly int _linesPerPiece;
    private long _opened;
    private int _line;
    private int _breakLine;
    private Part _next;

    /// <summary>A reply to come.</summary>
    /// <param name="exchange">What becomes of it.</param>
    /// <param name="script">The bytes.</param>
    /// <param name="lines">The lines that are to be said: all but those that the client has already.</param>
    /// <param name="time">The time.</param>
    /// <param name="quota">The account's limit, for its headers.</param>
    /// <param name="givenUp">Fires when the caller gives it up.</param>
    public ModelledReply(Exchange exchange, AnswerScript script, (int From, int To) lines, TimeProvider time, TokenQuota? quota, CancellationToken givenUp)
    {
        _exchange = exchange;
        _script = script;
        _quota = quota;
        _time = time;
        _wait = new(time);
        _book = exchange.Outcome.Kind == OutcomeKind.Garbled ? Book.Wrong : Book.Right;
        (_firstLine, _lastLine) = lines;
        _line = _firstLine;
        var count = _lastLine - _firstLine;
        _breakLine = exchange.BreakAt < 1 ? _firstLine + Math.Max(1, (int)(count * exchange.BreakAt)) : int.MaxValue;
        var pieces = (int)(exchange.Length / PieceEvery) + 1;
        _linesPerPiece = Math.Max(1, (count + pieces - 2) / pieces);
        Status = exchange.Outcome.Kind == OutcomeKind.Status ? exchange.Outcome.Status : 200;
        Failure = exchange.Outcome.Kind switch
        {
            OutcomeKind.ConnectionRefused => new(FailureKind.ConnectFailed, "the connection was refused"),
            OutcomeKind.NameNotFound => new(FailureKind.ConnectFailed, "the name was not found"),
            _ => null,
        };
        _callOff = givenUp.UnsafeRegister(static wait => ((VirtualWait)wait!).CallOff(), _wait);
    }

    private bool Stream => _exchange.Question.Stream;

    /// <summary>Waits for the status line.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ProviderReply> OpenAsync()
    {
        var until = _exchange.First;
        if (!Stream && until != Exchange.Never && Status == 200 && Failure is null) until += _exchange.Length * _exchange.BreakAt;
        if (await _wait.ForAsync(until).ConfigureAwait(false))
        {
            _opened = _time.GetTimestamp();
            if (Failure is not null) _exchange.End(whole: false);
            return this;
        }

        await DisposeAsync().ConfigureAwait(false);
        return new CannedReply(new Failure(FailureKind.FirstTokenTimeout, "given up")); // the attempt's clocks know better and say which
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken)
    {
        if (Status != 200)
        {
            _exchange.End(whole: false);
            return Last(_script.ErrorBody(_exchange.Outcome, _exchange.RetryAfter));
        }

        if (!Stream) return await ReadWholeAsync().ConfigureAwait(false);
        if (_next == Part.Opening)
        {
            _next = Part.Lines;
            if (_script.OpeningOf(_exchange.Question.InputTokens) is { Length: > 0 } opening) return Piece(opening);
        }

        return _next switch
        {
            Part.Opening or Part.Lines when _line < _lastLine => await ReadLinesAsync().ConfigureAwait(false),
            Part.Break => await BreakAsync().ConfigureAwait(false),
            Part.Gone => Broken(),
            _ => Finish(),
        };
    }

    /// <inheritdoc/>
    public override bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (name.SequenceEqual("content-type"u8)) value = ContentType;
        else if (name.SequenceEqual("content-encoding"u8)) return false;
        else if (Header(Encoding.ASCII.GetString(name)) is { } text) value = Encoding.ASCII.GetBytes(text);
        return !value.IsEmpty;
    }

    /// <inheritdoc/>
    public override void CopyHeaders(IHeaderTarget target)
    {
        target.Add("content-type"u8, ContentType);
        foreach (var name in RateLimitHeaders.Names(_exchange.Protocol).Append("retry-after"))
        {
            if (Header(name) is { } value) target.Add(Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _callOff.Dispose();
        _wait.Dispose();
        _exchange.End(whole: false);
        return default;
    }

    private ReadOnlySpan<byte> ContentType =>
        Status is >= 520 and not 529 ? "text/html; charset=UTF-8"u8
        : Status == 200 && Stream ? _script.StreamType
        : "application/json"u8;

    private async ValueTask<BodyPiece> ReadWholeAsync()
    {
        var whole = _script.WholeOf(_exchange.Question.InputTokens, _exchange.Question.OutputTokens, (_firstLine, _lastLine), _book);
        var half = whole.Length / 2;
        switch (_exchange.Outcome.Kind)
        {
            case OutcomeKind.StreamCut or OutcomeKind.StreamStall when _next == Part.Opening:
                _next = Part.Break;
                return Piece(whole[..half]);
            case OutcomeKind.StreamCut:
                return Broken();
            case OutcomeKind.StreamStall:
                if (!await _wait.ForAsync(_exchange.Silence).ConfigureAwait(false)) return Broken();
                _exchange.End(whole: true);
                return Last(whole[half..]);
            default:
                _exchange.End(whole: true);
                return Last(whole);
        }
    }

    /// <summary>The first line comes with the status, the others in even pieces until the answer's time is over.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<BodyPiece> ReadLinesAsync()
    {
        var from = _line;
        _line = Math.Min(_lastLine, from == _firstLine ? from + 1 : from + _linesPerPiece);
        var breaks = _line >= _breakLine;
        if (breaks) _line = Math.Min(_breakLine, _lastLine);
        _next = breaks ? Part.Break : _line < _lastLine ? Part.Lines : Part.Closing;
        var share = from == _firstLine ? 0 : breaks ? _exchange.BreakAt : (_line - _firstLine) / (double)(_lastLine - _firstLine);
        return await _wait.ForAsync((_exchange.Length * share) - _time.GetElapsedTime(_opened)).ConfigureAwait(false)
            ? Piece(_script.Frames(_book, from, _line))
            : Broken();
    }

    private async ValueTask<BodyPiece> BreakAsync()
    {
        if (!await _wait.ForAsync((_exchange.Length * _exchange.BreakAt) - _time.GetElapsedTime(_opened)).ConfigureAwait(false)) return Broken();
        switch (_exchange.Outcome.Kind)
        {
            case OutcomeKind.StreamError:
                _exchange.End(whole: false);
                return Last(_script.ErrorEvent);
            case OutcomeKind.StreamStall:
                if (!await _wait.ForAsync(_exchange.Silence).ConfigureAwait(false)) return Broken();
                _opened += (long)(_exchange.Silence.TotalSeconds * _time.TimestampFrequency);
                _breakLine = int.MaxValue;
                _next = Part.Lines;
                return _line < _lastLine ? await ReadLinesAsync().ConfigureAwait(false) : Finish();
            default:
                _next = Part.Gone;
                if (_line == _lastLine) return Broken();
                // Half an event is on its way when the connection dies.
                var half = _script.Frames(_book, _line, _line + 1);
                return Piece(half[..(half.Length / 2)]);
        }
    }

    private BodyPiece Finish()
    {
        _exchange.End(whole: true);
        return Last(_script.ClosingOf(_exchange.Question.InputTokens, _exchange.Question.OutputTokens, (_firstLine, _lastLine), _book));
    }

    private BodyPiece Broken()
    {
        _exchange.End(whole: false);
        return new(default, End: false, Broken: true);
    }

    private string? Header(string name) => name == "retry-after"
        ? _exchange.Protocol != WireProtocol.Gemini && _exchange.RetryAfter is { } wait ? Math.Ceiling(wait.TotalSeconds).ToString("0", CultureInfo.InvariantCulture) : null
        : _quota is null ? null : RateLimitHeaders.Value(_exchange.Protocol, name, _quota, _time.GetUtcNow());

    private static BodyPiece Piece(ReadOnlyMemory<byte> bytes) => new(bytes, End: false, Broken: false);

    private static BodyPiece Last(ReadOnlyMemory<byte> bytes) => new(bytes, End: true, Broken: false);

    /// <summary>What comes next of a stream.</summary>
    private enum Part
    {
        Opening,
        Lines,
        Break,
        Gone,
        Closing,
    }
}
