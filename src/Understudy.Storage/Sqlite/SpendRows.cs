using Microsoft.Data.Sqlite;
using Understudy.Configuration;
using Understudy.Spending;

namespace Understudy.Storage.Sqlite;

/// <summary>What accounts have spent, as rows.</summary>
internal static class SpendRows
{
    /// <summary>No window that runs began so long ago: whoever has not spent since is forgotten at a start.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(32);

    private static readonly string[] _columns = ["$kind", "$name", "$span", "$begun", "$spent", "$wasted", "$retries", "$unpriced"];

    public static IReadOnlyList<AccountTotals> Load(SqliteConnection connection, DateTimeOffset now)
    {
        using var forget = connection.CreateCommand();
        forget.CommandText = "DELETE FROM spent WHERE begun < $oldest";
        forget.Parameters.AddWithValue("$oldest", (now - Longest).ToUnixTimeMilliseconds());
        forget.ExecuteNonQuery();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT kind, name, span, begun, spent, wasted, of_retries, unpriced FROM spent ORDER BY kind, name, span";
        using var reader = command.ExecuteReader();
        var totals = new List<AccountTotals>();
        while (reader.Read())
        {
            totals.Add(new(
                (AccountKind)reader.GetInt32(0), reader.GetString(1), (SpendWindow)reader.GetInt32(2), DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(3)),
                new(reader.GetInt64(4)), Usd.Zero, new(reader.GetInt64(5)), new(reader.GetInt64(6)), reader.GetInt64(7)));
        }

        return totals;
    }

    public static void Save(SqliteConnection connection, IReadOnlyList<AccountTotals> totals)
    {
        using var command = connection.CreateCommand();
        command.CommandText = """
            INSERT INTO spent (kind, name, span, begun, spent, wasted, of_retries, unpriced) VALUES ($kind, $name, $span, $begun, $spent, $wasted, $retries, $unpriced)
            ON CONFLICT (kind, name, span) DO UPDATE SET begun = $begun, spent = $spent, wasted = $wasted, of_retries = $retries, unpriced = $unpriced
            """;
        var parameters = _columns.Select(name => command.Parameters.Add(new SqliteParameter { ParameterName = name })).ToArray();
        foreach (var one in totals)
        {
            object[] values = [(int)one.Kind, one.Name, (int)one.Window, one.From.ToUnixTimeMilliseconds(), one.Spent.Nanos, one.Wasted.Nanos, one.OfRetries.Nanos, one.Unpriced];
            for (var i = 0; i < values.Length; i++) parameters[i].Value = values[i];
            command.ExecuteNonQuery();
        }
    }
}
