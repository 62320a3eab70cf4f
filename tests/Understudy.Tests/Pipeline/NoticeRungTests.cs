using System.Text.Json.Nodes;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Observation;

namespace Understudy.Tests.Pipeline;

/// <summary>When no model answers: the honest word, whole and in the caller's protocol.</summary>
public sealed class NoticeRungTests
{
    private const string Claude = "claude/claude-sonnet-4-5";
    private const string Text = "Our assistant is resting since {since}: {provider} is {what}. Try again in {retry_after} ({request_id}).";

    private static Stage Dead(NoticeRung? notice = null, Func<Policy, Policy>? change = null)
    {
        var stage = new Stage(policy => (change ?? (same => same))(policy with { Routes = [With(Stage.Route((Stage.Claude, null), (Stage.OpenAI, "gpt-5")), notice ?? Notice(Text))] }));
        foreach (var target in (string[])[Claude, "claude/gpt-5", "openai/gpt-5"]) stage.Script(target, Reply.Error(529, "overloaded_error"));
        return stage;
    }

    private static NoticeRung Notice(string text) => new() { Words = new() { Text = text }, Degraded = true };

    private static RouteModel With(RouteModel route, RungModel rung) => route with { Ladder = [.. route.Ladder, rung] };

    private static string Ask(WireProtocol protocol, bool stream = false, string more = "") => protocol switch
    {
        WireProtocol.AnthropicMessages => $$"""{"model":"claude-sonnet-4-5","max_tokens":100,"stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"Tell me."}]{{more}}}""",
        WireProtocol.OpenAIChat => $$"""{"model":"claude-sonnet-4-5","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"Tell me."}]{{more}}}""",
        WireProtocol.OpenAIResponses => $$"""{"model":"claude-sonnet-4-5","stream":{{(stream ? "true" : "false")}},"input":"Tell me."{{more}}}""",
        _ => $$"""{"contents":[{"role":"user","parts":[{"text":"Tell me."}]}]{{more}}}""",
    };

    private static string TextOf(WireProtocol protocol, string body)
    {
        var json = JsonNode.Parse(body)!;
        return (string)(protocol switch
        {
            WireProtocol.AnthropicMessages => json["content"]![0]!["text"],
            WireProtocol.OpenAIChat => json["choices"]![0]!["message"]!["content"],
            WireProtocol.OpenAIResponses => json["output"]![0]!["content"]![0]!["text"],
            _ => json["candidates"]![0]!["content"]!["parts"]![0]!["text"],
        })!;
    }

    [Theory]
    [InlineData(WireProtocol.AnthropicMessages)]
    [InlineData(WireProtocol.OpenAIChat)]
    [InlineData(WireProtocol.OpenAIResponses)]
    [InlineData(WireProtocol.Gemini)]
    public void EveryTargetGone_TheNoticeAnswers_Whole(WireProtocol protocol)
    {
        var stage = Dead();
        var client = stage.Call(stream: false, body: Ask(protocol), protocol: protocol);
        Assert.Equal((200, "notice", true), (client.Head.Status, client.Head.ServedBy, client.Head.Degraded));
        Assert.Equal(client.Bytes.Length, client.Head.ContentLength);
        Assert.Matches(@"^Our assistant is resting since \d\d:\d\d UTC: claude is overloaded\. Try again in 1 min \(us_test\)\.$|^Our assistant is resting since \d\d:\d\d UTC: claude is overloaded\. Try again in \d+ s \(us_test\)\.$", TextOf(protocol, client.Body));
        var record = Assert.Single(stage.Records);
        Assert.Equal((CallOutcome.Degraded, "notice"), (record.Outcome, record.ServedBy));
        Assert.True(record.Usage.IsUnknown);
        Assert.NotEmpty(record.Attempts);
    }

    [Theory]
    [InlineData(WireProtocol.AnthropicMessages, "event: message_stop")]
    [InlineData(WireProtocol.OpenAIChat, "data: [DONE]")]
    [InlineData(WireProtocol.OpenAIResponses, "event: response.completed")]
    [InlineData(WireProtocol.Gemini, "\"finishReason\":\"STOP\"")]
    public void Stream_IsWhole_AndReadBackAsTheSameText(WireProtocol protocol, string end)
    {
        var stage = Dead();
        var client = stage.Call(stream: true, body: Ask(protocol, stream: true), protocol: protocol);
        Assert.Equal((200, "notice", true), (client.Head.Status, client.Head.ServedBy, client.Head.Degraded));
        Assert.Null(client.Head.ContentLength);
        Assert.Equal(1, client.Count(end));
        var collected = new Understudy.Wires.AnswerCollector();
        var reader = Understudy.Wires.Wire.Of(protocol).NewStreamReader();
        var rest = client.Bytes.AsSpan();
        for (int at; (at = rest.IndexOf("\n\n"u8)) >= 0; rest = rest[(at + 2)..]) reader.Read(rest[..(at + 2)], collected);
        reader.Complete(collected);
        Assert.True(collected.IsFinished);
        Assert.StartsWith("Our assistant is resting since", Assert.IsType<Understudy.Wires.TextPart>(Assert.Single(collected.ToAnswer().Parts)).Text, StringComparison.Ordinal);
        Assert.Equal(0, reader.Usage.Output);
    }

