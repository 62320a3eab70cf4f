using Understudy.Gateway.Tests.Support;
using Understudy.Observation;
using Understudy.Simulator.Faults;

namespace Understudy.Gateway.Tests;

/// <summary>The matrix with Anthropic's library.</summary>
public sealed class AnthropicFaultMatrixTests : FaultMatrix
{
    public static TheoryData<string, bool> Cases => AllCases;

    [Theory, MemberData(nameof(Cases))]
    public Task PrimaryFails_ClientHasTheWholeAnswer(string fault, bool stream) => PrimaryFailsAsync(Vendor.Anthropic, fault, stream);

    [Theory, MemberData(nameof(Cases))]
    public Task EveryProviderFails_ClientHasACleanError(string fault, bool stream) => EveryProviderFailsAsync(Vendor.Anthropic, fault, stream);
}

/// <summary>The matrix with OpenAI's library.</summary>
public sealed class OpenAIFaultMatrixTests : FaultMatrix
{
    public static TheoryData<string, bool> Cases => AllCases;

    [Theory, MemberData(nameof(Cases))]
    public Task PrimaryFails_ClientHasTheWholeAnswer(string fault, bool stream) => PrimaryFailsAsync(Vendor.OpenAI, fault, stream);

    [Theory, MemberData(nameof(Cases))]
    public Task EveryProviderFails_ClientHasACleanError(string fault, bool stream) => EveryProviderFailsAsync(Vendor.OpenAI, fault, stream);

    [Fact]
    public void EveryFaultOfTheSimulator_IsInTheMatrix() =>
        Assert.Equal(FaultPlan.Kinds.Order(), Faults.Values.Select(fault => fault.Kind).Append("repeat_token").Distinct().Order());
}

/// <summary>The matrix with OpenAI's library over Responses.</summary>
public sealed class ResponsesFaultMatrixTests : FaultMatrix
{
    public static TheoryData<string, bool> Cases => AllCases;

    [Theory, MemberData(nameof(Cases))]
    public Task PrimaryFails_ClientHasTheWholeAnswer(string fault, bool stream) => PrimaryFailsAsync(Vendor.Responses, fault, stream);

    [Theory, MemberData(nameof(Cases))]
    public Task EveryProviderFails_ClientHasACleanError(string fault, bool stream) => EveryProviderFailsAsync(Vendor.Responses, fault, stream);
}

/// <summary>
/// Every fault × stream or not × one provider or all. Where one fails, the client has exactly the whole answer; where all
/// do, an exception that its library declares: never a part of an answer as if it were whole, never a word twice, and
/// never more calls than the ladder allows, however often the library would like to try again.
/// </summary>
public abstract class FaultMatrix
{
    private const int MaxAttempts = 6;

    /// <summary>Words about each fault: whether only a clock ends it, and whether a first answer suffers from it at all.</summary>
    protected sealed record Row(FaultSpec Spec, bool Clock = false, bool Harmless = false)
    {
        public string Kind => Spec.Kind;
    }

