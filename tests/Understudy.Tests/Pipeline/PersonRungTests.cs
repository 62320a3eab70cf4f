using System.Text.Json.Nodes;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.HumanReview;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Tests.Pipeline;

/// <summary>When no model answers and a person is asked: what the caller gets, and when.</summary>
public sealed class PersonRungTests
{
    private const string Claude = "claude/claude-sonnet-4-5";
    private const string Said = "The curtain rises at eight.";

    private static readonly HumanRung Support = new() { Inbox = "support", Wait = TimeSpan.FromMinutes(10), Degraded = true };
    private static readonly NoticeRung Notice = new() { Words = new() { Text = "Our assistant is resting for a while." }, Degraded = true };

    private static Stage Dead(params RungModel[] below)
    {
        var stage = new Stage(policy => policy with { Routes = [With(Stage.Route((Stage.Claude, null), (Stage.OpenAI, "gpt-5")), below.Length == 0 ? [Support, Notice] : below)] });
        foreach (var target in (string[])[Claude, "openai/gpt-5"]) stage.Script(target, Reply.Error(529, "overloaded_error"));
        return stage;
    }

    private static RouteModel With(RouteModel route, params RungModel[] rungs) => route with { Ladder = [.. route.Ladder, .. rungs] };

    private static string Ask(WireProtocol protocol, bool stream, string more = "") => protocol switch
    {
        WireProtocol.AnthropicMessages => $$"""{"model":"claude-sonnet-4-5","max_tokens":100,"stream":{{(stream ? "true" : "false")}},"system":"Be kind.","messages":[{"role":"user","content":"Hello?"},{"role":"assistant","content":"Yes?"},{"role":"user","content":"When does the curtain rise?"}]{{more}}}""",
        WireProtocol.OpenAIChat => $$"""{"model":"claude-sonnet-4-5","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hello?"},{"role":"assistant","content":"Yes?"},{"role":"user","content":"When does the curtain rise?"}]{{more}}}""",
        WireProtocol.OpenAIResponses => $$"""{"model":"claude-sonnet-4-5","stream":{{(stream ? "true" : "false")}},"instructions":"Be kind.","input":[{"role":"user","content":"Hello?"},{"role":"assistant","content":"Yes?"},{"role":"user","content":"When does the curtain rise?"}]{{more}}}""",
        _ => $$"""{"systemInstruction":{"parts":[{"text":"Be kind."}]},"contents":[{"role":"user","parts":[{"text":"Hello?"}]},{"role":"model","parts":[{"text":"Yes?"}]},{"role":"user","parts":[{"text":"When does the curtain rise?"}]}]{{more}}}""",
    };

    private static (Client Client, Task Running) Begin(Stage stage, WireProtocol protocol = WireProtocol.AnthropicMessages, bool stream = true, string more = "", CancellationToken leaves = default)
    {
        var client = new Client();
        var running = stage.Begin(client, stream, Ask(protocol, stream, more), protocol: protocol, leaves: leaves);
        stage.Time.Advance(TimeSpan.FromSeconds(5));
        return (client, running);
    }

    private static WaitingQuestion Only(Stage stage) => Assert.Single(stage.Engine.Inboxes.Waiting);

    private static Answer Read(Client client, WireProtocol protocol)
    {
        var collected = new AnswerCollector();
        var reader = Wire.Of(protocol).NewStreamReader();
        var rest = client.Bytes.AsSpan();
        for (int at; (at = rest.IndexOf("\n\n"u8)) >= 0; rest = rest[(at + 2)..]) reader.Read(rest[..(at + 2)], collected);
        reader.Complete(collected);
        Assert.True(collected.IsFinished);
        return collected.ToAnswer();
    }

