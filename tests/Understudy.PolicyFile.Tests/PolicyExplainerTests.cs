using Understudy.Configuration;

namespace Understudy.PolicyFile.Tests;

public sealed class PolicyExplainerTests
{
    public static TheoryData<string> Good => PolicyReaderTests.Good;

    [Theory]
    [InlineData("contract")]
    [InlineData("every_key")]
    [InlineData("defaults_give_way")]
    public void Explanation_IsTheCommittedOne(string name) =>
        Fixtures.Same(Path.Combine(Fixtures.Folder, "golden", $"explain_{name}.md"), PolicyExplainer.Markdown(Read(name)));

    [Theory]
    [MemberData(nameof(Good))]
    public void AnyPolicy_NothingSecretIsExplained(string name)
    {
        var policy = Read(name);
        var text = PolicyExplainer.Markdown(policy) + string.Concat(PolicySummary.Lines(policy)) + policy + string.Concat(policy.Clients) + string.Concat(policy.Providers) + policy.Store;

        Assert.DoesNotContain("PLANTED", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Summary_SaysTheWholeLadderAndItsBounds() => Assert.Equal(
        "claude-sonnet-*, claude-opus-*: claude/= → openai/gpt-5 | gemini/gemini-2.5-pro [cheapest] → local/llama3.1 (degraded) → cache (at most 24h old) → human (support, waits 10m) → defer (24h) → notice; at most 6 attempts, first word or the notice within 49 s where no person is asked, else 10m later, all of it within 11m",
        PolicySummary.Lines(Read("contract"))[1]);

    [Theory]
    // The only target: 6 attempts of 8 s and backoffs of 0.25, 0.5, 1, 2 and 4 s.
    [InlineData("claude/=", 6, "6 attempts, first word or an honest error within 56 s")]
    [InlineData("claude/=", 1, "1 attempt, first word or an honest error within 8 s")]
    // Five targets would take 81.25 s: the deadline ends it.
    [InlineData("claude/a, claude/b, claude/c, claude/d, claude/e", 100, "10 attempts, first word or an honest error within 60 s")]
    public void WorstCase_IsTheSumOfTheClocks(string targets, int attempts, string expected)
    {
        var ladder = string.Concat(targets.Split(", ").Select(target => $"\n      - target: {target}"));
        var policy = PolicyReader.Read($"providers: {{ claude: {{ protocol: anthropic }} }}\nroutes:\n  - max_attempts: {attempts}\n    ladder:{ladder}\n", "f.yaml", PolicyReaderTests.Planted).Policy!;

        Assert.Contains(expected, PolicySummary.Lines(policy)[1], StringComparison.Ordinal);
    }

    private static Policy Read(string name) =>
        PolicyReader.Read(Fixtures.Text("good", name + ".yaml"), name + ".yaml", PolicyReaderTests.Planted).Policy!;
}
