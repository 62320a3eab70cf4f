using System.Globalization;
using Spectre.Console;
using Understudy.Demo.Board;

namespace Understudy.Demo.Closing;

/// <summary>The table at the end. Every number in it was counted in this run.</summary>
internal static class ClosingTable
{
    /// <summary>Prints it.</summary>
    public static void Print(IAnsiConsole console, IReadOnlyList<Account> accounts)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("");
        foreach (var account in accounts) table.AddColumn(new TableColumn(new Text(account.Name, BoardStyle.Strong)).RightAligned());
        Add("calls", account => Count(account.Score.Calls));
        Add("answered whole", account => Count(account.Score.Whole), IsBad(account => account.Failed > 0));
        Add("answered, marked degraded", account => Count(account.Score.Degraded));
        Add("cut, but shown as whole (1)", account => Count(account.Score.CutShownAsWhole), IsBad(account => account.Score.CutShownAsWhole > 0));
        Add("another text than was due", account => Count(account.Score.Wrong), IsBad(account => account.Score.Wrong > 0));
        Add("errors", account => Count(account.Score.Errors), IsBad(account => account.Score.Errors > 0));
        Add("still hanging at the end (2)", account => Count(account.Score.Hanging), IsBad(account => account.Score.Hanging > 0));
        Add("slowest first word", account => string.Create(CultureInfo.InvariantCulture, $"{account.Score.SlowestFirstWord.TotalSeconds:0.00} s"));
        Add("calls that providers got", account => Count(account.Attempts));
        Add("tokens billed", account => Count(account.Billed));
        Add("tokens wasted (3)", account => string.Create(CultureInfo.InvariantCulture, $"{account.Wasted:N0} ({Share(account.Wasted, account.Billed):0} %)"));
        console.Write(table);

        void Add(string what, Func<Account, string> number, Func<Account, Style>? style = null) =>
            table.AddRow([new Text(what), .. accounts.Select(account => new Text(number(account), style?.Invoke(account)))]);
    }

    private static Func<Account, Style> IsBad(Func<Account, bool> bad) => account => bad(account) ? BoardStyle.Bad : BoardStyle.Good;

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static double Share(long part, long whole) => whole == 0 ? 0 : 100.0 * part / whole;
}
