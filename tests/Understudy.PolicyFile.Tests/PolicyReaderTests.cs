using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.PolicyFile.Tests;

public sealed class PolicyReaderTests
{
    // Everything that the fixtures refer to. No value of these may ever be seen in a message.
    internal static readonly Dictionary<string, string> Secrets = new()
    {
        ["ANTHROPIC_API_KEY"] = "sk-ant-PLANTED-anthropic-000111222333",
        ["OPENAI_API_KEY"] = "sk-proj-PLANTED-openai-444555666777",
        ["GEMINI_API_KEY"] = "AIzaPLANTEDgemini888999aaabbbccc",
        ["WEBSITE_KEY"] = "PLANTED-website-key-of-32-letters",
        ["OTHER_KEY"] = "PLANTED-website-key-of-32-letters",
        ["UNDERSTUDY_ADMIN_TOKEN"] = "PLANTED-admin-token-dddeeefff",
        ["SHORT_KEY"] = "PLANTED-9",
        ["BROKEN_KEY"] = "PLANTED two\nlines",
        ["NOT_A_NUMBER"] = "PLANTED-number",
        ["EMPTY_KEY"] = "  ",
    };

    internal static PolicyEnvironment Planted { get; } = PolicyEnvironment.Of(Secrets, path =>
        path.EndsWith("secret.txt", StringComparison.Ordinal) ? "PLANTED-from-file-123456\n" : path.EndsWith("empty.txt", StringComparison.Ordinal) ? "" : null);

    public static TheoryData<string> Bad => [.. Fixtures.Files("bad")];

    public static TheoryData<string> Good => [.. Fixtures.Files("good")];

    [Theory]
    [MemberData(nameof(Bad))]
    public void BadFile_EveryMistakeWithItsPlace(string name)
    {
        var result = PolicyReader.Read(Fixtures.Text("bad", name + ".yaml"), name + ".yaml", Planted);

        Assert.NotEmpty(result.Mistakes);
        Assert.Null(result.Policy);
        var said = Said(result);
        Assert.DoesNotContain("PLANTED", said, StringComparison.Ordinal);
        Fixtures.Same(Path.Combine(Fixtures.Folder, "bad", name + ".txt"), said);
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void GoodFile_NoMistakes(string name)
    {
        var result = PolicyReader.Read(Fixtures.Text("good", name + ".yaml"), name + ".yaml", Planted);

        Assert.Empty(result.Mistakes);
        Assert.NotNull(result.Policy);
        var said = Said(result) + Shown(result.Policy);
        Assert.DoesNotContain("PLANTED", said, StringComparison.Ordinal);
        Fixtures.Same(Path.Combine(Fixtures.Folder, "good", name + ".txt"), said);
    }

    internal static string Said(PolicyResult result) =>
        string.Concat(result.Mistakes.Select(mistake => $"{mistake}\n")) + string.Concat(result.Notes.Select(note => $"note: {note}\n"));

    /// <summary>Everything a policy says of itself: what lands in a log that someone writes it to.</summary>
    private static string Shown(Policy policy)
    {
        var lines = new List<string>
        {
            policy.ToString(), $"listen {policy.Listen}, store {policy.Store}, admin {(policy.AdminToken is null ? "off" : "on")}, kill {string.Join(",", policy.Kill.Names)}",
            policy.Retry.ToString(), policy.Breaker.ToString(), policy.Limits.ToString(),
        };
        if (policy.Alarms.Receivers.Count > 0) lines.Add($"alarms: {policy.Alarms}, objective {policy.Alarms.Objective}, group {policy.Alarms.GroupWait}, {policy.Alarms.GroupInterval}");
        lines.AddRange(policy.Alarms.Rules.Select(one => $"  {one.Key}: {one.Value with { Factors = [] }}, factors {string.Join(",", one.Value.Factors)}"));
        lines.AddRange(policy.Alarms.Receivers.Select(one => $"  {one}"));
        lines.AddRange(policy.Alarms.Notify.Select(one => $"  {string.Join(",", one.Rules)} from {one.Severity} to {string.Join(",", one.To)}, again {one.RepeatEvery}, {string.Join(",", one.EscalateTo)} after {one.EscalateAfter}"));
        lines.AddRange(policy.Providers.Select(one => $"{one}, key {(one.Key is null ? "none" : "set")}"));
        lines.AddRange(policy.UseCases.Select(one => one.ToString()));
        lines.AddRange(policy.Clients.Select(one => $"{one}, hash of {one.KeyHash.Length} bytes, {one.UseCase?.Name}, {one.Budget}"));
        lines.AddRange(policy.Operators.Select(one => $"{one}, {one.Password}, inboxes {string.Join(", ", one.Inboxes)}"));
        foreach (var route in policy.Routes)
        {
            lines.Add($"route {route.Name}: {string.Join(",", route.Match)} as {route.UseCase.Name}{(route.NamesUseCase ? "" : " (by default)")}, at most {route.MaxAttempts}{(route.Objective is { } objective ? $", objective {objective}" : "")}{(route.AllowsChaos ? ", chaos" : "")}");
            lines.AddRange(route.Ladder.Select(rung => rung is TargetRung targets
                ? $"  {targets.Pick} {string.Join(" | ", targets.Targets.Select(target => $"{target} x{target.Weight}"))} degraded {targets.Degraded}"
                : $"  {rung}"));
        }
        return string.Concat(lines.Select(line => line + "\n"));
    }
}
