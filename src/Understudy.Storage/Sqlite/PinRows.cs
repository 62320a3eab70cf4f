using Microsoft.Data.Sqlite;
using Understudy.Overrides;

namespace Understudy.Storage.Sqlite;

/// <summary>Pinned routes, as rows.</summary>
internal static class PinRows
{
    public static IReadOnlyList<Pin> InForce(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT route, target, at, who, why, until FROM pin_in_force ORDER BY at, route";
        using var reader = command.ExecuteReader();
        var pins = new List<Pin>();
        while (reader.Read())
        {
            pins.Add(new()
            {
                Route = reader.GetString(0),
                Target = reader.GetString(1),
                At = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(2)),
                Who = reader.GetString(3),
                Why = reader.GetString(4),
                Until = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(5)),
            });
        }

        return pins;
    }

    public static void Save(SqliteConnection connection, IReadOnlyList<Pin> inForce, OverrideAction action)
    {
        using var clear = connection.CreateCommand();
        clear.CommandText = "DELETE FROM pin_in_force";
        clear.ExecuteNonQuery();
        foreach (var pin in inForce)
        {
            using var insert = connection.CreateCommand();
            insert.CommandText = "INSERT INTO pin_in_force (route, target, at, who, why, until) VALUES ($route, $target, $at, $who, $why, $until)";
            insert.Parameters.AddWithValue("$route", pin.Route);
            insert.Parameters.AddWithValue("$target", pin.Target);
            OverrideRows.Rest(insert, pin.At, pin.Who, pin.Why, pin.Until);
        }

        OverrideRows.Audit(connection, action);
    }
}
