using System.Text.Json.Nodes;
using Understudy.Simulator.Faults;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Simulator.Tests;

/// <summary>An answer that was cut can be gone on with at any provider of the same seed, as with a real model.</summary>
public sealed class ContinuationTests
{
    private const string Prompt = "Tell me a story.";

    private static readonly string Whole = AnswerText.For(Prompt, 1);

    [Theory]
    [InlineData(1)]
    [InlineData(57)]
    public async Task Prefill_IsContinuedExactly(int length)
    {
        await using var client = await Client.AnthropicAsync();
        var said = Whole[..length].TrimEnd();

        Assert.Equal(Whole[said.Length..], await ClaudeSaysAsync(client, ("user", Prompt), ("assistant", said)));
    }

    [Fact]
    public async Task InstructionToContinue_IsFollowedAtAnotherVendor()
    {
        await using var client = await Client.OpenAIAsync();
        var body = Client.Chat(Prompt);
        body["messages"]!.AsArray().Add(new JsonObject { ["role"] = "assistant", ["content"] = Whole[..41] });
        body["messages"]!.AsArray().Add(new JsonObject { ["role"] = "user", ["content"] = "You were interrupted. Continue exactly." });

        using var response = await client.ChatAsync(body);

        Assert.Equal(Whole[41..], (string?)(await Client.JsonAsync(response))["choices"]![0]!["message"]!["content"]);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(20)]
    public async Task HalfADocument_IsGoneOnWithWhereItsSchemaIsToldAndBegunAnewWhereItIsEnforced(int length)
    {
        const string Schema = """{"type":"object","properties":{"title":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}}},"required":["title","tags"],"additionalProperties":false}""";
        await using var client = await Client.OpenAIAsync();
        var format = new JsonObject { ["type"] = "json_schema", ["json_schema"] = new JsonObject { ["name"] = "report", ["strict"] = true, ["schema"] = JsonNode.Parse(Schema) } };
        var body = Client.Chat(Prompt);
        body["response_format"] = format;
        using var first = await client.ChatAsync(body);
        var whole = (string)(await Client.JsonAsync(first))["choices"]![0]!["message"]!["content"]!;

        body["messages"]!.AsArray().Add(new JsonObject { ["role"] = "assistant", ["content"] = whole[..length] });
        body["messages"]!.AsArray().Add(new JsonObject { ["role"] = "user", ["content"] = "You were interrupted. Write the rest. The document obeys this JSON schema:\n" + Schema });
        using var enforced = await client.ChatAsync(body);
        body.AsObject().Remove("response_format");
        using var told = await client.ChatAsync(body);

        Assert.Equal(["title", "tags"], JsonNode.Parse(whole)!.AsObject().Select(member => member.Key));
        Assert.Equal(whole, (string?)(await Client.JsonAsync(enforced))["choices"]![0]!["message"]!["content"]);
        Assert.Equal(whole[length..], (string?)(await Client.JsonAsync(told))["choices"]![0]!["message"]!["content"]);
    }

    [Fact]
    public async Task SecondInterruption_IsContinuedToo()
    {
        await using var client = await Client.AnthropicAsync();

        var rest = await ClaudeSaysAsync(client, ("user", Prompt), ("assistant", Whole[..20]), ("user", "Continue."), ("assistant", Whole[20..50]), ("user", "Please continue."));

        Assert.Equal(Whole[50..], rest);
    }

    [Fact]
    public async Task ContinueAfterAWholeAnswer_IsANewQuestion()
    {
        await using var client = await Client.AnthropicAsync();

        var answer = await ClaudeSaysAsync(client, ("user", Prompt), ("assistant", Whole), ("user", "continue"));

        Assert.Equal(AnswerText.For("continue", 1), answer);
    }

    [Fact]
    public async Task WholeAnswerSaidToBeInterrupted_HasNothingToAdd()
    {
        await using var client = await Client.AnthropicAsync();

        Assert.Equal("", await ClaudeSaysAsync(client, ("user", Prompt), ("assistant", Whole), ("user", "You were interrupted. Continue.")));
        Assert.Equal("", await ClaudeSaysAsync(client, ("user", Prompt), ("assistant", Whole)));
    }

    [Theory]
    [InlineData("overlap")]
    [InlineData("restart")]
    [InlineData("apology")]
    public async Task BadModels_ContinueBadly(string manner)
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set(new FaultSpec { Kind = manner, Words = 2 });
        var cut = Whole.IndexOf(' ', 60);

        var rest = await ClaudeSaysAsync(client, ("user", Prompt), ("assistant", Whole[..cut]), ("user", "continue"));

        switch (manner)
        {
            case "overlap":
                Assert.EndsWith(Whole[cut..], rest);
                var overlap = rest[..^Whole[cut..].Length];
                Assert.Equal(2, overlap.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
                Assert.EndsWith(overlap, Whole[..cut]);
                break;
            case "restart":
                Assert.Equal(Whole, rest);
                break;
            default:
                Assert.StartsWith("I apologize for the interruption.", rest);
                Assert.EndsWith(Whole[cut..], rest);
                break;
        }
    }

    [Theory]
    [InlineData("A note.\n\n\n\nA question?")]
    [InlineData("A note.  \n A question?\n")]
    public void TextsJoinedInAnotherWay_AreTheSamePrompt(string joined) =>
        Assert.Equal(AnswerText.Prompt("A note.\nA question?"), AnswerText.Prompt(joined));

    [Fact]
    public void Pieces_JoinToTheTextAgain()
    {
        for (var seed = 0UL; seed < 200; seed++)
        {
            var text = AnswerText.For("p" + seed, seed);
            Assert.Equal(text, string.Concat(AnswerText.Pieces(text)));
            Assert.InRange(text.Split(' ').Length, 40, 120);
        }
    }

    private static async Task<string> ClaudeSaysAsync(Client client, params (string Role, string Text)[] turns)
    {
        var body = Client.Message(Prompt);
        body["messages"] = new JsonArray([.. turns.Select(turn => new JsonObject { ["role"] = turn.Role, ["content"] = turn.Text })]);
        using var response = await client.MessagesAsync(body);
        return string.Concat((await Client.JsonAsync(response))["content"]!.AsArray().Select(block => (string)block!["text"]!));
    }
}
