using System.CommandLine;
using Understudy.PolicyFile.Reading;

namespace Understudy.Cli;

/// <summary>What is said to a wrong command line.</summary>
internal static class Usage
{
    /// <summary>Prints what is wrong, and where to look.</summary>
    /// <returns>Exit code 2.</returns>
    public static int Explain(ParseResult parsed)
    {
        foreach (var error in parsed.Errors) Console.Error.WriteLine(error.Message);
        var command = parsed.CommandResult.Command;
        var words = command.Subcommands.Select(verb => verb.Name).Concat(command.Options.Select(option => option.Name)).ToList();
        if (parsed.UnmatchedTokens.Select(token => Nearest.To(token, words)).FirstOrDefault(near => near is not null) is { } meant) Console.Error.WriteLine($"Did you mean '{meant}'?");
        Console.Error.WriteLine(command is RootCommand ? "Try: understudy --help" : $"Try: understudy {command.Name} --help");
        return ExitCode.BadUsage;
    }
}

/// <summary>Exit codes, as in the contract.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int BadUsage = 2;
}
