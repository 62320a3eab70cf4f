namespace Understudy.Demo.Traffic;

/// <summary>The show in equal pieces: of the calls that began in each, how many were answered, and by whom.</summary>
/// <param name="length">How long the show is.</param>
/// <param name="time">The time.</param>
internal sealed class TimeLine(TimeSpan length, TimeProvider time)
{
    /// <summary>How many pieces.</summary>
    public const int Pieces = 36; // as many as fit beside the numbers in 80 columns

    // What has not ended by then counts as not answered, for the picture: a whole answer takes half a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2.5);

    private readonly Lock _lock = new();
    private readonly long _started = time.GetTimestamp();
    private readonly int[] _begun = new int[Pieces];
    private readonly int[] _ended = new int[Pieces];
    private readonly int[] _answered = new int[Pieces];
    private readonly Dictionary<string, int>[] _servers = [.. Enumerable.Range(0, Pieces).Select(_ => new Dictionary<string, int>())];

    /// <summary>A call begins.</summary>
    /// <returns>Which piece it belongs to.</returns>
    public int Begin()
    {
        var piece = PieceAt(time.GetElapsedTime(_started));
        lock (_lock) _begun[piece]++;
        return piece;
    }

    /// <summary>A call ends.</summary>
    public void End(int piece, bool answered, string? server)
    {
        lock (_lock)
        {
            _ended[piece]++;
            if (!answered) return;
            _answered[piece]++;
            if (server is not null) _servers[piece][server] = _servers[piece].GetValueOrDefault(server) + 1;
        }
    }

    /// <summary>The pieces so far.</summary>
    public IReadOnlyList<Moment> Moments()
    {
        var elapsed = time.GetElapsedTime(_started);
        var moments = new List<Moment>(Pieces);
        lock (_lock)
        {
            for (var piece = 0; piece <= PieceAt(elapsed); piece++)
            {
                var over = elapsed - (length / Pieces * (piece + 1)) > Patience;
                var of = over ? _begun[piece] : _ended[piece];
                moments.Add(new(of == 0 ? null : (double)_answered[piece] / of, _servers[piece].Count == 0 ? null : _servers[piece].MaxBy(pair => pair.Value).Key));
            }
        }

        return moments;
    }

    private int PieceAt(TimeSpan elapsed) => Math.Clamp((int)(elapsed / length * Pieces), 0, Pieces - 1);
}

/// <summary>A piece of a <see cref="TimeLine"/>.</summary>
/// <param name="Answered">The share of calls that were answered; null where none has ended.</param>
/// <param name="Server">Who served most of them; null where nobody said.</param>
internal readonly record struct Moment(double? Answered, string? Server);
