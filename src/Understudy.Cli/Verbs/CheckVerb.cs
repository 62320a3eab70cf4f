using System.CommandLine;
using Understudy.PolicyFile;

namespace Understudy.Cli.Verbs;

/// <summary><c>understudy check</c>.</summary>
internal static class CheckVerb
{
    public static Command Command()
    {
        var config = PolicySource.ConfigOption();
        var command = new Command("check", "Validates a config: every mistake with file, line and column.") { config };
        command.SetAction(parsed =>
        {
            if (PolicySource.Read(parsed.GetValue(config), PolicyEnvironment.OfProcess).Policy is not { } policy) return ExitCode.BadUsage;
            Console.Error.WriteLine($"{policy.Source}: no mistakes. {policy.Providers.Count} providers, {policy.Routes.Count} routes, {policy.Clients.Count} clients.");
            return ExitCode.Done;
        });
        return command;
    }
}
