using System.Text;
using Microsoft.Extensions.AI;
using Understudy.Benchmarks.Subjects;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Extensions.AI.Tests.Support;
using Understudy.Failures;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;
using Understudy.Simulator;
using Understudy.Simulator.Faults;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Extensions.AI.Tests;

/// <summary>Every fault × stream or not × one provider or all, seen by a program: the whole answer, or the one exception.</summary>
public sealed class FaultTests
{
    private const int MaxAttempts = 6;

    public static TheoryData<string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var fault in FaultRow.All.Keys)
            {
                cases.Add(fault, true);
                cases.Add(fault, false);
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task PrimaryFails_TheProgramHasTheWholeAnswer(string fault, bool stream)
    {
        var row = FaultRow.All[fault];
        await using var stage = await ProgramStage.StartAsync(row.Clock ? ProgramStage.Brisk : ProgramStage.Patient);
        stage.Claude.Faults.Set(row.Spec);

        var answer = await stage.AskAsync(stream);

        Assert.Equal(ProgramStage.Whole(), answer.Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.False(answer.IsDegraded);
        Assert.True(answer.Usage is { InputTokenCount: > 0, OutputTokenCount: > 0 });
        var record = await stage.OnlyRecordAsync();
        Assert.Equal(CallOutcome.Answered, record.Outcome);
        Assert.Equal((record.Id, record.ServedBy, record.Sent), (answer.RequestId, answer.ServedBy, answer.Attempts));
        Assert.Equal(record.Sent, stage.Received);
        Assert.Equal(row.Harmless ? "claude/claude-sonnet-4-5" : "openai/gpt-4o", answer.ServedBy);
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task EveryProviderFails_TheProgramHasTheOneException(string fault, bool stream)
    {
        var row = FaultRow.All[fault];
        if (row.Harmless) return;
        await using var stage = await ProgramStage.StartAsync(row.Clock ? ProgramStage.Brisk : ProgramStage.Patient);
        foreach (var provider in stage.Providers) provider.Faults.Set(row.Spec);

        var thrown = await Assert.ThrowsAsync<UnderstudyException>(() => stage.AskAsync(stream));

        var record = await stage.OnlyRecordAsync();
        Assert.Equal(CallOutcome.Failed, record.Outcome);
        Assert.Equal((record.Failure!.Kind, record.Id), (thrown.Kind, thrown.RequestId));
        Assert.NotEqual(FailureSide.Client, thrown.Side);
        Assert.NotEmpty(thrown.Attempts);
        Assert.Contains(record.Id, thrown.Message, StringComparison.Ordinal);
        Assert.Equal(record.Sent, stage.Received);
        Assert.InRange(stage.Received, 1, MaxAttempts);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("eof")]
    [InlineData("stall")]
    [InlineData("error_event")]
    public async Task CutAnywhereInTheText_IsContinuedToTheExactText(string fault)
    {
        await using var stage = await ProgramStage.StartAsync(fault == "stall" ? ProgramStage.Brisk : ProgramStage.Patient);
        var pieces = AnswerText.Pieces(ProgramStage.Whole()).Count;
        stage.Claude.Faults.Set(Enumerable.Range(1, pieces).Select(after => new FaultSpec { Kind = fault, After = after, Models = [$"claude-cut-{after}"] }));

        var answers = await Task.WhenAll(Enumerable.Range(1, pieces).Select(after => stage.StreamAsync(model: $"claude-cut-{after}")));

        Assert.All(answers, answer =>
        {
            Assert.Equal(ProgramStage.Whole(), answer.Response.Text);
            Assert.Equal(ChatFinishReason.Stop, answer.Response.FinishReason);
            // An error that comes with the first words, in one piece, is met before anything went out: nothing has to be continued.
            Assert.True(fault == "error_event" || answer.Response.WasContinued);
            if (answer.Response.WasContinued) Assert.StartsWith("claude/", answer.Updates[0].ServedBy, StringComparison.Ordinal);
            Assert.Equal("openai/gpt-4o", answer.Updates[^1].ServedBy);
            Assert.Single(answer.Response.Messages);
        });
    }

    [Fact]
    public async Task NobodyCanGoOn_TheProgramHasWhatCame_AndThenTheException()
    {
        await using var stage = await ProgramStage.StartAsync();
        stage.Claude.Faults.Set("cut", after: 3);
        stage.OpenAI.Faults.Set("status");
        stage.Gemini.Faults.Set("status");
        var text = "";

        var thrown = await Assert.ThrowsAsync<UnderstudyException>(async () =>
        {
            await foreach (var update in stage.Chat.GetStreamingResponseAsync([new(ChatRole.User, ProgramStage.Prompt)], new() { ModelId = ProgramStage.Claude45 })) text += update.Text;
        });

        Assert.True(thrown.HasBegun);
        Assert.NotEqual("", text);
        Assert.StartsWith(text, ProgramStage.Whole(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheRequestIsWrong_IsToldSo_WithTheProvidersWordsApart()
    {
        await using var stage = await ProgramStage.StartAsync();
        foreach (var provider in stage.Providers) provider.Faults.Set(new FaultSpec { Kind = "status", Code = 400 });

        var thrown = await Assert.ThrowsAsync<UnderstudyException>(() => stage.AskAsync());

        Assert.Equal(FailureKind.TranslationRefused, thrown.Kind);
        Assert.NotNull(thrown.DetailSensitive);
        Assert.DoesNotContain(thrown.DetailSensitive, thrown.ToString(), StringComparison.Ordinal);
        Assert.Null(thrown.RetryAfter);
    }

    [Fact]
    public async Task TheProgramCancels_TheProviderIsLetGo_AndNothingRunsOn()
    {
        await using var stage = await ProgramStage.StartAsync(time: new ManualTime()); // it stands still: what runs on would never end
        using var hold = stage.Claude.Gate.HoldNextCall();
        using var cancel = new CancellationTokenSource();
        var asking = stage.Chat.GetResponseAsync([new(ChatRole.User, ProgramStage.Prompt)], new() { ModelId = ProgramStage.Claude45 }, cancel.Token);
        await hold.Reached.WaitAsync(TestContext.Current.CancellationToken);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal(CallOutcome.Cancelled, (await stage.OnlyRecordAsync()).Outcome);
        Assert.Equal(1, stage.Received);
    }

    [Fact]
    public async Task TheProgramStopsReading_TheCallEnds()
    {
        await using var stage = await ProgramStage.StartAsync(time: new ManualTime());
        using var hold = stage.Claude.Gate.PauseNextCall(2);
        await foreach (var update in stage.Chat.GetStreamingResponseAsync([new(ChatRole.User, ProgramStage.Prompt)], new() { ModelId = ProgramStage.Claude45 }))
        {
            if (update.Text.Length > 0) break;
        }

        Assert.Equal(CallOutcome.Cancelled, (await stage.OnlyRecordAsync()).Outcome);
    }

    [Fact]
    public async Task ASlowReader_HoldsTheAnswerUp_AndMissesNothing()
    {
        const int pieces = 3000;
        var provider = new ProviderModel { Name = "mock", Protocol = WireProtocol.OpenAIChat, BaseUrl = new("http://mock.test"), Key = "k" };
        var policy = new Policy { Providers = [provider], Routes = [new() { Name = "all", Match = ["*"], Ladder = [new TargetRung { Targets = [new() { Provider = provider }] }] }] };
        await using var runtime = UnderstudyRuntime.Start(policy, new() { Transport = new MemoryProvider("text/event-stream", Counting(pieces)) });
        var ended = 0;
        runtime.Journal.CallEnded += _ => ended++;

        await using var updates = runtime.ChatClient().GetStreamingResponseAsync("x", new() { ModelId = "m" }, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await updates.MoveNextAsync());
        Assert.Equal(0, ended); // the provider has sent everything at once, and it is not all in memory
        var text = updates.Current.Text;
        while (await updates.MoveNextAsync()) text += updates.Current.Text;

        Assert.Equal(string.Concat(Enumerable.Range(0, pieces).Select(number => $"{number * 7919} ")), text);
        Assert.Equal(1, ended);
    }

    /// <summary>A chat stream of that many pieces, none like another: a model that repeats itself is stopped.</summary>
    private static byte[][] Counting(int pieces)
    {
        var plain = Bodies.ChatStream(1);
        return [plain[0], .. Enumerable.Range(0, pieces).Select(number => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(plain[1]).Replace(" and the rest of the story", $"{number * 7919} ", StringComparison.Ordinal))), .. plain[2..]];
    }

    [Fact]
    public async Task GivenUpUnderAKey_TheNextTryHasItsAnswer_ForOneCall()
    {
        await using var stage = await ProgramStage.StartAsync();
        using var hold = stage.Claude.Gate.HoldNextCall();
        using var cancel = new CancellationTokenSource();
        var options = new ChatOptions { ModelId = ProgramStage.Claude45 }.With(new() { IdempotencyKey = "order 66" });
        var asking = stage.Chat.GetResponseAsync([new(ChatRole.User, ProgramStage.Prompt)], options, cancel.Token);
        await hold.Reached.WaitAsync(TestContext.Current.CancellationToken);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);

        var again = stage.Chat.GetResponseAsync([new(ChatRole.User, ProgramStage.Prompt)], options, TestContext.Current.CancellationToken);
        hold.Release();

        var answer = await again;
        Assert.Equal(ProgramStage.Whole(), answer.Text);
        Assert.NotNull(answer.JoinedTo);
        Assert.Equal(1, stage.Received);
    }
}
