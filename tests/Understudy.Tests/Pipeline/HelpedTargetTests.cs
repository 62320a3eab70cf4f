using System.Text.Json.Nodes;
using Understudy.Configuration;
using Understudy.Observation;

namespace Understudy.Tests.Pipeline;

/// <summary>Targets that leave something to whoever asks them: stop sequences that they do not know, reasoning in the text.</summary>
public sealed class HelpedTargetTests
{
    private static Stage Only(string model) => new(policy => policy with { Routes = [Stage.Route((Stage.OpenAI, model))] });

    private static string Ask(bool stream, string more) => $$"""{"model":"claude-sonnet-4-5","max_tokens":2000,"stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"Tell me."}]{{more}}}""";

    private static Reply Whole(string text) => Reply.Json(new JsonObject
    {
        ["id"] = "chatcmpl-1",
        ["object"] = "chat.completion",
        ["created"] = 1,
        ["model"] = "m",
        ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text }, ["finish_reason"] = "stop" }),
        ["usage"] = new JsonObject { ["prompt_tokens"] = 9, ["completion_tokens"] = 4, ["total_tokens"] = 13 },
    }.ToJsonString());

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AStopSequence_EndsTheAnswer_WhereTheModelKnowsNone(bool stream)
    {
        var stage = Only("o4-mini");
        stage.Script("openai/o4-mini", stream ? Chat.Say("Hello E", "N", "D and more") : Whole("Hello END and more"));
        var client = stage.Call(stream, Ask(stream, ""","stop_sequences":["END"]"""));
        Assert.Contains("\"stop_reason\":\"stop_sequence\"", client.Body, StringComparison.Ordinal);
        Assert.Contains("\"stop_sequence\":\"END\"", client.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("more", client.Body, StringComparison.Ordinal);
        if (stream) Assert.Equal("Hello ", client.Text);
        else Assert.Equal("Hello ", (string?)JsonNode.Parse(client.Body)!["content"]![0]!["text"]);
        if (stream) Assert.Equal(1, client.Count("event: message_stop"));
        var record = Assert.Single(stage.Records);
        Assert.Equal((CallOutcome.Answered, "openai/o4-mini"), (record.Outcome, record.ServedBy));
    }

    [Fact]
    public void WhatCouldHaveBeenAStopSequence_GoesOutInTheEnd()
    {
        var stage = Only("o4-mini");
        stage.Script("openai/o4-mini", Chat.Say("Hello E", "N"));
        var client = stage.Call(stream: true, Ask(stream: true, ""","stop_sequences":["END"]"""));
        Assert.Equal("Hello EN", client.Text);
        Assert.Contains("\"stop_reason\":\"end_turn\"", client.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void ThoughtsInTheText_AreThoughts(bool stream, bool wanted)
    {
        var stage = Only("deepseek-r1");
        stage.Script("openai/deepseek-r1", stream ? Chat.Say("<thi", "nk>Hm", "m.</th", "ink>\\n\\nHel", "lo.") : Whole("<think>Hmm.</think>\n\nHello."));
        var client = stage.Call(stream, Ask(stream, wanted ? ""","thinking":{"type":"enabled","budget_tokens":1024}""" : ""));
        Assert.DoesNotContain("think>", client.Body, StringComparison.Ordinal);
        Assert.Equal(wanted, client.Body.Contains("\"thinking\":\"Hmm.\"", StringComparison.Ordinal) || client.Body.Contains("\"thinking_delta\"", StringComparison.Ordinal));
        if (stream) Assert.Equal("Hello.", client.Text);
        else Assert.Equal("Hello.", (string?)JsonNode.Parse(client.Body)!["content"]![wanted ? 1 : 0]!["text"]);
    }

    [Fact]
    public void AnotherModelsThoughts_AreNotGluedToACutAnswer()
    {
        var stage = new Stage(policy => policy with { Routes = [Stage.Route((Stage.Claude, null), (Stage.OpenAI, "deepseek-r1"))] });
        stage.Script("claude/claude-sonnet-4-5", Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("The curtain rises at ")) with { End = End.Reset });
        stage.Script("openai/deepseek-r1", Chat.Say("<think>I am to go on.</think>", "eight o'clock."));
        var client = stage.Call();
        Assert.Equal("The curtain rises at eight o'clock.", client.Text);
        Assert.Equal(CallOutcome.Answered, Assert.Single(stage.Records).Outcome);
    }
}
