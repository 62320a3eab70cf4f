using System.Text.RegularExpressions;

namespace Understudy.PolicyFile.Tests;

/// <summary>What the documentation shows works as it is shown.</summary>
public sealed partial class DocsTests
{
    public static TheoryData<int, string> Examples
    {
        get
        {
            var page = File.ReadAllText(Path.Combine(Fixtures.Folder, "..", "..", "docs", "rungs.md"));
            var data = new TheoryData<int, string>();
            foreach (var (number, example) in Yaml().Matches(page).Select(match => match.Groups["yaml"].Value).Index()) data.Add(number, example);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_HasNoMistake(int number, string yaml)
    {
        var environment = PolicyEnvironment.Of(new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = "sk-ant-0123456789", ["UNDERSTUDY_CACHE_KEY"] = "0123456789abcdef0123456789abcdef" });
        var result = PolicyReader.Read(yaml, $"rungs.md example {number + 1}", environment);
        Assert.Empty(result.Mistakes);
        Assert.Empty(result.Notes);
    }

    [Fact]
    public void Examples_AreFound() => Assert.True(Examples.Count >= 3);

    [GeneratedRegex(@"^```yaml\n(?<yaml>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Yaml();
}
