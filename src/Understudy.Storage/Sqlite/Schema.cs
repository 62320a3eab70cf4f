using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;

namespace Understudy.Storage.Sqlite;

/// <summary>The numbered migrations, and bringing a file up to the last of them. Each runs once, in a transaction of its own with its number.</summary>
internal static class Schema
{
    /// <summary>Stands in the file's header: a file of another program's is not written into. ("USTY")</summary>
    private const int ApplicationId = 0x55535459;

    private static readonly (int Number, string Name)[] Migrations =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Select(name => (Number: int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), name))
            .OrderBy(migration => migration.Number),
    ];

    /// <summary>The number of the last migration that this program has.</summary>
    public static int Newest => Migrations[^1].Number;

    /// <summary>Brings the file up to <see cref="Newest"/>.</summary>
    /// <exception cref="StoreException">The file is another program's, or a newer version's.</exception>
    public static void Migrate(SqliteConnection connection, string path)
    {
        var version = Number(connection, "PRAGMA user_version");
        var tables = Number(connection, "SELECT count(*) FROM sqlite_schema");
        if (Number(connection, "PRAGMA application_id") != ApplicationId && (version != 0 || tables != 0))
        {
            throw new StoreException($"The store '{path}' is a database of another program. Name another file, as in 'store: sqlite:understudy.db'.");
        }

        if (version > Newest)
        {
            throw new StoreException($"The store '{path}' was written by a newer version (schema {version}; this one knows {Newest}). Run that version, or name another file.");
        }

        foreach (var (number, name) in Migrations.Where(migration => migration.Number > version))
        {
            using var sql = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
            using var transaction = connection.BeginTransaction();
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
#pragma warning disable CA2100 // the migrations are part of this program
            command.CommandText = $"{sql.ReadToEnd()}\nPRAGMA application_id = {ApplicationId};\nPRAGMA user_version = {number};";
#pragma warning restore CA2100
            command.ExecuteNonQuery();
            transaction.Commit();
        }
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // constants of this file
        command.CommandText = sql;
#pragma warning restore CA2100
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
