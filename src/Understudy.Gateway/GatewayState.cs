using System.Collections.Concurrent;
using System.Text;
using Understudy.Calls;
using Understudy.Hosting;
using Understudy.Observation.Past;
using Understudy.Rehearsals;
using Understudy.Storage.Sqlite;

namespace Understudy.Gateway;

/// <summary>What the gateway's endpoints share: how many calls are under way, whether it is draining.</summary>
internal sealed class GatewayState : CallGate
{
    /// <summary>Model names as strings.</summary>
    public NameCache ModelNames { get; } = new();

    /// <summary>Where state outlives the process; null for memory only.</summary>
    public SqliteStore? Store { get; init; }

    /// <summary>The records of calls that have ended; null where there is no store.</summary>
    public CallArchive? Past { get; init; }

    /// <summary>Drills by a schedule; null where nobody can run them.</summary>
    public RehearsalRoom? Rehearsals { get; init; }
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
