using System.Runtime.CompilerServices;

namespace Understudy.PolicyFile.Tests;

/// <summary>
/// Files beside the tests: what is read, and what must come of it. With UNDERSTUDY_ACCEPT=1 a run writes the expected
/// files anew; whoever commits them has read them.
/// </summary>
internal static class Fixtures
{
    public static string Folder { get; } = Here();

    public static string Source { get; } = Path.GetFullPath(Path.Combine(Here(), "..", "..", "src", "Understudy.PolicyFile"));

    public static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Folder, folder), "*.yaml").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal);

    public static string Text(string folder, string name) => File.ReadAllText(Path.Combine(Folder, folder, name));

    /// <summary>Holds <paramref name="actual"/> against a committed file.</summary>
    public static void Same(string path, string actual)
    {
        if (Environment.GetEnvironmentVariable("UNDERSTUDY_ACCEPT") == "1") File.WriteAllText(path, actual);
        Assert.Equal(File.Exists(path) ? File.ReadAllText(path) : "", actual);
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
