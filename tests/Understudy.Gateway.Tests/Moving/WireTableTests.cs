using System.Text;
using System.Text.RegularExpressions;
using Understudy.Calls;
using Understudy.Gateway.Tests.Support;
using Understudy.Simulator;
using Understudy.Simulator.Faults;

namespace Understudy.Gateway.Tests.Moving;

/// <summary>
/// What a client of each protocol gets from a target of each, whole, moved between two turns, and after a cut: every cell
/// is a run over loopback against vendors that refuse what the real ones refuse. The table is <c>docs/wires.md</c>: it is
/// written with <c>UNDERSTUDY_UPDATE_GOLDEN=1</c>, and otherwise the docs have to say what was seen.
/// </summary>
public sealed partial class WireTableTests
{
    private const string Schema = """{"type":"object","properties":{"title":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}},"mood":{"type":"string","enum":["calm","rough"]},"deep":{"type":"boolean"}},"required":["title","tags","mood","deep"],"additionalProperties":false}""";

    private static readonly Feature[] Features =
    [
        new("text", "Tell me a story.", new()),
        new("tools", "Please explain and call get_weather and get_time.", new(Tools: true)),
        new("thinking", "Tell me a story, well thought out.", new(Thinking: true)),
        new("images", "Look at this and tell me a story.", new(), Picture: true),
        new("structured", "Tell me a story in this form.", new(Schema: Schema)),
    ];

    [Fact]
    public async Task TableOfTheDocs_IsWhatARunOfEachCellShows()
    {
        await using var stage = await WireTableStage.StartAsync();
        var table = new WireTable();
        foreach (var client in WireTableStage.Protocols)
        {
            foreach (var target in WireTableStage.Protocols)
            {
                foreach (var feature in Features)
                {
                    var cell = new Cell(stage, client, target, feature);
                    table.Add(client, target, feature.Name, await cell.WholeAsync(), await cell.MovedAsync(), await cell.CutAsync());
                }
            }
        }

        Docs.AssertGolden("wires.md", table.ToString());
    }

    /// <summary>What is asked for.</summary>
    private sealed record Feature(string Name, string Prompt, Wish Wish, bool Picture = false);

    /// <summary>One cell of the table. Each run gives null where the client got all it asked for, else what it lacks.</summary>
    private sealed class Cell(WireTableStage stage, WireProtocol client, WireProtocol target, Feature feature)
    {
        private const string NoPicture = "the picture does not reach the target";
        private const string Next = "And what came after that?";

        public async Task<string?> WholeAsync()
        {
            foreach (var stream in (bool[])[false, true])
            {
                var agent = Begin(stream);
                var answer = await agent.AskAsync(WireTableStage.At(target));
                if (await LacksAsync(agent, answer, thoughts: true) is { } lack) return lack;
                if (LacksPicture()) return NoPicture;
            }

            return null;
        }

        /// <summary>The client's own vendor, then the target, then its own vendor again.</summary>
        public async Task<string?> MovedAsync()
        {
            foreach (var stream in (bool[])[false, true])
            {
                var agent = Begin(stream);
                var path = WireTableStage.Path(client, target);
                stage.Fail(client, null);
                var results = Keep(agent, await agent.AskAsync(path));
                stage.Fail(client, new() { Kind = "status", Code = 503 });
                if (await TurnAsync(agent, path, results, "at the target") is { } moved) return moved;
                if (LacksPicture()) return NoPicture;
                stage.Fail(client, null);
                if (await TurnAsync(agent, path, [], "back again") is { } back) return back;
            }

            return null;
        }

        /// <summary>Broken at several places in several ways; the target goes on.</summary>
        public async Task<string?> CutAsync()
        {
            string? worst = null;
            foreach (var end in (string[])["cut", "eof", "error_event"])
            {
                foreach (var fraction in (double[])[0.05, 0.3, 0.55, 0.8])
                {
                    stage.Fail(client, new() { Kind = end, Fraction = fraction });
                    var agent = Begin(stream: true);
                    worst ??= await LacksAsync(agent, await agent.AskAsync(WireTableStage.Path(client, target)), thoughts: false);
                    if (LacksPicture()) worst ??= NoPicture;
                    stage.Fail(client, null);
                }
            }

            return worst;
        }