    [Theory]
    [InlineData(WireProtocol.AnthropicMessages, ""","tool_choice":{"type":"any"},"tools":[{"name":"t","input_schema":{"type":"object"}}]""", 529)]
    [InlineData(WireProtocol.AnthropicMessages, ""","tool_choice":{"type":"tool","name":"t"},"tools":[{"name":"t","input_schema":{"type":"object"}}]""", 529)]
    [InlineData(WireProtocol.AnthropicMessages, ""","output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}""", 529)]
    [InlineData(WireProtocol.OpenAIChat, ""","response_format":{"type":"json_object"}""", 503)]
    [InlineData(WireProtocol.OpenAIChat, ""","response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object"}}}""", 503)]
    [InlineData(WireProtocol.OpenAIChat, ""","tool_choice":"required","tools":[{"type":"function","function":{"name":"t"}}]""", 503)]
    [InlineData(WireProtocol.OpenAIChat, ""","function_call":{"name":"t"},"functions":[{"name":"t"}]""", 503)]
    [InlineData(WireProtocol.OpenAIResponses, ""","text":{"format":{"type":"json_schema","name":"x","schema":{"type":"object"}}}""", 503)]
    [InlineData(WireProtocol.OpenAIResponses, ""","tool_choice":{"type":"function","name":"t"},"tools":[{"type":"function","name":"t"}]""", 503)]
    [InlineData(WireProtocol.Gemini, ""","generationConfig":{"responseMimeType":"application/json"}""", 503)]
    [InlineData(WireProtocol.Gemini, ""","toolConfig":{"functionCallingConfig":{"mode":"ANY"}},"tools":[{"functionDeclarations":[{"name":"t"}]}]""", 503)]
    public void CallerThatReadsNoProse_GetsACleanError(WireProtocol protocol, string more, int status)
    {
        var stage = Dead();
        var client = stage.Call(stream: false, body: Ask(protocol, more: more), protocol: protocol);
        Assert.Equal(status, client.Head.Status);
        Assert.Null(client.Head.ServedBy);
        Assert.NotNull(client.Head.RetryAfter);
        Assert.NotNull(JsonNode.Parse(client.Body)!["error"]);
        Assert.DoesNotContain("Our assistant", client.Body, StringComparison.Ordinal);
        Assert.Equal(CallOutcome.Failed, stage.Records.Single().Outcome);
    }

    [Theory]
    [InlineData(WireProtocol.OpenAIChat, ""","tool_choice":"auto","tools":[{"type":"function","function":{"name":"t"}}],"response_format":{"type":"text"}""")]
    [InlineData(WireProtocol.AnthropicMessages, ""","tool_choice":{"type":"auto"},"tools":[{"name":"t","input_schema":{"type":"object"}}]""")]
    [InlineData(WireProtocol.OpenAIResponses, ""","text":{"format":{"type":"text"}}""")]
    public void CallerThatMayCallTools_CanReadProse(WireProtocol protocol, string more) =>
        Assert.Equal("notice", Dead().Call(stream: false, body: Ask(protocol, more: more), protocol: protocol).Head.ServedBy);

    [Fact]
    public void BeginningThatTheCallerWrote_IsNotGoneOnWith()
    {
        var client = Dead().Call(stream: false, body: """{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"JSON!"},{"role":"assistant","content":"{"}]}""");
        Assert.Equal(529, client.Head.Status);
    }

    [Fact]
    public void JsonCaller_GetsTheOperatorsJson_WhereThereIsSome()
    {
        var stage = Dead(Notice(Text) with { Json = """{"status":"resting","why":"{what} \"{provider}\""}""" });
        var client = stage.Call(stream: false, body: Ask(WireProtocol.OpenAIChat, more: ""","response_format":{"type":"json_object"}"""), protocol: WireProtocol.OpenAIChat);
        Assert.Equal("notice", client.Head.ServedBy);
        var said = JsonNode.Parse(TextOf(WireProtocol.OpenAIChat, client.Body))!;
        Assert.Equal(("resting", "overloaded \"claude\""), ((string?)said["status"], (string?)said["why"]));
    }