    [Theory]
    [InlineData(WireProtocol.AnthropicMessages, true)]
    [InlineData(WireProtocol.AnthropicMessages, false)]
    [InlineData(WireProtocol.OpenAIChat, true)]
    [InlineData(WireProtocol.OpenAIChat, false)]
    [InlineData(WireProtocol.OpenAIResponses, true)]
    [InlineData(WireProtocol.OpenAIResponses, false)]
    [InlineData(WireProtocol.Gemini, true)]
    [InlineData(WireProtocol.Gemini, false)]
    public void APersonAnswers_TheCallerHasItInItsProtocol(WireProtocol protocol, bool stream)
    {
        var stage = Dead();
        var (client, running) = Begin(stage, protocol, stream);
        var question = Only(stage);
        Assert.Equal(("us_test", "support", "When does the curtain rise?", "Be kind."), (question.Id, question.Inbox, question.QuestionSensitive.Question, question.QuestionSensitive.System));
        Assert.Equal(["Hello?", "Yes?"], question.QuestionSensitive.Earlier.Select(turn => turn.Text));
        Assert.Contains("openai/gpt-5: overloaded (529)", string.Join('\n', question.Why), StringComparison.Ordinal);
        Assert.False(running.IsCompleted);
        Assert.False(client.Begun);

        Assert.Equal(ReviewResult.Done, stage.Engine.Inboxes.Answer("us_test", "rosa", Said).Result);
        stage.Finish(running);
        Assert.Equal((200, "human", true), (client.Head.Status, client.Head.ServedBy, client.Head.Degraded));
        var text = stream
            ? string.Concat(Read(client, protocol).Parts.OfType<TextPart>().Select(part => part.Text))
            : string.Concat(Wire.Of(protocol).ReadAnswer(client.Bytes).Parts.OfType<TextPart>().Select(part => part.Text));
        Assert.Equal(Said, text);
        var record = Assert.Single(stage.Records);
        Assert.Equal((CallOutcome.Degraded, "human", true), (record.Outcome, record.ServedBy, record.AskedPerson));
        Assert.Empty(stage.Engine.Inboxes.Waiting);
    }

    [Theory]
    [InlineData(WireProtocol.AnthropicMessages, "event: ping")]
    [InlineData(WireProtocol.OpenAIChat, ": keepalive")]
    [InlineData(WireProtocol.OpenAIResponses, ": keepalive")]
    [InlineData(WireProtocol.Gemini, "\"text\":\"\"")]
    public void AReaderOfAStream_IsToldEvery15Seconds_AndTheAnswerIsWhole(WireProtocol protocol, string sign)
    {
        var stage = Dead();
        var (client, running) = Begin(stage, protocol);
        stage.Time.Advance(TimeSpan.FromSeconds(5)); // the walk down took some of the time
        Assert.False(client.Begun);
        stage.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((200, "human", true), (client.Head.Status, client.Head.ServedBy, client.Head.Degraded));
        Assert.Equal(8, client.Count(sign));
        stage.Engine.Inboxes.Answer("us_test", "rosa", Said);
        stage.Finish(running);
        Assert.Equal(Said, string.Concat(Read(client, protocol).Parts.OfType<TextPart>().Select(part => part.Text)));
    }

