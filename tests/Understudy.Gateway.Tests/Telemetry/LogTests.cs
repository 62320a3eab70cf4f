using System.Text;
using System.Text.Json.Nodes;
using Understudy.Gateway.Telemetry;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;

namespace Understudy.Gateway.Tests.Telemetry;

public sealed class LogTests
{
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":50,"stream":true,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";

    [Fact]
    public async Task Json_IsOneObjectALine_WithTheContextOfTheCall()
    {
        var lines = (await LogAsync(LogFormat.Json, async stage =>
        {
            stage.Claude.Faults.Set(new Simulator.Faults.FaultSpec { Kind = "status", Code = 529, Times = 2 });
            await RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
            await stage.OnlyRecordAsync();
        })).Select(line => JsonNode.Parse(line)!).ToList();
        var call = Assert.Single(lines, line => (string)line["event"]! == "call");
        Assert.Equal("info", (string)call["level"]!);
        Assert.Equal("answered", (string)call["outcome"]!);
        Assert.Equal("openai/gpt-4o", (string)call["served_by"]!);
        Assert.Equal("claude-sonnet-4-5", (string)call["model"]!);
        Assert.StartsWith("us_", (string)call["request_id"]!);
        Assert.Equal(Encoding.UTF8.GetByteCount(Ask), (int)call["request_bytes"]!);
        Assert.True((double)call["duration_ms"]! >= (double)call["first_token_ms"]!);
        Assert.True((long)call["output_tokens"]! > 0);
        var attempts = call["attempts"]!.AsArray();
        Assert.Equal(3, attempts.Count);
        Assert.Equal(("overloaded", 529, true), ((string)attempts[0]!["error"]!, (int)attempts[0]!["status"]!, (bool)attempts[0]!["retry_may_help"]!));
        Assert.Null(attempts[2]!["error"]);
    }

    [Fact]
    public async Task FailedCall_IsAnError_AndARefusedOneAWarning()
    {
        var lines = (await LogAsync(LogFormat.Json, async stage =>
        {
            stage.FailAll("status");
            await RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
            await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, host: "elsewhere.example");
            await stage.WaitUntilAsync(now => now.Records.Count == 2);
        })).Select(line => JsonNode.Parse(line)!).Where(line => (string)line["event"]! == "call").ToList();
        Assert.Equal(("error", "failed", "provider_error"), ((string)lines[0]["level"]!, (string)lines[0]["outcome"]!, (string)lines[0]["error"]!));
        Assert.Equal(("warning", "refused", "no right to call"), ((string)lines[1]["level"]!, (string)lines[1]["outcome"]!, (string)lines[1]["why"]!));
    }

    [Fact]
    public async Task Text_IsAShortLine()
    {
        var lines = await LogAsync(LogFormat.Text, async stage =>
        {
            stage.Claude.Faults.Set(new Simulator.Faults.FaultSpec { Kind = "status", Code = 529, Times = 2 });
            await RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
            await stage.OnlyRecordAsync();
            stage.FailAll("status");
            await RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
            await stage.WaitUntilAsync(now => now.Records.Count == 2);
        });
        Assert.Matches(
            @"^\d\d:\d\d:\d\d answered by openai/gpt-4o in \d\.\d\d s, first word after \d\.\d\d s, \d+\+\d+ tokens: claude/claude-sonnet-4-5 overloaded \(529\), claude/claude-sonnet-4-5 overloaded \(529\); claude-\*; us_[0-9a-f]{16}$",
            lines[0]);
        Assert.Contains(lines, line => line.Contains(" ERROR failed in ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Happenings_AreLines_AndALineStaysOneLine()
    {
        var journal = new Journal();
        using var output = new MemoryStream();
        await using (var log = new GatewayLog(journal, LogFormat.Text, output, TimeProvider.System))
        {
            journal.Tell(new(new(2026, 6, 2, 9, 0, 0, TimeSpan.Zero), "breaker", "claude/x\ny", "claude/x\ny is out for 60 s"));
            log.Say("stop", "Stopping.");
        }

        var lines = Encoding.UTF8.GetString(output.ToArray()).Split('\n');
        Assert.Equal("09:00:00 claude/x y is out for 60 s", lines[0]);
        Assert.EndsWith(" Stopping.", lines[1], StringComparison.Ordinal);
        Assert.Equal("", lines[2]);
    }

    [Fact]
    public async Task LogThatNobodyReads_HoldsUpNobody_AndSaysWhatWasLost()
    {
        var journal = new Journal();
        using var output = new Stuck();
        var log = new GatewayLog(journal, LogFormat.Text, output, TimeProvider.System);
        await using (log)
        {
            log.Say("first", "This line is being written.");
            await output.Entered.Task.WaitAsync(TestContext.Current.CancellationToken);
            for (var i = 0; i < 20_000; i++) log.Say("more", "more");
            output.Gate.Set();
        }

        Assert.Contains("lines of this log were lost", Encoding.UTF8.GetString(output.ToArray()), StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<string>> LogAsync(LogFormat format, Func<GatewayStage, Task> play)
    {
        using var output = new MemoryStream();
        GatewayLog? log = null;
        await using (var stage = await GatewayStage.StartAsync(hear: journal => log = new(journal, format, output, TimeProvider.System))) await play(stage);
        await log!.DisposeAsync();
        return Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>A pipe whose reader has stopped reading, until the gate opens.</summary>
    private sealed class Stuck : MemoryStream
    {
        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim Gate { get; } = new();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Entered.TrySetResult();
            Gate.Wait();
            base.Write(buffer);
        }

        protected override void Dispose(bool disposing)
        {
            Gate.Dispose();
            base.Dispose(disposing);
        }
    }
}
