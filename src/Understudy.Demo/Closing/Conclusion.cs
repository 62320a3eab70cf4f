using System.Globalization;
using Understudy.Demo.Board;

namespace Understudy.Demo.Closing;

/// <summary>The numbers in a sentence.</summary>
internal static class Conclusion
{
    /// <summary>Writes it.</summary>
    /// <param name="trouble">How long the outage lasted.</param>
    /// <param name="accounts">The gateway's clients, then the others.</param>
    /// <param name="chronicle">What the gateway did for it.</param>
    public static string Of(TimeSpan trouble, IReadOnlyList<Account> accounts, Chronicle chronicle)
    {
        var behind = accounts[0];
        var fate = behind.Failed == 0
            ? $"all {behind.Score.Calls} calls were answered"
            : $"{behind.Score.Answered} of {behind.Score.Calls} calls were answered and {behind.Failed} were not";
        var carried = chronicle.Continued == 0 ? "" : $", {chronicle.Continued} of them after the answer had broken off in the middle";
        return $"In {trouble.Hours} h {trouble.Minutes} min of outage, behind Understudy {fate}{carried}; without it, {string.Join(", ", accounts.Skip(1).Select(Fate))}.";
    }

    private static string Fate(Account account)
    {
        List<string> misery = [];
        if (account.Score.Errors > 0) misery.Add($"{account.Score.Errors} failed");
        if (account.Score.CutShownAsWhole > 0) misery.Add($"{account.Score.CutShownAsWhole} passed half an answer off as whole");
        if (account.Score.Hanging > 0) misery.Add($"{account.Score.Hanging} never ended");
        var answered = string.Create(CultureInfo.InvariantCulture, $"{account.Score.Answered} of {account.Score.Calls} with {(char.IsDigit(account.Name[0]) ? "" : "the ")}{account.Name.ToLowerInvariant()}");
        return misery.Count == 0 ? answered : $"{answered} ({string.Join(", ", misery)})";
    }
}
