using System.CommandLine;
using System.Text;
using Understudy.Configuration;

namespace Understudy.Cli.Verbs;

/// <summary><c>understudy hash-password</c>: what stands in the policy file in the place of an operator's password.</summary>
internal static class HashPasswordVerb
{
    private const int ShortestPassword = 12;

    public static Command Command()
    {
        var command = new Command("hash-password", "Makes the password_hash of an operator from a password: asked for on a terminal, else the first line of stdin. The hash goes to stdout.");
        command.SetAction(_ => Make());
        return command;
    }

    private static int Make()
    {
        var password = Console.IsInputRedirected ? Console.In.ReadLine() : Ask("Password: ");
        if (string.IsNullOrEmpty(password)) return Refuse("No password came.");
        if (password.Length > PasswordHash.LongestPassword) return Refuse($"A password has {PasswordHash.LongestPassword} characters at most.");
        if (password.Length < ShortestPassword) return Refuse($"A password has {ShortestPassword} characters at least: everybody who reaches the page can guess at it.");
        if (!Console.IsInputRedirected && Ask("Once more: ") != password) return Refuse("The two differ.");
        Console.WriteLine(PasswordHash.Make(password));
        return ExitCode.Done;
    }

    /// <summary>Reads a line that is not shown.</summary>
    private static string Ask(string prompt)
    {
        Console.Error.Write(prompt);
        var line = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key != ConsoleKey.Backspace) line.Append(key.KeyChar);
            else if (line.Length > 0) line.Length--;
        }

        Console.Error.WriteLine();
        return line.ToString();
    }

    private static int Refuse(string why)
    {
        Console.Error.WriteLine(why);
        return ExitCode.BadUsage;
    }
}
