using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Understudy.Caching;
using Understudy.Wires;

namespace Understudy.Storage.Sqlite;

/// <summary>
/// Answers as bytes for the disk: with a cache key sealed by AES-256-GCM, else plain. The client and the time are sealed
/// in with it, so that a row cannot be passed off as another client's.
/// </summary>
internal sealed class CacheSeal
{
    private readonly Seal _seal;
    private readonly byte[]? _naming;

    /// <param name="secret">The operator's cache key; null to write plain.</param>
    public CacheSeal(string? secret)
    {
        _seal = new(secret, "understudy cache seal 1");
        _naming = secret is null ? null : Seal.Derive(secret, "understudy cache name 1");
    }

    /// <summary>What a row is named: under a key not the call's hash itself, by which a guessed prompt could be found.</summary>
    public byte[] RowKey(CacheKey key) => _naming is null ? key.ToBytes() : HMACSHA256.HashData(_naming, key.ToBytes());

    /// <summary>The entry as bytes.</summary>
    public byte[] Close(CacheEntry entry)
    {
        var plain = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(plain))
        {
            json.WriteStartObject();
            json.WriteBase64String("key", entry.Key.ToBytes());
            json.WriteString("by", entry.ServedBy);
            json.WriteString("text", entry.TextSensitive);
            json.WriteString("finish", entry.Finish.ToString());
            if (entry.StopSequence is { } stop) json.WriteString("stop", stop);
            json.WriteStartArray("usage");
            foreach (var count in (long[])[entry.Usage.Input, entry.Usage.CacheRead, entry.Usage.CacheWrite, entry.Usage.Output, entry.Usage.Reasoning]) json.WriteNumberValue(count);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return _seal.Close(plain.WrittenSpan, Bound(entry.Client, entry.At));
    }

    /// <summary>The entry again; null where the bytes are of another key, or damaged.</summary>
    public CacheEntry? Open(string client, DateTimeOffset at, byte[] closed)
    {
        try
        {
            return _seal.Open(closed, Bound(client, at)) is { } plain ? Read(client, at, plain) : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static CacheEntry? Read(string client, DateTimeOffset at, byte[] plain)
    {
        using var document = JsonDocument.Parse(plain);
        var root = document.RootElement;
        if (!Enum.TryParse<FinishReason>(root.GetProperty("finish").GetString(), out var finish)) return null;
        long[] usage = [.. root.GetProperty("usage").EnumerateArray().Select(count => count.GetInt64())];
        return new()
        {
            Key = CacheKey.From(root.GetProperty("key").GetBytesFromBase64()),
            Client = client,
            At = at,
            ServedBy = root.GetProperty("by").GetString()!,
            TextSensitive = root.GetProperty("text").GetString()!,
            Finish = finish,
            StopSequence = root.TryGetProperty("stop", out var stop) ? stop.GetString() : null,
            Usage = usage is [var input, var read, var write, var output, var reasoning] ? new(input, read, write, output, reasoning) : default,
        };
    }

    private static string Bound(string client, DateTimeOffset at) => $"{client}\n{at.ToUnixTimeMilliseconds()}";
}
