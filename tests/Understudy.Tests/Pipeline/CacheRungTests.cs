using System.Text.Json.Nodes;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Observation;

namespace Understudy.Tests.Pipeline;

/// <summary>Answers that were given before: at once where a route asks for it, and in trouble.</summary>
public sealed class CacheRungTests
{
    private const string Claude = "claude/claude-sonnet-4-5";

    private static Stage With(CacheRung cache, params RungModel[] below)
    {
        var stage = new Stage(policy => policy with { Routes = [policy.Routes[0] with { Ladder = [policy.Routes[0].Ladder[0], cache, .. below] }] });
        stage.Script(Claude, Reply.Say("The first ", "answer."));
        stage.Script("claude/gpt-5", Reply.Say("The first ", "answer."));
        return stage;
    }

    private static string Ask(WireProtocol protocol, bool stream, string question = "Tell me.", string? temperature = "0") => (protocol switch
    {
        WireProtocol.AnthropicMessages => """{"model":"claude-sonnet-4-5","max_tokens":100,@"messages":[{"role":"user","content":"?"}],"stream":#}""",
        WireProtocol.OpenAIChat => """{"model":"claude-sonnet-4-5","max_completion_tokens":100,@"messages":[{"role":"user","content":"?"}],"stream":#}""",
        WireProtocol.OpenAIResponses => """{"model":"claude-sonnet-4-5","max_output_tokens":100,@"input":"?","stream":#}""",
        _ => """{"contents":[{"role":"user","parts":[{"text":"?"}]}],"generationConfig":{@"maxOutputTokens":100}}""",
    }).Replace("@", temperature is null ? "" : $"\"temperature\":{temperature},", StringComparison.Ordinal).Replace("?", question, StringComparison.Ordinal).Replace("#", stream ? "true" : "false", StringComparison.Ordinal);

    private static string Text(WireProtocol protocol, Client client)
    {
        if (client.Head.ContentLength is null)
        {
            var collected = new Understudy.Wires.AnswerCollector();
            var reader = Understudy.Wires.Wire.Of(protocol).NewStreamReader();
            var rest = client.Bytes.AsSpan();
            for (int at; (at = rest.IndexOf("\n\n"u8)) >= 0; rest = rest[(at + 2)..]) reader.Read(rest[..(at + 2)], collected);
            reader.Complete(collected);
            Assert.True(collected.IsFinished);
            return string.Concat(collected.Parts().OfType<Understudy.Wires.TextPart>().Select(part => part.Text));
        }

        return string.Concat(Understudy.Wires.Wire.Of(protocol).ReadAnswer(client.Bytes).Parts.OfType<Understudy.Wires.TextPart>().Select(part => part.Text));
    }

    private static Client Call(Stage stage, WireProtocol protocol = WireProtocol.AnthropicMessages, bool stream = true, string question = "Tell me.", string? temperature = "0") =>
        stage.Call(stream, Ask(protocol, stream, question, temperature), protocol: protocol);

    private static void Break(Stage stage) => stage.Script(Claude, Reply.Error(529, "overloaded_error"));

    [Theory]
    [InlineData(WireProtocol.AnthropicMessages, true)]
    [InlineData(WireProtocol.AnthropicMessages, false)]
    [InlineData(WireProtocol.OpenAIChat, true)]
    [InlineData(WireProtocol.OpenAIChat, false)]
    [InlineData(WireProtocol.OpenAIResponses, true)]
    [InlineData(WireProtocol.OpenAIResponses, false)]
    [InlineData(WireProtocol.Gemini, true)]
    [InlineData(WireProtocol.Gemini, false)]
    public void StreamedAnswer_ServesEverybodyInTrouble(WireProtocol protocol, bool stream)
    {
        var stage = With(new());
        Assert.Equal("The first answer.", Call(stage).Text);
        Break(stage);
        stage.Time.Advance(TimeSpan.FromHours(2));
        var client = Call(stage, protocol, stream);
        Assert.Equal((200, "cache", true), (client.Head.Status, client.Head.ServedBy, client.Head.Degraded));
        Assert.InRange(client.Head.Age!.Value.TotalHours, 2, 2.1);
        Assert.Equal("The first answer.", Text(protocol, client));
        Assert.Equal((CallOutcome.Degraded, "cache"), (stage.Records[^1].Outcome, stage.Records[^1].ServedBy));
        Assert.True(stage.Records[^1].Usage.IsUnknown); // nothing was spent on it
    }

    [Fact]
    public void AnswerInOnePiece_ServesAStream()
    {
        var stage = With(new());
        stage.Script(Claude, Reply.Json(Anthropic.Message));
        Call(stage, stream: false);
        Break(stage);
        Assert.Equal("Hello.", Call(stage, stream: true).Text);
    }

    [Fact]
    public void TranslatedAnswer_IsKeptToo()
    {
        var stage = With(new());
        Call(stage, WireProtocol.OpenAIChat, stream: true);
        Break(stage);
        Assert.Equal("The first answer.", Text(WireProtocol.AnthropicMessages, Call(stage, stream: false)));
    }

