using System.CommandLine;
using Understudy.PolicyFile;

namespace Understudy.Cli.Verbs;

/// <summary><c>understudy explain</c>.</summary>
internal static class ExplainVerb
{
    public static Command Command()
    {
        var config = PolicySource.ConfigOption();
        var command = new Command("explain", "Writes the resilience strategy of a config as Markdown: what each route does when each thing fails.") { config };
        command.SetAction(parsed =>
        {
            if (PolicySource.Read(parsed.GetValue(config), PolicyEnvironment.OfProcess).Policy is not { } policy) return ExitCode.BadUsage;
            Console.Out.Write(PolicyExplainer.Markdown(policy));
            return ExitCode.Done;
        });
        return command;
    }
}
