using System.CommandLine;

namespace Understudy.Cli.Verbs;

/// <summary>The verbs of <c>understudy</c>, in the order in which its help shows them.</summary>
internal static class Verbs
{
    private static readonly (string Name, Func<Command> Make)[] All =
    [
        ("serve", ServeVerb.Command),
#if NATIVE_PROGRAM
        ("demo", () => Elsewhere("demo")),
#else
        ("demo", DemoVerb.Command),
#endif
        ("check", CheckVerb.Command),
        ("explain", ExplainVerb.Command),
#if NATIVE_PROGRAM
        ("provider", () => Elsewhere("provider")),
#else
        ("provider", ProviderVerb.Command),
#endif
        ("status", StatusVerb.Command),
        ("kill", LeverVerb.Kill),
        ("drain", LeverVerb.Drain),
        ("pin", PinVerb.Command),
        ("revive", LeverVerb.Revive),
        ("inbox", InboxVerb.Command),
        ("drill", DrillVerb.Command),
        ("purge", PurgeVerb.Command),
        ("captures", CapturesVerb.Command),
        ("hash-password", HashPasswordVerb.Command),
    ];

    /// <summary>The verb that a command line names, or all of them: one verb's options need not wait for those of the others, nor load what they use.</summary>
    public static IEnumerable<Command> For(string[] args)
    {
        var named = All.Where(verb => args is [var first, ..] && first == verb.Name).ToArray();
        return (named.Length == 0 ? All : named).Select(verb => verb.Make());
    }

#if NATIVE_PROGRAM
    /// <summary>A verb that the native program has not: simulated providers and the vendors' own SDKs are no part of a server.</summary>
    private static Command Elsewhere(string name)
    {
        var command = new Command(name, "Not in the native program: ./run of the repository has it.") { Hidden = true, TreatUnmatchedTokensAsErrors = false };
        command.SetAction(_ =>
        {
            Console.Error.WriteLine($"'{name}' is not in the native program, which is made for servers. The repository's './run {name}' has it.");
            return ExitCode.BadUsage;
        });
        return command;
    }
#endif
}
