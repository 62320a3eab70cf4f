using Microsoft.Data.Sqlite;
using Understudy.Overrides;

namespace Understudy.Storage.Sqlite;

/// <summary>Operators' orders and their audit, as rows.</summary>
internal static class OverrideRows
{
    private const int ActionsRead = 200;

    public static IReadOnlyList<Override> InForce(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT what, kind, at, who, why, until FROM override_in_force ORDER BY at, what";
        using var reader = command.ExecuteReader();
        var orders = new List<Override>();
        while (reader.Read())
        {
            orders.Add(new()
            {
                What = reader.GetString(0),
                Kind = reader.GetString(1) == "drain" ? OverrideKind.Drain : OverrideKind.Kill,
                At = Time(reader.GetInt64(2)),
                Who = reader.GetString(3),
                Why = reader.GetString(4),
                Until = reader.IsDBNull(5) ? null : Time(reader.GetInt64(5)),
            });
        }

        return orders;
    }

    public static IReadOnlyList<OverrideAction> LastActions(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT at, who, action, what, why, until FROM operator_action ORDER BY id DESC LIMIT $most";
        command.Parameters.AddWithValue("$most", ActionsRead);
        using var reader = command.ExecuteReader();
        var actions = new List<OverrideAction>();
        while (reader.Read())
        {
            actions.Add(new(Time(reader.GetInt64(0)), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.IsDBNull(5) ? null : Time(reader.GetInt64(5))));
        }

        actions.Reverse();
        return actions;
    }

    public static void Save(SqliteConnection connection, IReadOnlyList<Override> inForce, OverrideAction action)
    {
        using var clear = connection.CreateCommand();
        clear.CommandText = "DELETE FROM override_in_force";
        clear.ExecuteNonQuery();
        foreach (var order in inForce)
        {
            using var insert = connection.CreateCommand();
            insert.CommandText = "INSERT INTO override_in_force (what, kind, at, who, why, until) VALUES ($what, $kind, $at, $who, $why, $until)";
            insert.Parameters.AddWithValue("$what", order.What);
            insert.Parameters.AddWithValue("$kind", order.Kind switch { OverrideKind.Kill => "kill", OverrideKind.Drain => "drain" });
            Rest(insert, order.At, order.Who, order.Why, order.Until);
        }

        Audit(connection, action);
    }

    /// <summary>One line of the audit.</summary>
    public static void Audit(SqliteConnection connection, OverrideAction action)
    {
        using var audit = connection.CreateCommand();
        audit.CommandText = "INSERT INTO operator_action (at, who, action, what, why, until) VALUES ($at, $who, $action, $what, $why, $until)";
        audit.Parameters.AddWithValue("$action", action.Action);
        audit.Parameters.AddWithValue("$what", action.What);
        Rest(audit, action.At, action.Who, action.Why, action.Until);
    }

    /// <summary>Runs a command with what every order has: when, who, why, until when.</summary>
    public static void Rest(SqliteCommand command, DateTimeOffset at, string who, string why, DateTimeOffset? until)
    {
        command.Parameters.AddWithValue("$at", at.ToUnixTimeMilliseconds());
        command.Parameters.AddWithValue("$who", who);
        command.Parameters.AddWithValue("$why", why);
        command.Parameters.AddWithValue("$until", until is { } end ? end.ToUnixTimeMilliseconds() : DBNull.Value);
        command.ExecuteNonQuery();
    }

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
