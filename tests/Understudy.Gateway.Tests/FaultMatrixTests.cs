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

    protected static IReadOnlyDictionary<string, FaultRow> Faults => FaultRow.All;

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
