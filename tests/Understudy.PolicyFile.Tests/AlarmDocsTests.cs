using System.Text.RegularExpressions;
using Understudy.Alarms;
using Understudy.Configuration;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Tests;

/// <summary>What docs/alarms.md and docs/chaos.md show works as it is shown, and their table says what the program does.</summary>
public sealed partial class AlarmDocsTests
{
    private static readonly string _docs = Path.Combine(Fixtures.Folder, "..", "..", "docs");

    public static TheoryData<string, int, string> Examples
    {
        get
        {
            var data = new TheoryData<string, int, string>();
            foreach (var page in (string[])["alarms.md", "chaos.md"])
            {
                foreach (var (number, match) in Yaml().Matches(File.ReadAllText(Path.Combine(_docs, page))).Index()) data.Add(page, number, match.Groups["yaml"].Value);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_HasNoMistake(string page, int number, string yaml)
    {
        var environment = PolicyEnvironment.Of(new Dictionary<string, string>
        {
            ["ANTHROPIC_API_KEY"] = "sk-ant-0123456789",
            ["OPENAI_API_KEY"] = "sk-0123456789",
            ["PAGERDUTY_KEY"] = "0123456789abcdef0123456789abcdef",
            ["SLACK_WEBHOOK"] = "https://hooks.slack.com/services/T000/B000/xyz",
            ["WEBHOOK_SECRET"] = "0123456789abcdef",
            ["SMTP_PASSWORD"] = "0123456789",
        });
        var result = PolicyReader.Read(yaml, $"{page} example {number + 1}", environment);
        Assert.Empty(result.Mistakes);
        Assert.Empty(result.Notes);
    }

    [Fact]
    public void Examples_AreFound() => Assert.True(Examples.Count >= 3);

    [Fact]
    public void Table_IsThatOfTheProgram()
    {
        var path = Path.Combine(_docs, "alarms.md");
        var text = File.ReadAllText(path).ReplaceLineEndings("\n");
        const string Begin = "<!-- rules: made by a test -->\n", End = "<!-- /rules -->";
        var from = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var alarms = new AlarmsModel();
        var table = "| rule | fires when | over when | severity | may be set |\n| --- | --- | --- | --- | --- |\n" + string.Concat(AlarmWords.Rules.Select(rule =>
            $"| `{AlarmWords.Of(rule)}` | {RuleText.Of(rule, alarms)} | {RuleText.Over(rule, alarms)} | {AlarmWords.Of(alarms.Rule(rule).Severity)} | {string.Join(", ", AlarmKeys.RuleShapes[rule].Keys.Select(key => $"`{key.Name}`"))} |\n"));
        Fixtures.Same(path, text[..from] + table + text[text.IndexOf(End, StringComparison.Ordinal)..]);
    }

    [GeneratedRegex(@"^```yaml\n(?<yaml>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Yaml();
}
