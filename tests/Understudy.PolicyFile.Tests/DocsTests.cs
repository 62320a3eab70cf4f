using System.Text.RegularExpressions;

namespace Understudy.PolicyFile.Tests;

/// <summary>What the documentation shows works as it is shown.</summary>
public sealed partial class DocsTests
{
    public static TheoryData<string, int, string> Examples
    {
        get
        {
            var data = new TheoryData<string, int, string>();
            foreach (var page in (string[])["rungs.md", "operators.md", "deferred.md", "capture.md", "drills.md"])
            {
                var text = File.ReadAllText(Path.Combine(Fixtures.Folder, "..", "..", "docs", page));
                foreach (var (number, example) in Yaml().Matches(text).Select(match => match.Groups["yaml"].Value).Index()) data.Add(page, number, example);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_HasNoMistake(string page, int number, string yaml)
    {
        var environment = PolicyEnvironment.Of(new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = "sk-ant-0123456789", ["OPENAI_API_KEY"] = "sk-0123456789", ["UNDERSTUDY_CACHE_KEY"] = "0123456789abcdef0123456789abcdef", ["WEBHOOK_SECRET"] = "0123456789abcdef0123456789abcdef", ["UNDERSTUDY_ADMIN_TOKEN"] = "0123456789abcdef0123456789abcdef" });
        var result = PolicyReader.Read(yaml, $"{page} example {number + 1}", environment);
        Assert.Empty(result.Mistakes);
        Assert.Empty(result.Notes);
    }

    [Fact]
    public void Examples_AreFound() => Assert.True(Examples.Count >= 3);

    [GeneratedRegex(@"^```yaml\n(?<yaml>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Yaml();
}
