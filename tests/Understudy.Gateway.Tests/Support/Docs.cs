namespace Understudy.Gateway.Tests.Support;

/// <summary>Pages of the docs that a test writes, so that they cannot say what is not so.</summary>
internal static class Docs
{
    /// <summary>With UNDERSTUDY_UPDATE_GOLDEN=1 the page is written, else it has to be the same.</summary>
    public static void AssertGolden(string page, string actual)
    {
        // Not [CallerFilePath]: a deterministic build maps it away.
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Understudy.slnx"))) at = at.Parent;
        var path = Path.Combine(at?.FullName ?? throw new InvalidOperationException("Run the tests inside the source tree."), "docs", page);
        if (Environment.GetEnvironmentVariable("UNDERSTUDY_UPDATE_GOLDEN") == "1") File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"No docs/{page}: run once with UNDERSTUDY_UPDATE_GOLDEN=1 and read it.");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), actual);
    }
}
