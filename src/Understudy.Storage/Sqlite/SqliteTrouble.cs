using Microsoft.Data.Sqlite;

namespace Understudy.Storage.Sqlite;

/// <summary>SQLite's result codes in an operator's words (sqlite.org/rescode.html).</summary>
internal static class SqliteTrouble
{
    private const int Busy = 5, Locked = 6, ReadOnly = 8, InputOutput = 10, Corrupt = 11, Full = 13, CannotOpen = 14, NotADatabase = 26;

    /// <summary>Whether it is the world's doing, and so may pass; anything else is a mistake of this program.</summary>
    public static bool IsOutside(SqliteException failure) =>
        failure.SqliteErrorCode is Busy or Locked or ReadOnly or InputOutput or Corrupt or Full or CannotOpen or NotADatabase;

    /// <summary>What is wrong.</summary>
    public static string Words(SqliteException failure) => failure.SqliteErrorCode switch
    {
        Busy or Locked => "it is locked: another gateway or another program uses it",
        ReadOnly => "it is read-only, or its folder is",
        InputOutput => "its disk gives errors",
        Corrupt => "it is damaged",
        Full => "its disk is full",
        CannotOpen => "it can't be opened: no such folder, or no right to it",
        NotADatabase => "it is no SQLite database, or is damaged",
        _ => $"SQLite gives error {failure.SqliteErrorCode}",
    };

    /// <summary>What to do about it.</summary>
    public static string Remedy(SqliteException failure) => failure.SqliteErrorCode switch
    {
        Busy or Locked => "Stop the other one, or name another file.",
        Corrupt or NotADatabase => "Move the file away and start again: an empty one is made. (It holds operators' orders, cached answers and work that was accepted for later; no configuration.)",
        Full => "Free some room.",
        _ => "Check the path and the rights of this user.",
    };
}
