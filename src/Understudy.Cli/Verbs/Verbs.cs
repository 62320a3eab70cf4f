using System.CommandLine;

namespace Understudy.Cli.Verbs;

/// <summary>The verbs of <c>understudy</c>, in the order in which its help shows them.</summary>
internal static class Verbs
{
    private static readonly (string Name, Func<Command> Make)[] All =
    [
        ("serve", ServeVerb.Command),
        ("demo", DemoVerb.Command),
        ("check", CheckVerb.Command),
        ("explain", ExplainVerb.Command),
        ("provider", ProviderVerb.Command),
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
}
