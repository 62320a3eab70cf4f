using Microsoft.Data.Sqlite;
using Understudy.Caching;

namespace Understudy.Storage.Sqlite;

/// <summary>Cached answers, as rows. With a cache key only the client's name and the time can be read in the file.</summary>
internal sealed class CacheRows(CacheSeal seal)
{
    /// <summary>What is read at the start: the newest that fit. The rest is deleted.</summary>
    /// <param name="connection">The file.</param>
    /// <param name="mostBytes">How much fits.</param>
    /// <param name="notBefore">What is older is of no use any more.</param>
    /// <param name="unreadable">How many could not be read: kept under another cache key, or under none.</param>
    public IReadOnlyList<CacheEntry> Load(SqliteConnection connection, long mostBytes, DateTimeOffset notBefore, out int unreadable)
    {
        var entries = new List<CacheEntry>();
        var gone = new List<byte[]>();
        var bytes = 0L;
        unreadable = 0;
        using (var command = connection.CreateCommand())
        {
            command.CommandText = "SELECT key, client, at, body FROM cache_entry ORDER BY at DESC";
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                var key = reader.GetFieldValue<byte[]>(0);
                var at = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(2));
                var entry = at < notBefore || bytes > mostBytes ? null : seal.Open(reader.GetString(1), at, reader.GetFieldValue<byte[]>(3));
                if (entry is null)
                {
                    if (at >= notBefore && bytes <= mostBytes) unreadable++;
                    gone.Add(key);
                    continue;
                }

                bytes += entry.Size;
                entries.Add(entry);
            }
        }

        foreach (var key in gone) Delete(connection, key);
        entries.Reverse();
        return entries;
    }

    public void Keep(SqliteConnection connection, CacheEntry entry)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO cache_entry (key, client, at, body) VALUES ($key, $client, $at, $body) ON CONFLICT (key) DO UPDATE SET client = $client, at = $at, body = $body";
        command.Parameters.AddWithValue("$key", seal.RowKey(entry.Key));
        command.Parameters.AddWithValue("$client", entry.Client);
        command.Parameters.AddWithValue("$at", entry.At.ToUnixTimeMilliseconds());
        command.Parameters.AddWithValue("$body", seal.Close(entry));
        command.ExecuteNonQuery();
    }

    public void Forget(SqliteConnection connection, IReadOnlyList<CacheKey> keys)
    {
        foreach (var key in keys) Delete(connection, seal.RowKey(key));
    }

    public static void Purge(SqliteConnection connection, string? client, DateTimeOffset? before)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "DELETE FROM cache_entry WHERE ($client IS NULL OR client = $client COLLATE NOCASE) AND ($before IS NULL OR at < $before)";
        command.Parameters.AddWithValue("$client", (object?)client ?? DBNull.Value);
        command.Parameters.AddWithValue("$before", before is { } limit ? limit.ToUnixTimeMilliseconds() : DBNull.Value);
        command.ExecuteNonQuery();
    }

    private static void Delete(SqliteConnection connection, byte[] key)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "DELETE FROM cache_entry WHERE key = $key";
        command.Parameters.AddWithValue("$key", key);
        command.ExecuteNonQuery();
    }
}
