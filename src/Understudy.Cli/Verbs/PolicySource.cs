using System.CommandLine;
using Understudy.Configuration;
using Understudy.PolicyFile;

namespace Understudy.Cli.Verbs;

/// <summary>Where a verb's policy comes from: the file it was given, the one that the environment names, or the keys in the environment.</summary>
internal static class PolicySource
{
    /// <summary><c>--config</c>.</summary>
    public static Option<FileInfo?> ConfigOption() => new("--config", "-c")
    {
        Description = "The config file. Without one: UNDERSTUDY_CONFIG, then ./understudy.yaml, then the keys in the environment.",
    };

    /// <summary>The file to read; null where the environment's keys are to be used.</summary>
    public static string? PathOf(FileInfo? given) =>
        given?.ToString()
        ?? (Environment.GetEnvironmentVariable("UNDERSTUDY_CONFIG") is { Length: > 0 } named ? named
            : File.Exists("understudy.yaml") ? "understudy.yaml" : null);

    /// <summary>Reads the policy; tells every mistake on stderr.</summary>
    /// <returns>Null where there is none to be had.</returns>
    public static Policy? Read(string? path)
    {
        var result = Load(path);
        foreach (var mistake in result.Mistakes) Console.Error.WriteLine(mistake);
        foreach (var note in result.Notes) Console.Error.WriteLine(note);
        return result.Policy;
    }

    /// <summary>Reads the policy.</summary>
    public static PolicyResult Load(string? path) => path is null
        ? PolicyFromEnvironment.Build(PolicyEnvironment.System)
        : PolicyReader.ReadFile(path, PolicyEnvironment.System);
}
