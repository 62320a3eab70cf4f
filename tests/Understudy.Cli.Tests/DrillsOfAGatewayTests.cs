using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Understudy.Rehearsals;
using Understudy.Storage.Sqlite;

namespace Understudy.Cli.Tests;

/// <summary>Drills that a gateway runs of its own policy, as an operator has them: two real processes, the second the first one's child.</summary>
public sealed class DrillsOfAGatewayTests : IAsyncDisposable
{
    private const string Short = "openai-2024-12-04-stall30"; // the shortest of all
    private const string Long = "azure-2026-03-09-one-model"; // as many calls as a drill ever makes

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("understudy-drills");
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", "admin-token-0123456789") } };
    private readonly ConcurrentQueue<string> _said = new();
    private readonly SemaphoreSlim _says = new(0);
    private Process? _program;
    private Uri _url = new("http://127.0.0.1");

    private string Store => Path.Combine(_folder.FullName, "understudy.db");

    private string Scratch => Path.Combine(_folder.FullName, "tmp");

    public async ValueTask DisposeAsync()
    {
        _program?.Kill(entireProcessTree: true);
        await (_program?.WaitForExitAsync(CancellationToken.None) ?? Task.CompletedTask);
        _program?.Dispose();
        _http.Dispose();
        _says.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>A gateway before two providers that nobody runs: a drill asks neither.</summary>
    private async Task ServeAsync(string scenarios, string ladder = "[{ target: openai/= }, { target: claude/claude-sonnet-4-5 }]")
    {
        var config = Path.Combine(_folder.FullName, "understudy.yaml");
        Directory.CreateDirectory(Scratch);
        await File.WriteAllTextAsync(config, $$"""
            listen: 127.0.0.1:0
            store: sqlite:{{Store}}
            admin: { token: "${DRILL_TEST_TOKEN}" }
            providers:
              openai: { protocol: openai, base_url: "http://127.0.0.1:9/v1", key: "${DRILL_TEST_KEY}" }
              claude: { protocol: anthropic, base_url: "http://127.0.0.1:9", key: "${DRILL_TEST_KEY}" }
            routes:
              - { match: "*", ladder: {{ladder}} }
            drills: { every: 24h, scenarios: {{scenarios}} }
            """, TestContext.Current.CancellationToken);
        _program = ServedProgram.Start(config, out var address, Hear, native: false, ("DRILL_TEST_TOKEN", "admin-token-0123456789"), ("DRILL_TEST_KEY", "sk-of-the-provider-0123456789"), ("TMPDIR", Scratch));
        _url = await address;
    }

    private void Hear(string line)
    {
        _said.Enqueue(line);
        _says.Release();
    }

    /// <summary>Waits until the program has said it.</summary>
    private async Task SaysAsync(string words)
    {
        while (true)
        {
            await _says.WaitAsync(TestContext.Current.CancellationToken);
            if (_said.TryDequeue(out var line) && line.Contains(words, StringComparison.Ordinal)) return;
        }
    }

    private async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await _http.GetStringAsync(new Uri(_url, path), TestContext.Current.CancellationToken))!;

    private async Task<int> DrillAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(new Uri(_url, "admin/drills"), content, TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }

