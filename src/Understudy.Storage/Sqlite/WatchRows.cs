using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Data.Sqlite;
using Understudy.Alarms;
using Understudy.Chaos;
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

    /// <summary>Remembers.</summary>
    public static void Save(SqliteConnection connection, string name, string body) =>
        Run(connection, "INSERT INTO watch_memory (name, body) VALUES ($name, $body) ON CONFLICT (name) DO UPDATE SET body = $body", ("$name", name), ("$body", body));
}

/// <summary>How it is written.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(AlarmMemory))]
[JsonSerializable(typeof(IReadOnlyList<ChaosReport>))]
internal sealed partial class WatchJson : JsonSerializerContext;
