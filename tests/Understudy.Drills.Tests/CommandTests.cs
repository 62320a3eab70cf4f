using System.Diagnostics;

namespace Understudy.Drills.Tests;

/// <summary><c>understudy drill</c> from outside.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-drill").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task List_ShowsEverything()
    {
        var (code, output, _) = await RunAsync("--list");
        Assert.Equal(0, code);
        Assert.Contains("claude-2026-06-02", output, StringComparison.Ordinal);
        Assert.Contains("gateway-cooldown", output, StringComparison.Ordinal);
        Assert.Contains("mooncake", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output);
    }

    [Fact]
    public async Task Drill_WritesTableJsonAndPage_TheSameEachTime()
    {
        var (code, output, errors) = await RunAsync("openrouter-2026-02-17-lying-401", "--rate", "0.2", "--against", "naive,retry-5x1s", "--seed", "3", "--json", At("a.json"), "--report", At("a.html"));
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("understudy", output, StringComparison.Ordinal);
        Assert.Contains("retry-5x1s", output, StringComparison.Ordinal);
        await RunAsync("openrouter-2026-02-17-lying-401", "--rate", "0.2", "--against", "naive,retry-5x1s", "--seed", "3", "--json", At("b.json"), "--report", At("b.html"));
        Assert.Equal(File.ReadAllBytes(At("a.json")), File.ReadAllBytes(At("b.json")));
        Assert.Equal(File.ReadAllBytes(At("a.html")), File.ReadAllBytes(At("b.html")));
        Assert.DoesNotContain(_folder, File.ReadAllText(At("a.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OwnConfig_IsDrilledWithoutItsKeys()
    {
        File.WriteAllText(At("understudy.yaml"), """
            providers:
              claude: { protocol: anthropic, key: "${MY_ANTHROPIC_KEY}" }
              spare:  { protocol: gemini, key: "${MY_OTHER_TOKEN}" }
            routes:
              - match: [claude-*]
                use_case: interactive
                ladder: [ { target: claude/= }, { target: spare/gemini-2.5-pro } ]
            """);
        var (code, output, errors) = await RunAsync("claude-2026-06-02", "--rate", "0.1", "--config", At("understudy.yaml"));
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("spare/gemini-2.5-pro", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("did you mean 'midstream-cuts'?", "midstream-cut")]
    [InlineData("Which scenario?")]
    [InlineData("naive, try-except", "midstream-cuts", "--against", "zzz")]
    [InlineData("more than 0", "midstream-cuts", "--rate", "0")]
    [InlineData("not be negative", "midstream-cuts", "--revenue-per-hour", "-1")]
    [InlineData("Try: understudy drill --help", "midstream-cuts", "--seed", "soon")]
    public async Task BadUsage_IsTwoAndSaysWhy(string said, params string[] arguments)
    {
        var (code, output, errors) = await RunAsync(arguments);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(said, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BadConfig_IsTwoWithItsPlace()
    {
        File.WriteAllText(At("bad.yaml"), "providers:\n  claude: { protocol: anthropik }\n");
        var (code, _, errors) = await RunAsync("midstream-cuts", "--config", At("bad.yaml"));
        Assert.Equal(2, code);
        Assert.Contains("bad.yaml:2:", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnwritableReport_IsOne()
    {
        var (code, _, errors) = await RunAsync("openrouter-2026-02-17-lying-401", "--rate", "0.05", "--json", At("no/such/folder/a.json"));
        Assert.Equal(1, code);
        Assert.Contains("a.json", errors, StringComparison.Ordinal);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Understudy.Cli.dll"));
        start.ArgumentList.Add("drill");
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await errors);
    }
}