    [Fact]
    public void ACallerThatReadsNoStream_IsSentNothing_AndWaitsLongerThanItsDeadline()
    {
        var stage = Dead();
        var (client, running) = Begin(stage, stream: false);
        stage.Time.Advance(TimeSpan.FromMinutes(9));
        Assert.False(client.Begun);
        stage.Engine.Inboxes.Answer("us_test", "rosa", Said);
        stage.Finish(running);
        Assert.Equal(Said, (string?)JsonNode.Parse(client.Body)!["content"]![0]!["text"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void NobodyComes_TheLadderGoesOn(bool stream)
    {
        var stage = Dead();
        var (client, running) = Begin(stage, stream: stream);
        stage.Finish(running);
        Assert.Contains("Our assistant is resting", client.Body, StringComparison.Ordinal);
        Assert.InRange(stage.Time.Elapsed, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(11));
        var record = Assert.Single(stage.Records);
        Assert.Equal((CallOutcome.Degraded, "notice"), (record.Outcome, record.ServedBy));
        if (!stream) Assert.Equal("notice", client.Head.ServedBy);
        else Assert.Contains("""{"served_by":["human","notice"]}""", client.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 60)]
    [InlineData(false, 60)]
    public void HandedBack_TheModelsAreAskedOnceMore(bool stream, int after)
    {
        var stage = Dead();
        var (client, running) = Begin(stage, stream: stream);
        stage.Time.Advance(TimeSpan.FromSeconds(after));
        stage.Script(Claude, stream ? Reply.Say("Hel", "lo.") : Reply.Json(Anthropic.Message));
        stage.Script("openai/gpt-5", Reply.Error(529, "overloaded_error"));
        Assert.Equal(ReviewResult.Done, stage.Engine.Inboxes.HandBack("us_test", "rosa", "not for us").Result);
        stage.Finish(running);
        Assert.Contains("Hel", client.Body, StringComparison.Ordinal);
        var record = Assert.Single(stage.Records);
        Assert.Equal((CallOutcome.Answered, Claude), (record.Outcome, record.ServedBy));
        Assert.Equal(after == 0 || !stream ? Claude : "human", client.Head.ServedBy);
        if (stream) Assert.Equal("Hello.", client.Text);
    }

    [Fact]
    public void HandedBack_WithItsAttemptsUsedUp_OneMoreIsMade()
    {
        var stage = new Stage(policy => policy with { Routes = [With(Stage.Route((Stage.Claude, null), (Stage.OpenAI, "gpt-5")), Support, Notice) with { MaxAttempts = 2 }] });
        foreach (var target in (string[])[Claude, "openai/gpt-5"]) stage.Script(target, Reply.Error(529, "overloaded_error"));
        var (client, running) = Begin(stage, stream: false);
        Assert.Equal(2, stage.Received.Count);
        stage.Script(Claude, Reply.Json(Anthropic.Message));
        stage.Engine.Inboxes.HandBack("us_test", "rosa");
        stage.Finish(running);
        Assert.Equal((Claude, 3), (client.Head.ServedBy, stage.Received.Count));
    }

    [Fact]
    public void HandedBack_AndStillNoModel_GoesOnBelow_AndAsksNobodyTwice()
    {
        var stage = Dead();
        var (client, running) = Begin(stage, stream: false);
        var received = stage.Received.Count;
        stage.Engine.Inboxes.HandBack("us_test", "rosa");
        stage.Finish(running);
        Assert.Equal("notice", client.Head.ServedBy);
        Assert.Empty(stage.Engine.Inboxes.Waiting);
        Assert.InRange(stage.Received.Count - received, 1, 2);
    }

    [Fact]
    public void TwoInboxes_AreAskedInTurn()
    {
        var stage = Dead(Support with { Inbox = "first" }, Support with { Inbox = "second" });
        var (client, running) = Begin(stage, stream: false);
        Assert.Equal("first", Only(stage).Inbox);
        stage.Engine.Inboxes.HandBack("us_test", "rosa");
        stage.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("second", Only(stage).Inbox);
        stage.Engine.Inboxes.Answer("us_test", "ben", Said);
        stage.Finish(running);
        Assert.Equal("human", client.Head.ServedBy);
    }

    [Theory]
    [InlineData(WireProtocol.AnthropicMessages, "permission_error")]
    [InlineData(WireProtocol.OpenAIChat, "declined")]
    [InlineData(WireProtocol.OpenAIResponses, "declined")]
    [InlineData(WireProtocol.Gemini, "PERMISSION_DENIED")]
    public void Dropped_TheCallerGetsAnErrorThatIsNotTriedAgain(WireProtocol protocol, string says)
    {
        var stage = Dead();
        var (client, running) = Begin(stage, protocol, stream: false);
        stage.Engine.Inboxes.Drop("us_test", "rosa", "Please write to tickets@theatre.example.", "spam");
        stage.Finish(running);
        Assert.Equal((403, true, null), (client.Head.Status, client.Head.DoNotRetry, client.Head.RetryAfter));
        Assert.Contains(says, client.Body, StringComparison.Ordinal);
        Assert.Contains("Please write to tickets@theatre.example. Request us_test", client.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("spam", client.Body, StringComparison.Ordinal);
        var record = Assert.Single(stage.Records);
        Assert.Equal((CallOutcome.Refused, FailureKind.Dropped), (record.Outcome, record.Failure!.Kind));
        Assert.DoesNotContain("tickets", record.Failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WireProtocol.AnthropicMessages, "event: error")]
    [InlineData(WireProtocol.OpenAIChat, "\"error\":{")]
    [InlineData(WireProtocol.OpenAIResponses, "event: response.failed")]
    [InlineData(WireProtocol.Gemini, "{\"error\":{")]
    public void DroppedAfterSignsOfLife_TheStreamEndsInItsError(WireProtocol protocol, string says)
    {
        var stage = Dead();
        var (client, running) = Begin(stage, protocol);
        stage.Time.Advance(TimeSpan.FromMinutes(1));
        stage.Engine.Inboxes.Drop("us_test", "rosa", null, null);
        stage.Finish(running);
        Assert.Equal(1, client.Count(says));
        Assert.Contains("A person has looked at this question", client.Body, StringComparison.Ordinal);
    }

    [Fact]
    public void TheClientLeaves_TheQuestionGoes()
    {
        var stage = new Stage(policy => policy with { Routes = [With(Stage.Route((Stage.Claude, null)), Support)], Join = new() { Grace = TimeSpan.Zero } });
        stage.Script(Claude, Reply.Error(529, "overloaded_error"));
        using var leaves = new CancellationTokenSource();
        var (_, running) = Begin(stage, leaves: leaves.Token);
        Assert.NotNull(Only(stage));
        leaves.Cancel();
        stage.Finish(running);
        Assert.Empty(stage.Engine.Inboxes.Waiting);
        Assert.Equal(CallOutcome.Cancelled, Assert.Single(stage.Records).Outcome);
        Assert.Equal((ReviewResult.Ended, ReviewEnd.Withdrawn), (stage.Engine.Inboxes.Answer("us_test", "rosa", Said).Result, stage.Engine.Inboxes.Answer("us_test", "rosa", Said).End));
    }

    [Fact]
    public void TheClientsRetry_JoinsTheQuestionThatWaits()
    {
        var stage = Dead();
        using var leaves = new CancellationTokenSource();
        var (_, running) = Begin(stage, stream: false, leaves: leaves.Token);
        stage.Time.Advance(TimeSpan.FromMinutes(3));
        leaves.Cancel();
        stage.Time.Advance(TimeSpan.FromSeconds(1));
        var retry = new Client();
        var joined = stage.Begin(retry, stream: false, Ask(WireProtocol.AnthropicMessages, stream: false), asking: new("us_retry") { Retry = true });
        stage.Time.Advance(TimeSpan.FromMinutes(4)); // far beyond the deadline of the retry itself
        Assert.Equal("us_test", Only(stage).Id);
        stage.Engine.Inboxes.Answer("us_test", "rosa", Said);
        stage.Finish(joined);
        stage.Finish(running);
        Assert.False(retry.Aborted);
        Assert.Equal(("human", "us_test"), (retry.Head.ServedBy, retry.Head.JoinedTo));
        Assert.Contains(Said, retry.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(",\"tools\":[{\"name\":\"t\",\"input_schema\":{\"type\":\"object\"}}],\"tool_choice\":{\"type\":\"any\"}")]
    public void WhoMustBeGivenAToolCall_IsShownToNobody(string more)
    {
        var stage = Dead(Support);
        var (client, running) = Begin(stage, stream: false, more: more);
        stage.Finish(running);
        Assert.True(stage.Time.Elapsed < TimeSpan.FromMinutes(1));
        Assert.Equal(529, client.Head.Status);
    }

    [Fact]
    public void WhoReadsJson_GetsNothingElse()
    {
        var stage = Dead();
        var (client, running) = Begin(stage, WireProtocol.OpenAIChat, stream: false, more: ",\"response_format\":{\"type\":\"json_object\"}");
        Assert.True(Only(stage).NeedsJson);
        Assert.Equal(ReviewResult.NotJson, stage.Engine.Inboxes.Answer("us_test", "rosa", Said).Result);
        Assert.False(running.IsCompleted);
        Assert.Equal(ReviewResult.Done, stage.Engine.Inboxes.Answer("us_test", "rosa", """{"rises":"eight"}""").Result);
        stage.Finish(running);
        Assert.Equal("""{"rises":"eight"}""", (string?)JsonNode.Parse(client.Body)!["choices"]![0]!["message"]!["content"]);
    }

    [Fact]
    public void AFullInbox_GoesOnAtOnce()
    {
        var stage = Dead(Support with { MaxWaiting = 1 }, Notice);
        var (_, running) = Begin(stage, stream: false);
        var second = new Client();
        var other = stage.Begin(second, stream: false, Ask(WireProtocol.OpenAIChat, stream: false), protocol: WireProtocol.OpenAIChat, asking: new("us_second"));
        stage.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(other.IsCompleted);
        Assert.Equal("notice", second.Head.ServedBy);
        stage.Engine.Inboxes.Close();
        stage.Finish(running);
        Assert.Contains(stage.Journal.Recent, happening => happening is { Kind: "inbox" } && happening.Text.Contains("is full", StringComparison.Ordinal));
    }

    [Fact]
    public void TheGatewayStops_WhoWaitsGoesOn()
    {
        var stage = Dead();
        var (client, running) = Begin(stage, stream: false);
        stage.Engine.Inboxes.Close();
        stage.Finish(running);
        Assert.Equal("notice", client.Head.ServedBy);
        Assert.True(stage.Time.Elapsed < TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void EverythingKilled_PeopleServe()
    {
        var stage = Dead();
        stage.Engine.Apply(stage.Engine.Model.Policy with { Kill = new(["all"]) });
        var (client, running) = Begin(stage, stream: false);
        Assert.Empty(stage.Received);
        Assert.Contains(Only(stage).Why, why => why.Contains("is switched off", StringComparison.Ordinal));
        stage.Engine.Inboxes.Answer("us_test", "rosa", Said);
        stage.Finish(running);
        Assert.Equal("human", client.Head.ServedBy);
    }

    [Fact]
    public void AnOlderAnswer_IsShownAsADraft()
    {
        var stage = Dead(new CacheRung { MaxStale = TimeSpan.FromMinutes(5), Degraded = true }, Support);
        stage.Script(Claude, Reply.Json(Anthropic.Message));
        var first = stage.Begin(new Client(), stream: false, Ask(WireProtocol.AnthropicMessages, stream: false));
        stage.Finish(first);
        stage.Script(Claude, Reply.Error(529, "overloaded_error"));
        stage.Time.Advance(TimeSpan.FromMinutes(20));
        var (client, running) = Begin(stage, stream: false);
        var draft = Only(stage).DraftSensitive;
        Assert.Equal(("Hello.", Claude), (draft?.Text, draft?.ServedBy));
        stage.Engine.Inboxes.Answer("us_test", "rosa", draft!.Text + " And welcome.");
        stage.Finish(running);
        Assert.Contains("Hello. And welcome.", client.Body, StringComparison.Ordinal);
    }

    [Fact]
    public void NothingOfTheQuestion_IsInAnyEvent()
    {
        var stage = Dead();
        var (_, running) = Begin(stage, stream: false);
        var question = Only(stage);
        stage.Engine.Inboxes.Claim("us_test", "rosa");
        stage.Engine.Inboxes.Answer("us_test", "rosa", Said, "knows it");
        stage.Finish(running);
        var told = string.Join('\n', stage.Journal.Recent.Select(happening => $"{happening.Subject} {happening.Text}")) + question + question.QuestionSensitive + question.Verdict;
        Assert.DoesNotContain("curtain", told, StringComparison.Ordinal);
        Assert.DoesNotContain("eight", told, StringComparison.Ordinal);
        Assert.Contains("us_test in inbox support was answered by rosa: knows it", told, StringComparison.Ordinal);
    }
}
