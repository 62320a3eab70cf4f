using System.Diagnostics;
using System.Text.Json.Nodes;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Gateway;

namespace Understudy.Cli.Tests;

/// <summary>The operator's verbs as a shell calls them, against a running gateway.</summary>
public sealed class OperatorVerbsTests
{
    private const string Token = "token-of-the-operator-0123456789";

    private static Task<GatewayServer> GatewayAsync() => GatewayServer.StartAsync(
        new()
        {
            Listen = "127.0.0.1:0",
            AdminToken = Token,
            Providers = [new() { Name = "claude", Protocol = WireProtocol.AnthropicMessages, BaseUrl = new("http://127.0.0.1:9"), Key = "sk-of-the-provider" }],
            Routes = [new() { Name = "all", Match = ["*"], Ladder = [new TargetRung { Targets = [] }] }],
        },
        cancellationToken: TestContext.Current.CancellationToken);

    private static async Task<(int Code, string Out, string Error)> RunAsync(IEnumerable<string> arguments, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Understudy.Cli.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in (string[])["UNDERSTUDY_URL", "UNDERSTUDY_LISTEN", "UNDERSTUDY_ADMIN_TOKEN"]) start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }

    [Fact]
    public async Task KillStatusRevive_AsAnOperatorDoesIt()
    {
        await using var gateway = await GatewayAsync();
        (string, string?)[] environment = [("UNDERSTUDY_ADMIN_TOKEN", Token), ("UNDERSTUDY_URL", gateway.BaseUrl.ToString())];

        var killed = await RunAsync(["kill", "claude", "--why", "status page is red", "--until", "30m", "--in-flight"], environment);
        Assert.Equal(0, killed.Code);
        Assert.Contains("claude is killed until", killed.Error, StringComparison.Ordinal);
        Assert.Contains("does not survive a restart", killed.Error, StringComparison.Ordinal);
        Assert.Equal("", killed.Out);
        Assert.Equal("claude", Assert.Single(gateway.Engine.Overrides.InForce).What);

        var status = await RunAsync(["status"], environment);
        Assert.Equal(0, status.Code);
        Assert.Contains("never called", status.Out, StringComparison.Ordinal);
        Assert.Contains("status page is red", status.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, status.Out + status.Error, StringComparison.Ordinal);
        var json = await RunAsync(["status", "--json"], environment);
        Assert.True((bool?)JsonNode.Parse(json.Out)!["providers"]![0]!["killed"]);

        var revived = await RunAsync(["revive", "claude"], environment);
        Assert.Equal((0, "claude is called again.\n"), (revived.Code, revived.Error.ReplaceLineEndings("\n")));
        Assert.Contains("nothing to revive", (await RunAsync(["revive", "claude"], environment)).Error, StringComparison.Ordinal);
        var drained = await RunAsync(["drain", "all", "--wait"], environment);
        Assert.Equal(0, drained.Code);
        Assert.Contains("nothing is under way any more", drained.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inbox_FromATerminal_ACallerGetsTheAnswer()
    {
        await using var gateway = await GatewayServer.StartAsync(
            new()
            {
                Listen = "127.0.0.1:0",
                AdminToken = Token,
                Providers = [new() { Name = "claude", Protocol = WireProtocol.AnthropicMessages, BaseUrl = new("http://127.0.0.1:9"), Key = "sk-of-the-provider" }],
                Routes = [new() { Name = "all", Match = ["*"], Ladder = [new TargetRung { Targets = [] }, new HumanRung { Inbox = "support", Degraded = true }] }],
            },
            cancellationToken: TestContext.Current.CancellationToken);
        (string, string?)[] environment = [("UNDERSTUDY_ADMIN_TOKEN", Token), ("UNDERSTUDY_URL", gateway.BaseUrl.ToString())];
        Assert.Equal("Nothing waits for a person.\n", (await RunAsync(["inbox"], environment)).Out.ReplaceLineEndings("\n"));

        var waits = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Engine.Inboxes.Changed += change => waits.TrySetResult(change.Id);
        using var http = new HttpClient();
        using var body = new StringContent("""{"model":"claude-x","max_tokens":9,"messages":[{"role":"user","content":"When does \u001b[2Jit begin?"}]}""", System.Text.Encoding.UTF8, "application/json");
        var asking = http.PostAsync(new Uri(gateway.BaseUrl, "v1/messages"), body, TestContext.Current.CancellationToken);
        var id = await waits.Task;
        var listed = await RunAsync(["inbox", "--inbox", "support"], environment);
        Assert.Contains(id, listed.Out, StringComparison.Ordinal);
        Assert.Contains("When does ·[2Jit begin?", listed.Out, StringComparison.Ordinal); // a caller does not draw on the operator's terminal
        Assert.Contains("[the question]", (await RunAsync(["inbox", "show", id], environment)).Out, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync(["inbox", "answer", id, "--draft"], environment)).Code);
        Assert.Equal(0, (await RunAsync(["inbox", "answer", id, "--text", "At eight."], environment)).Code);
        using var answer = await asking;
        Assert.Contains("At eight.", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var late = await RunAsync(["inbox", "drop", id], environment);
        Assert.Equal(1, late.Code);
        Assert.Contains("409: It is over: answered by", late.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("srve", "serve")]
    [InlineData("serve --confg u.yaml", "--config")]
    public async Task AWrongWord_IsToldItsNearest(string line, string meant)
    {
        var wrong = await RunAsync(line.Split(' '));
        Assert.Equal(2, wrong.Code);
        Assert.Contains($"Did you mean '{meant}'?", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pin_AsAnOperatorDoesIt()
    {
        await using var gateway = await GatewayAsync();
        (string, string?)[] environment = [("UNDERSTUDY_ADMIN_TOKEN", Token), ("UNDERSTUDY_URL", gateway.BaseUrl.ToString())];
        var wrong = await RunAsync(["pin", "al", "claude/=", "--until", "1h"], environment);
        Assert.Equal(1, wrong.Code);
        Assert.Contains("did you mean 'all'?", wrong.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync(["pin", "all", "claude/="], environment)).Code); // a pin says when it ends
    }

    [Fact]
    public async Task Mistakes_AreSaidClearly()
    {
        await using var gateway = await GatewayAsync();
        var url = gateway.BaseUrl.ToString();
        var wrongName = await RunAsync(["kill", "claud", "--url", url], ("UNDERSTUDY_ADMIN_TOKEN", Token));
        Assert.Equal(1, wrongName.Code);
        Assert.Contains("did you mean 'claude'?", wrongName.Error, StringComparison.Ordinal);

        var wrongToken = await RunAsync(["status", "--url", url], ("UNDERSTUDY_ADMIN_TOKEN", "guess"));
        Assert.Equal(1, wrongToken.Code);
        Assert.Contains("401", wrongToken.Error, StringComparison.Ordinal);

        var noToken = await RunAsync(["status", "--url", url]);
        Assert.Equal(2, noToken.Code);
        Assert.Contains("UNDERSTUDY_ADMIN_TOKEN is not set", noToken.Error, StringComparison.Ordinal);

        var nobody = await RunAsync(["revive", "all", "--url", "http://127.0.0.1:9"], ("UNDERSTUDY_ADMIN_TOKEN", Token));
        Assert.Equal(1, nobody.Code);
        Assert.Contains("nobody listens there", nobody.Error, StringComparison.Ordinal);

        Assert.Equal(2, (await RunAsync(["kill"], ("UNDERSTUDY_ADMIN_TOKEN", Token))).Code);
        Assert.Equal(2, (await RunAsync(["status", "--url", "not an address"], ("UNDERSTUDY_ADMIN_TOKEN", Token))).Code);
    }

    [Fact]
    public async Task Serve_SaysWhyItsStoreIsOfNoUse()
    {
        var folder = Directory.CreateTempSubdirectory("understudy-cli");
        try
        {
            var config = Path.Combine(folder.FullName, "understudy.yaml");
            await File.WriteAllTextAsync(config, $"listen: 127.0.0.1:0\nstore: sqlite:{Path.Combine(folder.FullName, "missing", "x.db")}\nproviders: {{ claude: {{ protocol: anthropic, key: k }} }}\n", TestContext.Current.CancellationToken);
            var served = await RunAsync(["serve", "--config", config]);
            Assert.Equal(1, served.Code);
            Assert.Contains("its folder is missing", served.Error, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("the curtain rises again", 0, "")]
    [InlineData("short", 2, "12 characters")]
    [InlineData("", 2, "No password")]
    public async Task HashPassword_ReadsStdin_AndPrintsTheHashAlone(string password, int code, string says)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Understudy.Cli.dll"), "hash-password"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteLineAsync(password);
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Contains(says, await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(code, process.ExitCode);
        if (code != 0) return;
        Assert.True(PasswordHash.TryParse(output.Trim(), out var hash, out _));
        Assert.True(hash.Matches(password));
        Assert.False(hash.Matches(password + " "));
    }
}
