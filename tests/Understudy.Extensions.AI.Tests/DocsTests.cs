namespace Understudy.Extensions.AI.Tests;

/// <summary>The page of the library shows what compiles, and nothing else.</summary>
public sealed class DocsTests
{
    [Fact]
    public void EveryExampleOfThePage_IsCompiled()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "Understudy.slnx"))) root = root.Parent;
        var compiled = Lines(File.ReadAllText(Path.Combine(root.FullName, "tests", "Understudy.Extensions.AI.Tests", "LibraryExamples.cs")));
        var blocks = File.ReadAllText(Path.Combine(root.FullName, "docs", "library.md")).ReplaceLineEndings("\n").Split("```csharp\n")[1..].Select(block => Lines(block.Split("```")[0])).ToList();

        Assert.True(blocks.Count >= 7);
        Assert.All(blocks, block => Assert.Contains(block, compiled, StringComparison.Ordinal));
    }

    private static string Lines(string code) => string.Join('\n', code.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));
}