        private bool LacksPicture() => feature.Picture && !stage.LastRequest(target).Contains(ScriptedAgent.Picture, StringComparison.Ordinal);

        private ScriptedAgent Begin(bool stream)
        {
            var agent = ScriptedAgent.Of(client, stage.Url, stream, feature.Wish);
            agent.Hear(feature.Prompt, feature.Picture);
            return agent;
        }

        private async Task<string?> TurnAsync(ScriptedAgent agent, string path, IReadOnlyList<string> results, string where)
        {
            if (results.Count == 0) agent.Hear(Next, withPicture: false);
            var answer = await agent.AskAsync(path);
            if (!agent.IsWhole(answer)) return $"{where}: {Told(answer)}";
            var (_, text) = agent.Keep(answer);
            if (feature.Wish.Schema is not null) AssertDocument(text);
            else Assert.Equal(AnswerText.For(results.Count == 0 ? Next : AnswerText.Prompt(feature.Prompt, results), 1), text);
            return null;
        }

        /// <summary>What an answer lacks. Part of an answer that is told as whole is no lack but a failed test.</summary>
        private async Task<string?> LacksAsync(ScriptedAgent agent, RawResponse answer, bool thoughts)
        {
            if (!agent.IsWhole(answer)) return Told(answer);
            var (calls, text) = agent.Keep(answer);
            if (feature.Wish.Tools)
            {
                string[] all = ["get_weather", "get_time"];
                Assert.Equal(all[..Math.Clamp(calls.Count, 1, 2)], calls);
                Assert.Equal(AnswerText.For(feature.Prompt, 1), text);
            }
            else if (feature.Wish.Schema is not null)
            {
                Assert.Equal(await DocumentAsync(), text);
            }
            else
            {
                Assert.Equal(AnswerText.For(feature.Prompt, 1), text);
            }

            if (!thoughts || !feature.Wish.Thinking || agent.SawThoughts) return null;
            return client == WireProtocol.OpenAIChat ? "Chat Completions has no place for thoughts: the answer comes without them"
                : target == WireProtocol.OpenAIChat ? "Chat Completions does not tell its thoughts: the answer comes without them"
                : "the thoughts are lost";
        }

        private async Task<string> DocumentAsync()
        {
            var agent = ScriptedAgent.Of(WireProtocol.OpenAIResponses, stage.Url, stream: false, feature.Wish);
            agent.Hear(feature.Prompt, withPicture: false);
            return agent.Keep(await agent.AskAsync(WireTableStage.At(WireProtocol.OpenAIResponses))).Text;
        }

        private static IReadOnlyList<string> Keep(ScriptedAgent agent, RawResponse answer)
        {
            Assert.True(agent.IsWhole(answer), answer.Text);
            return [.. agent.Keep(answer).Called.Select((_, i) => agent.ResultOf(i, 2))];
        }

        private static void AssertDocument(string text) =>
            Assert.Equal(["title", "tags", "mood", "deep"], ((System.Text.Json.Nodes.JsonObject)System.Text.Json.Nodes.JsonNode.Parse(text)!).Select(member => member.Key));

        /// <summary>The error that the client was told, without what differs from run to run.</summary>
        private static string Told(RawResponse answer) =>
            ErrorMessage().Match(answer.Text) is { Success: true } told ? "an error, " + Changing().Replace(told.Groups[1].Value, "") : $"an error, {answer.Status}";
    }

    [GeneratedRegex("\"message\":\\s?\"([^\"]*)\"")]
    private static partial Regex ErrorMessage();

    [GeneratedRegex("; request us_[0-9a-f]+")]
    private static partial Regex Changing();
}
