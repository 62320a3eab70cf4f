using System.CommandLine;
using Understudy.PolicyFile;

namespace Understudy.Cli.Verbs;

/// <summary>Where a verb's policy comes from: the file it was given, the one that the environment names, or the keys in the environment.</summary>
internal static class PolicySource
{
    /// <summary><c>--config</c>.</summary>
    public static Option<string?> ConfigOption() => new("--config", "-c")
    {
        Description = "The config file. Without one: UNDERSTUDY_CONFIG, then ./understudy.yaml, then the keys in the environment.",
    };

    /// <summary>Reads the policy; tells every mistake on stderr, for with one the program ends, and every note.</summary>
    /// <param name="file">The file that was named; null for none.</param>
    /// <param name="environment">What it may read.</param>
    /// <param name="note">Takes the notes; null for stderr.</param>
    public static PolicyResult Read(string? file, PolicyEnvironment environment, Action<string>? note = null)
    {
        var result = PolicyReader.Load(file, environment);
        Tell(result with { Notes = [] }, Console.Error.WriteLine);
        Tell(result with { Mistakes = [] }, note ?? Console.Error.WriteLine);
        return result;
    }

    /// <summary>Tells every mistake and every note.</summary>
    public static void Tell(PolicyResult result, Action<string> say)
    {
        foreach (var mistake in result.Mistakes) say(mistake.ToString());
        foreach (var note in result.Notes) say($"note: {note}");
    }
}
