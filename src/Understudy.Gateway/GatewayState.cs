using System.Collections.Concurrent;
using System.Text;
using Understudy.Calls;
using Understudy.Observation.Past;
using Understudy.Rehearsals;
using Understudy.Storage.Sqlite;

namespace Understudy.Gateway;

/// <summary>What the gateway's endpoints share: how many calls are under way, whether it is draining.</summary>
internal sealed class GatewayState : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inFlight;
    private volatile bool _draining;

    /// <summary>Model names as strings.</summary>
    public NameCache ModelNames { get; } = new();

    /// <summary>Where state outlives the process; null for memory only.</summary>
    public SqliteStore? Store { get; init; }

    /// <summary>The records of calls that have ended; null where there is no store.</summary>
    public CallArchive? Past { get; set; }

    /// <summary>Drills by a schedule; null where nobody can run them.</summary>
    public RehearsalRoom? Rehearsals { get; set; }

    /// <summary>How long the oldest piece of deferred work has waited; null where none waits. Whoever keeps the queue sets it.</summary>
    public Func<TimeSpan?> OldestDeferred { get; set; } = static () => null;

    /// <summary>Calls under way.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Whether new calls are turned away.</summary>
    public bool Draining => _draining;

    /// <summary>Fires when the gateway begins to drain: what would go on for ever ends itself.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>A call comes in; false where it is turned away.</summary>
    public bool TryEnter()
    {
        Interlocked.Increment(ref _inFlight);
        if (!_draining) return true;
        Leave();
        return false;
    }

    /// <summary>A call has ended.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _inFlight) == 0 && _draining) _empty.TrySetResult();
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    /// <summary>Turns new calls away, and ends when those under way have ended.</summary>
    public Task DrainAsync()
    {
        _draining = true;
        _stopping.Cancel();
        if (InFlight == 0) _empty.TrySetResult();
        return _empty.Task;
    }
}

/// <summary>Strings for names that come as JSON tokens again and again; bounded, for clients choose the names.</summary>
internal sealed class NameCache
{
    private const int MaxNames = 512;
    private const int MaxLength = 128;

    private readonly ConcurrentDictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>The text of a JSON string token.</summary>
    public string Text(ReadOnlySpan<byte> token)
    {
        var inner = token[1..^1];
        if (inner.Length > MaxLength || inner.Contains((byte)'\\') || !Ascii.IsValid(inner)) return RequestScan.Unquote(token);
        Span<char> characters = stackalloc char[MaxLength];
        var length = Encoding.ASCII.GetChars(inner, characters);
        var lookup = _names.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(characters[..length], out var known)) return known;
        var text = new string(characters[..length]);
        if (_names.Count < MaxNames) _names.TryAdd(text, text);
        return text;
    }
}