    private void AssertSurvived(JsonNode one, JsonNode whole, string who)
    {
        Assert.Equal((Short, who, true), ((string?)one["scenario"], (string?)one["who"], (bool?)one["survived"]));
        Assert.InRange((double)one["answered"]!, 0.95, 1);
        var report = whole["report"]!;
        Assert.Equal(("understudy.drill/1", Short), ((string?)report["form"], (string?)report["scenario"]!["id"]));
        // It is this policy's: its own providers, in its own order.
        Assert.Contains("openai", report["setup"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal((int)one["calls"]!, (int)report["strategies"]![0]!["calls"]!);
        Assert.True((int)one["calls"]! > 10_000);
        Assert.DoesNotContain("sk-of-the-provider", whole.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Scratch, "*.tmp"));
    }

    [Fact]
    public async Task AnOperatorDrillsThePolicy_TheReportIsThere_AndStaysOverARestart()
    {
        await ServeAsync($"[{Short}]");
        Assert.Equal(202, await DrillAsync("""{"by":"rosa"}"""));
        await SaysAsync($"the policy survives {Short}");
        var one = Assert.Single((await GetAsync("admin/drills"))["drills"]!.AsArray())!;
        AssertSurvived(one, await GetAsync($"admin/drills/{(string?)one["id"]}"), "rosa (127.0.0.1)");

        _program!.Kill();
        await _program.WaitForExitAsync(TestContext.Current.CancellationToken);
        _program.Dispose();
        await ServeAsync($"[{Short}]");
        one = Assert.Single((await GetAsync("admin/drills"))["drills"]!.AsArray())!;
        AssertSurvived(one, await GetAsync($"admin/drills/{(string?)one["id"]}"), "rosa (127.0.0.1)");
    }

    [Fact]
    public async Task ByTheSchedule_WhatIsDueAtAStart_IsDrilledAMinuteLater()
    {
        // A day ago the schedule had its last one; real time cannot be moved on.
        await using (var store = SqliteStore.Open(Store, new()))
        {
            var last = new Rehearsal { Id = "drill-7", At = TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(25), Scenario = Short, Who = "the schedule", Finding = new() { Calls = 1, Answered = 1 }, Wanted = 0.95 };
            store.Save([last], last, "{}");
        }

        await ServeAsync($"[{Short}]");
        await SaysAsync($"the policy survives {Short}");
        var drills = (await GetAsync("admin/drills"))["drills"]!.AsArray();
        Assert.Equal(["drill-8", "drill-7"], drills.Select(one => (string?)one!["id"]));
        AssertSurvived(drills[0]!, await GetAsync("admin/drills/drill-8"), "the schedule");
    }

    [Fact]
    public async Task APolicyThatWouldNotSurvive_AndAnOutageThatNobodyKnows_AreToldApart_AndRing()
    {
        await ServeAsync($"[{Short}, no-such-outage]", "[{ target: openai/= }]");
        Assert.Equal(202, await DrillAsync("{}"));
        await SaysAsync($"the policy would not survive {Short}");
        await SaysAsync("the drill of no-such-outage could not be run");
        var drills = (await GetAsync("admin/drills"))["drills"]!.AsArray();
        Assert.Equal(("no-such-outage", false), ((string?)drills[0]!["scenario"], (bool?)drills[0]!["survived"]));
        Assert.StartsWith("the policy file or the scenario has a mistake: ", (string?)drills[0]!["trouble"], StringComparison.Ordinal);
        Assert.False((bool?)drills[1]!["survived"]);
        Assert.InRange((double)drills[1]!["answered"]!, 0.01, 0.95);
        await SaysAsync("warning drill_failed"); // at the next look
        Assert.Equal(["no-such-outage", Short], (await GetAsync("admin/alerts"))["alerts"]!.AsArray().Select(alarm => (string?)alarm!["subject"]).Order());
    }

    [Fact]
    public async Task AStopInTheMiddle_TakesTheDrillAlong_AndLeavesNothingBehind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks for the child in /proc.");
        await ServeAsync($"[{Long}]");
        Assert.Equal(202, await DrillAsync("{}"));
        int child;
        while ((child = ChildOf(_program!.Id)) == 0) await Task.Delay(10, TestContext.Current.CancellationToken);
        Assert.Equal(409, await DrillAsync("{}")); // one at a time
        // The lowest priority that there is: field 19 of stat, counted after the name.
        var stat = await File.ReadAllTextAsync($"/proc/{child}/stat", TestContext.Current.CancellationToken);
        Assert.Equal("19", stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16]);

        using (var stop = Process.Start("kill", ["-TERM", _program.Id.ToString(CultureInfo.InvariantCulture)])) await stop.WaitForExitAsync(TestContext.Current.CancellationToken);
        await _program.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, _program.ExitCode);
        Assert.False(Directory.Exists($"/proc/{child}"), "The drill goes on without its gateway.");
        Assert.Empty(Directory.GetFiles(Scratch, "*.tmp"));
    }

    /// <summary>The first child; 0 where there is none. A child belongs to the thread that started it.</summary>
    private static int ChildOf(int process) => Directory.GetDirectories($"/proc/{process}/task")
        .Select(thread => Path.Combine(thread, "children")).Where(File.Exists)
        .SelectMany(file => File.ReadAllText(file).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(child => int.Parse(child, CultureInfo.InvariantCulture)).FirstOrDefault();
}
