using System.Globalization;
using Understudy.Demo.Board;

namespace Understudy.Demo.Closing;

/// <summary>The numbers in a sentence.</summary>
internal static class Conclusion
{
    /// <summary>Writes it.</summary>
    /// <param name="accounts">The gateway's clients, then the others.</param>
    /// <param name="chronicle">What the gateway did for it.</param>
    public static string Of(IReadOnlyList<Account> accounts, Chronicle chronicle)
    {
        var behind = accounts[0];
        var first = behind.Failed == 0
            ? $"Claude was down for 5 h 45 min, and behind Understudy all {behind.Score.Calls} calls got their answer"
            : $"Claude was down for 5 h 45 min, and behind Understudy {behind.Score.Answered} of {behind.Score.Calls} calls got their answer and {behind.Failed} did not";
        var carried = chronicle.Continued > 0 ? $", {chronicle.Continued} of them carried on in mid-sentence" : "";
        var others = accounts.Skip(1).Select(account =>
            string.Create(CultureInfo.InvariantCulture, $"{account.Name.ToLowerInvariant()} got {Percent(account)} and wasted {(account.Billed == 0 ? 0 : 100.0 * account.Wasted / account.Billed):0} % of the tokens"));
        return $"{first}{carried}; without it the {string.Join(", ", others)}.";
    }

    private static string Percent(Account account) =>
        string.Create(CultureInfo.InvariantCulture, $"{(account.Score.Calls == 0 ? 0 : 100.0 * account.Score.Answered / account.Score.Calls):0} % answered");
}
