using System.Text.Json.Nodes;
using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.Tests.Pipeline;

/// <summary>A stand-in that speaks the client's protocol but has other rules: what it refuses it gets once more, by its own.</summary>
public sealed class OtherModelTests
{
    private const string Adaptive =
        """{"model":"claude-sonnet-5","max_tokens":100000,"stream":true,"thinking":{"type":"adaptive"},"output_config":{"effort":"high"},"field_of_tomorrow":[1],"messages":[{"role":"user","content":"Tell me."}]}""";

    [Fact]
    public void OlderModelRefusesWhatTheNewerTakes_TheRequestIsWrittenByItsRules()
    {
        var stage = Ladder(Stage.Claude, null, Stage.Spare, "claude-haiku-4-5");
        stage.Script("claude/claude-sonnet-5", new Reply(529, [""]));
        stage.Script("spare/claude-haiku-4-5", Reply.Error(400, "invalid_request_error"), Reply.Say("All", " well."));

        var client = stage.Call(body: Adaptive, model: "claude-sonnet-5");

        var body = Body(stage, "spare/claude-haiku-4-5");
        Assert.Equal("claude-haiku-4-5", (string?)body["model"]);
        Assert.Equal("enabled", (string?)body["thinking"]!["type"]);
        Assert.Equal(64_000, (int?)body["max_tokens"]);
        Assert.Equal(1, (int?)body["field_of_tomorrow"]![0]);
        Assert.Equal("All well.", client.Text);
    }

    [Fact]
    public void ModelThatTakesItStandsIn_OnlyTheNameIsChanged()
    {
        var stage = Ladder(Stage.Claude, null, Stage.Spare, "claude-opus-5");
        stage.Script("claude/claude-sonnet-5", new Reply(529, [""]));
        stage.Script("spare/claude-opus-5", Reply.Say("All well."));

        stage.Call(body: Adaptive, model: "claude-sonnet-5");

        Assert.Equal(Adaptive.Replace("claude-sonnet-5", "claude-opus-5", StringComparison.Ordinal), stage.Received[^1].Body);
    }

    [Fact]
    public void FirstTargetUnderAnotherName_OnlyTheNameIsChanged()
    {
        var body = Adaptive.Replace("claude-sonnet-5", "fast", StringComparison.Ordinal);
        var stage = Ladder(Stage.Claude, "claude-haiku-4-5", Stage.Spare, "claude-opus-5");
        stage.Script("claude/claude-haiku-4-5", Reply.Say("All well."));

        stage.Call(body: body, model: "fast");

        Assert.Equal(body.Replace("fast", "claude-haiku-4-5", StringComparison.Ordinal), stage.Received.Single().Body);
    }

    [Fact]
    public void ModelWithoutReasoningRefusesTheEffort_ItIsLeftOut()
    {
        var other = new ProviderModel { Name = "other", Protocol = WireProtocol.OpenAIChat, BaseUrl = new("http://other.test") };
        var stage = Ladder(Stage.OpenAI, null, other, "gpt-4.1");
        stage.Script("openai/gpt-5", new Reply(503, [""]));
        stage.Script("other/gpt-4.1", Reply.Error(400, "invalid_request_error"), Chat.Say("All well."));

        stage.Call(
            body: """{"model":"gpt-5","stream":true,"reasoning_effort":"high","max_completion_tokens":500,"messages":[{"role":"user","content":"Tell me."}]}""",
            model: "gpt-5", protocol: WireProtocol.OpenAIChat);

        Assert.False(Body(stage, "other/gpt-4.1").AsObject().ContainsKey("reasoning_effort"));
    }

    [Fact]
    public void ModelThatRefusesAllTheSame_IsAskedOnceMoreInTheProtocolsOwnOrder()
    {
        var stage = Ladder(Stage.Claude, null, Stage.Spare, "claude-opus-5");
        stage.Script("claude/claude-sonnet-5", new Reply(529, [""]));
        stage.Script("spare/claude-opus-5", Reply.Error(400, "invalid_request_error"), Reply.Say("All well."));
        var unordered = """{"stream":true,"messages":[{"role":"user","content":"Tell me."}],"max_tokens":100,"model":"claude-sonnet-5"}""";

        var client = stage.Call(body: unordered, model: "claude-sonnet-5");

        Assert.Equal("All well.", client.Text);
        var asked = stage.Received.Where(call => call.Target == "spare/claude-opus-5").Select(call => call.Body).ToArray();
        Assert.Equal(2, asked.Length);
        Assert.StartsWith("{\"stream\"", asked[0], StringComparison.Ordinal);
        Assert.StartsWith("{\"model\"", asked[1], StringComparison.Ordinal); // written anew
    }

    private static Stage Ladder(ProviderModel first, string? firstModel, ProviderModel second, string secondModel) =>
        new(policy => policy with { Providers = [first, second], Routes = [Stage.Route((first, firstModel), (second, secondModel))] });

    private static JsonNode Body(Stage stage, string target) => JsonNode.Parse(stage.Received.Last(call => call.Target == target).Body)!;
}