    [Fact]
    public void TooOld_IsNotGiven_AndTheNextRungIsAsked()
    {
        var stage = With(new() { MaxStale = TimeSpan.FromHours(1) }, new NoticeRung { Words = new() { Text = "Our assistant is resting." } });
        Call(stage);
        Break(stage);
        stage.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal("notice", Call(stage).Head.ServedBy);
        Assert.Equal("notice", Call(stage, question: "Something else.").Head.ServedBy);
    }

    [Fact]
    public void RungInTheMiddle_StandsBeforeTheModelsBelow_AndLetsThemAnswerWhatItHasNot()
    {
        var stage = With(new(), new TargetRung { Targets = [new() { Provider = Stage.Spare, Model = "claude-haiku-4-5" }], Degraded = true });
        stage.Script("spare/claude-haiku-4-5", Reply.Say("From the spare."));
        Call(stage);
        Break(stage);
        Assert.Equal("The first answer.", Call(stage).Text);
        Assert.Equal("From the spare.", Call(stage, question: "Something else.").Text);
        Assert.True(stage.Records[^1].ServedBy == "spare/claude-haiku-4-5");

        // A degraded answer is not kept: it would be given for longer than the trouble lasts.
        stage.Script("spare/claude-haiku-4-5", Reply.Error(529, "overloaded_error"));
        Assert.Equal(529, Call(stage, question: "Something else.").Head.Status);
    }

    [Fact]
    public void Fresh_IsGivenAtOnce_WithoutAskingAnybody()
    {
        var stage = With(new() { Fresh = TimeSpan.FromMinutes(10) });
        Call(stage);
        stage.Time.Advance(TimeSpan.FromMinutes(9));
        var client = Call(stage);
        Assert.Equal(("cache", false, 0), (client.Head.ServedBy, client.Head.Degraded, client.Head.Attempts));
        Assert.Single(stage.Received);
        Assert.Equal(CallOutcome.Answered, stage.Records[^1].Outcome);
        stage.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(Claude, Call(stage).Head.ServedBy);
        Assert.Equal(2, stage.Received.Count);
    }

    [Theory]
    [InlineData("0.7", false, false)]
    [InlineData(null, false, false)]
    [InlineData("0", false, true)]
    [InlineData("0.7", true, true)]
    [InlineData(null, true, true)]
    public void CallThatSamples_GetsAnAnswerOfItsOwn_UnlessAsked(string? temperature, bool sampled, bool cached)
    {
        var stage = With(new() { Fresh = TimeSpan.FromMinutes(10), Sampled = sampled });
        Call(stage, temperature: temperature);
        Assert.Equal(cached ? "cache" : Claude, Call(stage, temperature: temperature).Head.ServedBy);
        Break(stage);
        Assert.Equal("cache", Call(stage, temperature: temperature).Head.ServedBy); // in trouble it is better than none
    }

    [Fact]
    public void Note_IsAddedForPeople_NeverForPrograms_NorToWhatIsFresh()
    {
        var stage = With(new() { Note = "(Answer of {age} ago.)", Fresh = TimeSpan.FromMinutes(1) });
        Call(stage);
        Assert.Equal("The first answer.", Call(stage).Text);
        Break(stage);
        stage.Time.Advance(TimeSpan.FromHours(3));
        Assert.EndsWith("The first answer.\n\n(Answer of 4 h ago.)", Text(WireProtocol.AnthropicMessages, Call(stage, stream: false)), StringComparison.Ordinal);

        stage.Script(Claude, Reply.Json(Anthropic.Message));
        var program = Ask(WireProtocol.AnthropicMessages, stream: false).Replace("\"stream\"", "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{}}},\"stream\"", StringComparison.Ordinal);
        stage.Time.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(Claude, stage.Call(false, program).Head.ServedBy);
        Break(stage);
        stage.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("Hello.", Text(WireProtocol.AnthropicMessages, stage.Call(false, program)));
    }

    [Fact]
    public void CutOrBrokenAnswer_IsNotKept()
    {
        var stage = With(new());
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("Half an ")) with { End = End.Reset });
        Call(stage);
        Assert.Equal(0, stage.Engine.Cache.Load.Entries);
        Break(stage);
        Assert.Equal(529, Call(stage).Head.Status);
    }

    [Fact]
    public void EverythingKilled_WhatIsKnownIsStillAnswered()
    {
        var stage = With(new());
        Call(stage);
        stage.Engine.Apply(stage.Engine.Model.Policy with { Kill = KillSwitch.Parse("all") });
        Assert.Equal("cache", Call(stage).Head.ServedBy);
        Assert.Equal(529, Call(stage, question: "Something else.").Head.Status);
        Assert.Single(stage.Received);
    }

    [Fact]
    public void PassThrough_StaysByteForByte_OnARouteWithACache()
    {
        var stage = With(new() { Fresh = TimeSpan.FromMinutes(1) });
        var body = Ask(WireProtocol.AnthropicMessages, stream: true);
        var client = stage.Call(true, body);
        Assert.Equal(body, stage.Received.Single().Body);
        Assert.Equal(string.Concat(Reply.Say("The first ", "answer.").Pieces), client.Body);
        Assert.NotNull(JsonNode.Parse(body));
    }
}
