using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Data.Sqlite;
using Understudy.Alarms;
using Understudy.Chaos;
using Understudy.Rehearsals;
using static Understudy.Storage.Sqlite.DeferredRows;

namespace Understudy.Storage.Sqlite;

/// <summary>What alarms and experiments remember: small, rarely written, and always whole.</summary>
internal static class WatchRows
{
    /// <summary>What is remembered; null where there is nothing, or what a newer version wrote.</summary>
    public static TMemory? Load<TMemory>(SqliteConnection connection, string name, JsonTypeInfo<TMemory> type)
        where TMemory : class
    {
        using var command = Command(connection, "SELECT body FROM watch_memory WHERE name = $name", ("$name", name));
        if (command.ExecuteScalar() is not string body) return null;
        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (JsonException)
        {
            return null; // an alarm that rings anew is better than a gateway that does not start
        }
    }

    /// <summary>A text; null where there is none.</summary>
    public static string? Find(SqliteConnection connection, string name)
    {
        using var command = Command(connection, "SELECT body FROM watch_memory WHERE name = $name", ("$name", name));
        return command.ExecuteScalar() as string;
    }

    /// <summary>Forgets those of a kind that are not kept.</summary>
    public static void Forget(SqliteConnection connection, string prefix, IReadOnlySet<string> kept)
    {
        var names = new List<string>();
        using (var command = Command(connection, "SELECT name FROM watch_memory WHERE substr(name, 1, length($prefix)) = $prefix", ("$prefix", prefix)))
        {
            using var reader = command.ExecuteReader();
            while (reader.Read()) names.Add(reader.GetString(0));
        }

        foreach (var name in names.Where(name => !kept.Contains(name))) Run(connection, "DELETE FROM watch_memory WHERE name = $name", ("$name", name));
    }

    /// <summary>Remembers.</summary>
    public static void Save(SqliteConnection connection, string name, string body) =>
        Run(connection, "INSERT INTO watch_memory (name, body) VALUES ($name, $body) ON CONFLICT (name) DO UPDATE SET body = $body", ("$name", name), ("$body", body));
}

/// <summary>How it is written.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(AlarmMemory))]
[JsonSerializable(typeof(IReadOnlyList<ChaosReport>))]
[JsonSerializable(typeof(IReadOnlyList<Rehearsal>))]
internal sealed partial class WatchJson : JsonSerializerContext;