    // `repeat_token` is not here: a short stutter that a client has seen is passed on, and says itself that it was stopped (see LongAnswerTests).
    protected static readonly Dictionary<string, Row> Faults = new()
    {
        ["hang"] = new(new() { Kind = "hang" }, Clock: true),
        ["hang_after_headers"] = new(new() { Kind = "hang_after_headers" }, Clock: true),
        ["stall at the start"] = new(new() { Kind = "stall" }, Clock: true),
        ["stall"] = new(new() { Kind = "stall", After = 3 }, Clock: true),
        ["slow"] = new(new() { Kind = "slow" }, Clock: true),
        ["cut at the start"] = new(new() { Kind = "cut" }),
        ["cut"] = new(new() { Kind = "cut", After = 3 }),
        ["eof at the start"] = new(new() { Kind = "eof" }),
        ["eof"] = new(new() { Kind = "eof", After = 3 }),
        ["truncated_body"] = new(new() { Kind = "truncated_body", After = 3 }),
        ["error_event at the start"] = new(new() { Kind = "error_event" }),
        ["error_event"] = new(new() { Kind = "error_event", After = 3 }),
        ["garbage at the start"] = new(new() { Kind = "garbage" }),
        ["garbage"] = new(new() { Kind = "garbage", After = 3 }),
        ["html"] = new(new() { Kind = "html" }),
        ["html 502"] = new(new() { Kind = "html", Code = 502 }),
        ["empty"] = new(new() { Kind = "empty" }),
        ["empty_answer"] = new(new() { Kind = "empty_answer" }),
        ["refuse"] = new(new() { Kind = "refuse" }),
        ["bad_key"] = new(new() { Kind = "bad_key" }),
        ["bad_content_type"] = new(new() { Kind = "bad_content_type" }),
        ["status 204"] = new(new() { Kind = "status", Code = 204, Body = "" }),
        ["status 307"] = new(new() { Kind = "status", Code = 307, Body = "moved" }),
        ["status 402"] = new(new() { Kind = "status", Code = 402 }),
        ["status 403"] = new(new() { Kind = "status", Code = 403 }),
        ["status 408"] = new(new() { Kind = "status", Code = 408 }),
        ["status 429"] = new(new() { Kind = "status", Code = 429 }),
        ["status 429 for an hour"] = new(new() { Kind = "status", Code = 429, RetryAfter = 3600 }),
        ["status 500"] = new(new() { Kind = "status", Code = 500 }),
        ["status 503"] = new(new() { Kind = "status", Code = 503 }),
        ["status 522"] = new(new() { Kind = "status", Code = 522 }),
        ["status 529"] = new(new() { Kind = "status", Code = 529 }),
        // These two do harm only to one who is asked to go on: see CutTests.
        ["overlap"] = new(new() { Kind = "overlap" }, Harmless: true),
        ["restart"] = new(new() { Kind = "restart" }, Harmless: true),
        ["apology"] = new(new() { Kind = "apology" }, Harmless: true),
    };

    protected static TheoryData<string, bool> AllCases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var fault in Faults.Keys)
            {
                cases.Add(fault, true);
                cases.Add(fault, false);
            }

            return cases;
        }
    }

    protected static async Task PrimaryFailsAsync(Vendor vendor, string fault, bool stream)
    {
        var row = Faults[fault];
        await using var stage = await GatewayStage.StartAsync(row.Clock ? GatewayStage.Brisk : GatewayStage.Patient);
        var primary = vendor == Vendor.Anthropic ? stage.Claude : stage.OpenAI;
        primary.Faults.Set(row.Spec);

        var answer = await Sdk.AskAsync(vendor, stage.Url, stream);

        Assert.Equal(GatewayStage.Whole(), answer.Text);
        Assert.NotEqual("", answer.Id);
        Assert.Equal(Sdk.EndOf(vendor), answer.StopReason);
        var record = await stage.OnlyRecordAsync();
        Assert.Equal(CallOutcome.Answered, record.Outcome);
        Assert.Equal(record.Sent, stage.Received);
        Assert.InRange(primary.Stats.Calls, 1, stage.Policy.Retry.AttemptsPerTarget);
        Assert.Equal(row.Harmless ? 0 : 1, stage.Received - primary.Stats.Calls); // the first one asked after it served
        Assert.Equal(primary.Stats.Calls, primary.Stats.CallsByFault.GetValueOrDefault(row.Kind));
    }

    protected static async Task EveryProviderFailsAsync(Vendor vendor, string fault, bool stream)
    {
        var row = Faults[fault];
        await using var stage = await GatewayStage.StartAsync(row.Clock ? GatewayStage.Brisk : GatewayStage.Patient);
        foreach (var provider in stage.Providers) provider.Faults.Set(row.Spec);

        if (row.Harmless)
        {
            Assert.Equal(GatewayStage.Whole(), (await Sdk.AskAsync(vendor, stage.Url, stream)).Text);
            Assert.Equal(1, stage.Received);
            return;
        }

        var thrown = await Record.ExceptionAsync(async () =>
        {
            var answer = await Sdk.AskAsync(vendor, stage.Url, stream);
            Assert.Fail($"The library took this for a whole answer: \"{answer.Text}\" ({answer.StopReason})");
        });

        Assert.NotNull(thrown);
        Assert.True(Sdk.IsClean(thrown), $"not clean: {thrown}");
        var record = await stage.OnlyRecordAsync(); // the library did not ask again
        Assert.Equal(CallOutcome.Failed, record.Outcome);
        Assert.Equal(record.Sent, stage.Received);
        Assert.InRange(stage.Received, 1, MaxAttempts);
        Assert.All(stage.Providers, provider => Assert.Equal(provider.Stats.Calls, provider.Stats.CallsByFault.GetValueOrDefault(row.Kind)));
    }
}
