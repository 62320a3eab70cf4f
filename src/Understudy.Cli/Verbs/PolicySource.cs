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

    /// <summary>Reads the policy; tells every mistake and every note on stderr.</summary>
    public static PolicyResult Read(string? file, PolicyEnvironment environment)
    {
        var result = PolicyReader.Load(file, environment);
        Tell(result);
        return result;
    }

    /// <summary>Tells every mistake and every note on stderr.</summary>
    public static void Tell(PolicyResult result)
    {
        foreach (var mistake in result.Mistakes) Console.Error.WriteLine(mistake);
        foreach (var note in result.Notes) Console.Error.WriteLine($"note: {note}");
    }
}