    [Fact]
    public void UseCaseAndLanguage_ChooseTheText()
    {
        var stage = Dead(new NoticeRung
        {
            Words = new() { Text = "Default words." },
            UseCases = new Dictionary<string, NoticeWords> { ["interactive"] = new() { Text = "Words for people.", Languages = new Dictionary<string, string> { ["de"] = "Worte." } } },
        });
        Assert.Equal("Words for people.", TextOf(WireProtocol.AnthropicMessages, stage.Call(stream: false).Body));
    }

    [Fact]
    public void AttemptsUsedUp_AndDeadlinePassed_EndInTheNoticeToo()
    {
        var spent = Dead(change: policy => policy with { Routes = [policy.Routes[0] with { MaxAttempts = 1 }] });
        Assert.Equal("notice", spent.Call(stream: false).Head.ServedBy);
        Assert.Single(spent.Received);

        var late = Dead(change: policy => policy with { Routes = [policy.Routes[0] with { UseCase = UseCaseModel.Interactive with { Deadline = TimeSpan.FromSeconds(5) } }] });
        late.Script(Claude, Reply.Hang);
        late.Script("openai/gpt-5", Reply.Hang);
        var client = late.Call();
        Assert.Equal("notice", client.Head.ServedBy);
        Assert.InRange(late.Time.Elapsed.TotalSeconds, 0, 5.01);
    }

    [Fact]
    public void ClientsOwnMistake_IsNoMatterForANotice()
    {
        var stage = Dead();
        stage.Script(Claude, Reply.Error(400, "invalid_request_error"));
        var client = stage.Call(stream: false);
        Assert.Equal(400, client.Head.Status);
        Assert.Contains("As the provider said it.", client.Body, StringComparison.Ordinal);
        Assert.Equal(CallOutcome.ClientError, stage.Records.Single().Outcome);
    }

    [Fact]
    public void EverythingKilled_TheNoticeStands()
    {
        var stage = Dead(change: policy => policy with { Kill = KillSwitch.Parse("all") });
        var client = stage.Call(stream: false);
        Assert.Equal("notice", client.Head.ServedBy);
        Assert.Contains("is switched off", TextOf(WireProtocol.AnthropicMessages, client.Body), StringComparison.Ordinal);
        Assert.Empty(stage.Received);
    }

    [Fact]
    public void LadderOfOnlyANotice_Answers()
    {
        var stage = new Stage(policy => policy with { Routes = [new() { Name = "only", Match = ["*"], Ladder = [Notice("Closed for the night, back at eight.")] }] });
        Assert.Equal("Closed for the night, back at eight.", TextOf(WireProtocol.AnthropicMessages, stage.Call(stream: false).Body));
    }

    [Fact]
    public void CutAnswer_GetsNoNoticeGluedOn()
    {
        var stage = Dead();
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("Half an ")) with { End = End.Reset });
        var client = stage.Call();
        Assert.Equal("Half an ", client.Text);
        Assert.Equal(1, client.Count("event: error"));
        Assert.DoesNotContain("Our assistant", client.Body, StringComparison.Ordinal);
        Assert.Equal(CallOutcome.Failed, stage.Records.Single().Outcome);
    }

    [Fact]
    public void Spell_IsToldOnce()
    {
        var stage = Dead();
        Assert.Equal("notice", stage.Call(stream: false).Head.ServedBy);
        Assert.Single(stage.Journal.Recent, told => told.Kind == "notice");
        stage.Call(stream: false);
        Assert.Single(stage.Journal.Recent, told => told.Kind == "notice"); // one spell, told once
    }

    [Fact]
    public void NoticeThatComesBackAsTheModelsWords_IsTakenOut()
    {
        var stage = Dead();
        var notice = TextOf(WireProtocol.AnthropicMessages, stage.Call(stream: false).Body);
        stage.Script(Claude, Reply.Json(Anthropic.Message));
        stage.Received.Clear();
        stage.Time.Advance(TimeSpan.FromMinutes(11));

        var body = $$"""{"model":"claude-sonnet-4-5", "max_tokens":100,"messages":[{"role":"user","content":"Tell me."},{"role":"assistant","content":"{{notice}}"},{"role":"user","content":"And now?"}],"stream":false}""";
        var client = stage.Call(stream: false, body: body);
        Assert.Equal(200, client.Head.Status);
        Assert.Equal("""{"model":"claude-sonnet-4-5", "max_tokens":100,"messages":[{"role":"user","content":"Tell me."},{"role":"user","content":"And now?"}],"stream":false}""", stage.Received.Single().Body);

        // Without it, to the byte.
        var plain = body.Replace(notice, "Something the model said.", StringComparison.Ordinal);
        stage.Call(stream: false, body: plain);
        Assert.Equal(plain, stage.Received[^1].Body);
    }
}
