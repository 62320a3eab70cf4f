using System.CommandLine;

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
