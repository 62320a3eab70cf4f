using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;

namespace Understudy.Tests.Pipeline;

public sealed class CallPipelineTests
{
    private const string Claude = "claude/claude-sonnet-4-5";
    private const string OpenAI = "openai/gpt-5";

    [Fact]
    public void SameProtocol_BytesPassUnchanged_BothWays()
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Say("Hello ", "there."));
        var body = """{ "model" : "claude-sonnet-4-5","unknown":{"x":[1.10,"é"]},"max_tokens":100,"stream":true,"messages":[] }""";
        var client = stage.Call(body: body);
        Assert.Equal(string.Concat(Reply.Say("Hello ", "there.").Pieces), client.Body);
        Assert.Equal(body, stage.Received.Single().Body);
        Assert.Equal(Claude, client.Head.ServedBy);
        Assert.Equal(CallOutcome.Answered, stage.Records.Single().Outcome);
    }

    [Fact]
    public void ErrorAtTheHeaders_IsRetriedThenMovedUnseen()
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Error(529, "overloaded_error"));
        stage.Script(OpenAI, Chat.Say("Hello ", "there."));
        var client = stage.Call();
        Assert.Equal([Claude, Claude, OpenAI], stage.Received.Select(call => call.Target));
        Assert.Equal("Hello there.", client.Text);
        Assert.Equal(OpenAI, client.Head.ServedBy);
        Assert.Equal(3, client.Head.Attempts);
        Assert.Equal(1, client.Count("event: message_start"));
        Assert.Equal(1, client.Count("event: message_stop"));
    }

    [Fact]
    public void ErrorAfterTheOpeningFrames_IsMovedUnseen()
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Ping, Anthropic.Overloaded));
        stage.Script(OpenAI, Chat.Say("Whole."));
        var client = stage.Call();
        Assert.Equal("Whole.", client.Text);
        Assert.Equal(1, client.Count("event: message_start"));
        Assert.Equal(0, client.Count("event: error"));
    }

    [Fact]
    public void Hang_IsGivenUpAtTheFirstTokenClock_AndNotAskedAgain()
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Hang);
        stage.Script(OpenAI, Chat.Say("Here."));
        var client = stage.Call();
        Assert.Equal("Here.", client.Text);
        Assert.Equal([Claude, OpenAI], stage.Received.Select(call => call.Target));
        Assert.InRange(stage.Received[1].At.TotalSeconds, 8, 8.2);
        Assert.Equal(1, stage.Aborted);
    }

    [Fact]
    public void PingsAlone_AreAHang()
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Stream([Anthropic.Start, .. Enumerable.Repeat(Anthropic.Ping, 1000)]) with { Pace = TimeSpan.FromSeconds(1) });
        stage.Script(OpenAI, Chat.Say("Here."));
        var client = stage.Call();
        Assert.Equal("Here.", client.Text);
        Assert.Equal(FailureKind.FirstTokenTimeout, stage.Records.Single().Attempts[0].Failure!.Kind);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void CutInTheText_IsContinuedAsOneMessage(int how)
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("The answer is "), Anthropic.Text("fo")) with { End = (End)how });
        stage.Script(OpenAI, Chat.Say("rty-two, ", "they say."));
        var client = stage.Call();
        Assert.Equal("The answer is forty-two, they say.", client.Text);
        Assert.Equal(1, client.Count("event: message_start"));
        Assert.Equal(1, client.Count("event: content_block_start"));
        Assert.Equal(1, client.Count("event: message_stop"));
        Assert.Equal(0, client.Count("event: error"));
        Assert.True(stage.Records.Single().Continued);
        Assert.Equal(CallOutcome.Answered, stage.Records.Single().Outcome);
    }

    [Fact]
    public void ErrorEventInTheText_IsContinued_AndRepeatedWordsAreCutOut()
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("The quick brown fox jumps "), Anthropic.Overloaded));
        stage.Script(OpenAI, Chat.Say("brown fox jumps ", "over the dog."));
        Assert.Equal("The quick brown fox jumps over the dog.", stage.Call().Text);
    }

    [Fact]
    public void ContinuationThatApologises_IsNotShown()
    {
        var stage = new Stage(policy => policy with { Routes = [Stage.Route((Stage.Claude, null), (Stage.OpenAI, "gpt-5"), (Stage.Spare, "claude-x"))] });
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("Once upon a time ")) with { End = End.Reset });
        stage.Script(OpenAI, Chat.Say("I apologize for the interruption. ", "Once upon a time there was"));
        stage.Script("spare/claude-x", Reply.Say("there was ", "a fox."));
        Assert.Equal("Once upon a time there was a fox.", stage.Call().Text);
    }

    [Fact]
    public void CutAfterTheLastWord_AContinuationThatAddsNothingEndsTheAnswer()
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("All of it.")) with { End = End.Reset });
        stage.Script(OpenAI, Chat.Say());
        var client = stage.Call();
        Assert.Equal("All of it.", client.Text);
        Assert.Equal(1, client.Count("event: message_stop"));
        Assert.Equal(0, client.Count("event: error"));
        Assert.Equal(CallOutcome.Answered, stage.Records.Single().Outcome);
    }

    [Fact]
    public void CutInsideAToolCall_AContinuationThatAddsNothingIsNotTheEnd()
    {
        var stage = new Stage();
        const string Tool = "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"pay\",\"input\":{}}}\n\n";
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("Paying. "), Anthropic.Close, Tool) with { End = End.Reset });
        stage.Script(OpenAI, Chat.Say());
        var client = stage.Call();
        Assert.Equal(0, client.Count("event: message_stop"));
        Assert.Equal(1, client.Count("event: error"));
    }

    [Theory]
    [InlineData("refusal")]
    [InlineData("stop_sequence")]
    public void LawfulEndWithoutAWord_ReachesTheClient(string reason)
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Delta.Replace("end_turn", reason, StringComparison.Ordinal), Anthropic.Stop));
        var client = stage.Call();
        Assert.Equal(1, client.Count($"\"stop_reason\":\"{reason}\""));
        Assert.Equal(1, client.Count("event: message_stop"));
        Assert.Single(stage.Received);
    }

    [Fact]
    public void NobodyContinues_EndsInAnErrorEventAndNoFalseEnd()
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("Half ")) with { End = End.Reset });
        stage.Script(OpenAI, Reply.NoConnection);
        var client = stage.Call();
        Assert.Equal("Half ", client.Text);
        Assert.Equal(1, client.Count("event: error"));
        Assert.Equal(0, client.Count("event: message_stop"));
        Assert.Equal(CallOutcome.Failed, stage.Records.Single().Outcome);
    }

    [Fact]
    public void CutInsideAToolCall_LeavesNoTraceOfIt()
    {
        var stage = new Stage();
        const string Tool = "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"pay\",\"input\":{}}}\n\n";
        const string Piece = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"amount\\\": 10\"}}\n\n";
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("Paying. "), Anthropic.Close, Tool, Piece) with { End = End.Clean });
        stage.Script(OpenAI, Chat.Say("Now ", "done."));
        var client = stage.Call();
        Assert.Equal(0, client.Count("tool_use"));
        Assert.Equal(0, client.Count("amount"));
        Assert.Equal("Paying. Now done.", client.Text);
        Assert.Equal(1, client.Count("event: message_stop"));
    }

    [Fact]
    public void ClosingEventLost_TheAnswerIsWholeAllTheSame()
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("All of it."), Anthropic.Close, Anthropic.Delta) with { End = End.Reset });
        var client = stage.Call();
        Assert.Equal("All of it.", client.Text);
        Assert.Equal(1, client.Count("event: message_stop"));
        Assert.Single(stage.Received);
    }

    [Fact]
    public void ClientsMistake_GoesBackUnchangedAndAtOnce()
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Error(400, "invalid_request_error"));
        var client = stage.Call();
        Assert.Single(stage.Received);
        Assert.Equal(400, client.Head.Status);
        Assert.Equal(Reply.Error(400, "invalid_request_error").Pieces[0], client.Body);
        Assert.Equal(CallOutcome.ClientError, stage.Records.Single().Outcome);
        for (var i = 0; i < 20; i++) stage.Call();
        Assert.Equal(BreakerState.Closed, stage.Engine.Targets.All.Single(target => target.Target.Name == Claude).Breaker.State);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(402)]
    public void OurOwnKeyRejected_FailsOver(int status)
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Error(status, "authentication_error"));
        stage.Script(OpenAI, Chat.Say("Hello."));
        Assert.Equal("Hello.", stage.Call().Text);
        Assert.Equal([Claude, OpenAI], stage.Received.Select(call => call.Target));
    }

    [Fact]
    public void FiveFailuresInARow_TheSixthCallDoesNotAskAgain()
    {
        var stage = new Stage(policy => policy with { Retry = new() { AttemptsPerTarget = 1 } });
        stage.Script(Claude, Reply.Error(500, "api_error"));
        stage.Script(OpenAI, Chat.Say("Hello."));
        for (var i = 0; i < 8; i++) Assert.Equal("Hello.", stage.Call().Text);
        Assert.Equal(5, stage.Received.Count(call => call.Target == Claude));
        Assert.Equal(8, stage.Received.Count(call => call.Target == OpenAI));
        Assert.Equal(FailureKind.BreakerOpen, stage.Records[^1].Attempts[0].Failure!.Kind);
        Assert.Equal(1, stage.Records[^1].Sent);
    }

    [Fact]
    public void LastTarget_IsRetriedWithBackoffUpToTheAttempts()
    {
        var stage = new Stage(policy => policy with { Routes = [Stage.Route((Stage.Claude, null))], Breaker = new() { ConsecutiveFailures = 100, MinimumCalls = 100, Tolerate = null } });
        stage.Script(Claude, Reply.Error(529, "overloaded_error"));
        var client = stage.Call();
        Assert.Equal(6, stage.Received.Count);
        Assert.Equal(529, client.Head.Status);
        Assert.True(client.Head.DoNotRetry);
        Assert.NotNull(client.Head.RetryAfter);
        Assert.Equal(Reply.Error(529, "overloaded_error").Pieces[0], client.Body); // nobody else was asked: its own words
    }

    [Fact]
    public void RetryAfter_IsWaitedFor_WhereNobodyElseIsLeft()
    {
        var stage = new Stage(policy => policy with { Routes = [Stage.Route((Stage.Claude, null))] });
        stage.Script(Claude, Reply.Error(429, "rate_limit_error", retryAfter: "7"), Reply.Say("Thanks."));
        Assert.Equal("Thanks.", stage.Call().Text);
        Assert.InRange(stage.Received[1].At.TotalSeconds, 7.3, 7.6);
    }

    [Fact]
    public void RetryAfter_BeyondTheDeadline_IsNotWaitedFor()
    {
        var stage = new Stage(policy => policy with { Routes = [Stage.Route((Stage.Claude, null))] });
        stage.Script(Claude, Reply.Error(429, "rate_limit_error", retryAfter: "86400"));
        var client = stage.Call();
        Assert.Single(stage.Received);
        Assert.Equal(429, client.Head.Status);
        Assert.True(stage.Time.Elapsed < TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void EveryTargetHangs_EndsWithinTheDeadlineInAnHonestError()
    {
        var stage = new Stage(policy => policy with
        {
            Routes = [Stage.Route((Stage.Claude, null), (Stage.OpenAI, "gpt-5"), (Stage.Spare, "claude-x")) with { UseCase = UseCaseModel.Interactive with { Deadline = TimeSpan.FromSeconds(20) } }],
        });
        foreach (var target in new[] { Claude, OpenAI, "spare/claude-x" }) stage.Script(target, Reply.Hang);
        var client = stage.Call();
        Assert.Equal(504, client.Head.Status);
        Assert.True(client.Head.DoNotRetry);
        Assert.InRange(stage.Time.Elapsed.TotalSeconds, 19, 20.1);
        Assert.Equal(1, client.Count("\"timeout_error\""));
    }

    [Fact]
    public void KilledTarget_GetsNothing()
    {
        var stage = new Stage(policy => policy with { Kill = KillSwitch.Parse("claude") });
        stage.Script(OpenAI, Chat.Say("Hello."));
        Assert.Equal("Hello.", stage.Call().Text);
        Assert.Equal([OpenAI], stage.Received.Select(call => call.Target));
    }

    [Fact]
    public void EverythingKilled_IsToldAtOnce()
    {
        var stage = new Stage(policy => policy with { Kill = KillSwitch.Parse("all") });
        var client = stage.Call();
        Assert.Equal(529, client.Head.Status);
        Assert.False(client.Head.DoNotRetry);
        Assert.Empty(stage.Received);
    }

    [Theory]
    [InlineData("<html><body>Bad gateway</body></html>", "text/html")]
    [InlineData("<html><body>Bad gateway</body></html>", "application/json")]
    [InlineData("{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[]", "application/json")]
    [InlineData("{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":1,\"output_tokens\":0}}", "application/json")]
    [InlineData("{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"x\"}}", "application/json")]
    [InlineData("", "application/json")]
    public void TwoHundredThatIsNoAnswer_IsMoved(string body, string type)
    {
        var stage = new Stage(policy => policy with { Routes = [Stage.Route((Stage.Claude, null), (Stage.Spare, "claude-x"))] });
        stage.Script(Claude, new Reply(200, [body]) { Headers = new() { ["content-type"] = type } });
        stage.Script("spare/claude-x", Reply.Json(Anthropic.Message));
        var client = stage.Call(stream: false);
        Assert.Equal(Anthropic.Message, client.Body);
        Assert.Equal("spare/claude-x", client.Head.ServedBy);
    }

    [Fact]
    public void MovedOnTheSameProtocol_OnlyTheModelsNameIsChanged()
    {
        var stage = new Stage(policy => policy with { Routes = [Stage.Route((Stage.Claude, null), (Stage.Spare, "claude-x"))] });
        stage.Script(Claude, Reply.NoConnection);
        stage.Script("spare/claude-x", Reply.Json(Anthropic.Message));
        stage.Call(stream: false, body: """{"metadata":{"model":"keep"}, "model": "claude-sonnet-4-5" ,"x":1,"messages":[]}""");
        Assert.Equal("""{"metadata":{"model":"keep"}, "model": "claude-x" ,"x":1,"messages":[]}""", stage.Received[^1].Body);
    }

    [Fact]
    public void ClientLeaves_TheUpstreamIsGivenUp_AndNobodyIsBlamed()
    {
        var stage = new Stage(policy => policy with { Join = JoinModel.Off });
        stage.Script(Claude, Reply.Hang);
        for (var i = 0; i < 10; i++)
        {
            using var leaves = new CancellationTokenSource();
            var client = new Client();
            var running = stage.Begin(client, leaves: leaves.Token);
            stage.Time.Advance(TimeSpan.FromSeconds(1));
            leaves.Cancel();
            stage.Finish(running);
            Assert.False(client.Begun);
        }

        Assert.Equal(10, stage.Aborted);
        Assert.All(stage.Records, record => Assert.Equal(CallOutcome.Cancelled, record.Outcome));
        Assert.Equal(BreakerState.Closed, stage.Engine.Targets.All.Single(target => target.Target.Name == Claude).Breaker.State);
    }

    [Fact]
    public void Retries_StayWithinTheSharedBudget()
    {
        var stage = new Stage(policy => policy with
        {
            Routes = [Stage.Route((Stage.Claude, null))],
            Breaker = new() { ConsecutiveFailures = 100_000, MinimumCalls = 100_000, Tolerate = null },
            Retry = new() { BudgetFloorPerSecond = 0 },
        });
        stage.Script(Claude, Reply.Error(500, "api_error") with { Delay = TimeSpan.Zero });
        var calls = Enumerable.Range(0, 1000).Select(_ => stage.Begin(new Client())).ToArray();
        foreach (var call in calls) stage.Finish(call);
        Assert.InRange(stage.Received.Count, 1001, 1201);
    }

    [Fact]
    public void OnlyTarget_IsAskedOnceMoreAfterAHang()
    {
        var stage = new Stage(policy => policy with { Routes = [Stage.Route((Stage.Claude, null))] });
        stage.Script(Claude, Reply.Hang, Reply.Hang, Reply.Say("Too late."));
        var client = stage.Call();
        Assert.Equal(2, stage.Received.Count);
        Assert.Equal(504, client.Head.Status);
    }

    [Fact]
    public void ContinuationThatSaysNothing_EndsAWholeSentence_ButNotHalfOne()
    {
        var stage = new Stage();
        stage.Script(OpenAI, Chat.Say());
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("All is said.")) with { End = End.Reset });
        var whole = stage.Call();
        Assert.Equal(1, whole.Count("event: message_stop"));
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("Not all is")) with { End = End.Reset });
        var half = stage.Call();
        Assert.Equal(0, half.Count("event: message_stop"));
        Assert.Equal(1, half.Count("event: error"));
    }
}
