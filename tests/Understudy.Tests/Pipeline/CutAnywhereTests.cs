using System.Text;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Tests.Pipeline;

/// <summary>Every stream is cut at every byte, in every way, and continued by a target of every protocol: the client always gets one whole, well-formed answer.</summary>
public sealed class CutAnywhereTests
{
    public static TheoryData<WireProtocol, WireProtocol, string> Table()
    {
        var table = new TheoryData<WireProtocol, WireProtocol, string>();
        foreach (var client in Protocols)
        {
            foreach (var target in Protocols)
            {
                foreach (var play in Play.All.Keys) table.Add(client, target, play);
            }
        }

        return table;
    }

    internal static readonly WireProtocol[] Protocols = [WireProtocol.AnthropicMessages, WireProtocol.OpenAIChat, WireProtocol.OpenAIResponses, WireProtocol.Gemini];

    [Theory]
    [MemberData(nameof(Table))]
    public void CutAtAnyByte_TheClientGetsTheWholeAnswer(WireProtocol client, WireProtocol target, string name)
    {
        var play = Play.All[name];
        var recorded = play.Record(client);
        // Every byte where the target speaks the client's protocol; a prime step apart elsewhere, to keep the suite quick.
        for (var cut = 0; cut < recorded.Length; cut += client == target ? 1 : 11)
        {
            // Every byte with one of the ways to die; over the whole stream each way meets each kind of event.
            CutOnce(client, target, play, recorded, cut, (End)(cut % 3));
        }
    }

    private static void CutOnce(WireProtocol client, WireProtocol target, Play play, byte[] recorded, int cut, End how)
    {
        var first = Provider("first", client);
        var second = Provider("second", target);
        var stage = new Stage(policy => policy with
        {
            Providers = [first, second],
            Routes = [Stage.Route((first, null), (second, "other"))],
            Breaker = new() { ConsecutiveFailures = int.MaxValue, MinimumCalls = int.MaxValue, Tolerate = null },
            Retry = new() { AttemptsPerTarget = 1 },
        });
        // A server of chat is asked in Responses by a client of Responses; here it is one that knows only chat.
        stage.Engine.Targets.Get(second, "other", stage.Engine.Model.Policy.Breaker).Target.LacksResponses = target == WireProtocol.OpenAIChat;
        stage.Script("first/m", _ => Reply.Stream() with { Raw = recorded[..cut], End = how });
        stage.Script("second/other", body => Reply.Stream() with { Raw = play.Continue(target, body) });
        var sink = stage.Call(body: Play.Request(client), model: "m", protocol: client);
        var where = $"{client} cut at byte {cut} of {recorded.Length} ({how}), continued by {target}:\n{sink.Body}";

        var got = Read(client, sink.Bytes, out var meanings);
        Assert.True((meanings & EventMeaning.Failed) == 0, where);
        Assert.True((meanings & (client == WireProtocol.Gemini ? EventMeaning.Finished : EventMeaning.Closed)) != 0, where);
        Assert.True(play.Text == string.Concat(got.Parts.OfType<TextPart>().Select(part => part.Text)), where);
        var calls = got.Parts.OfType<ToolCallPart>().ToArray();
        if (play.Tools.Count > 0)
        {
            Assert.Equal(FinishReason.ToolUse, got.Finish);
            Assert.True(calls.Length >= 1, where);
            Assert.All(calls, (call, i) => Assert.Equal((play.Tools[i].Name, play.Tools[i].Arguments), (call.Name, call.Arguments)));
        }
        else
        {
            Assert.Empty(calls);
            Assert.Equal(FinishReason.Stop, got.Finish);
        }

        if (Opening(client) is { } opening) Assert.Equal(1, sink.Count(opening));
        Assert.True(stage.Records.Single().Outcome is CallOutcome.Answered or CallOutcome.Degraded, $"{stage.Records.Single().Failure} {where}");
        if (client == WireProtocol.AnthropicMessages) BlocksAreInOrder(sink.Body, where);
    }

    internal static string? Opening(WireProtocol client) => client switch
    {
        WireProtocol.AnthropicMessages => "event: message_start",
        WireProtocol.OpenAIChat => "\"role\":\"assistant\"",
        WireProtocol.OpenAIResponses => "event: response.created",
        WireProtocol.InProcess => throw new ArgumentOutOfRangeException(nameof(client)),
        WireProtocol.Gemini => null,
    };

    /// <summary>Indices rise by one, every block that is opened is closed, and nothing is written into a closed one.</summary>
    internal static void BlocksAreInOrder(string body, string where)
    {
        var open = -1;
        var next = 0;
        foreach (var line in body.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)))
        {
            using var data = System.Text.Json.JsonDocument.Parse(line[6..]);
            var root = data.RootElement;
            switch (root.GetProperty("type").GetString())
            {
                case "content_block_start":
                    Assert.True(open == -1, where);
                    open = root.GetProperty("index").GetInt32();
                    Assert.Equal(next++, open);
                    break;
                case "content_block_delta":
                    Assert.True(open == root.GetProperty("index").GetInt32(), where);
                    break;
                case "content_block_stop":
                    Assert.True(open == root.GetProperty("index").GetInt32(), where);
                    open = -1;
                    break;
                case "message_delta":
                    Assert.True(open == -1, where);
                    break;
            }
        }
    }

    internal static Answer Read(WireProtocol protocol, byte[] bytes, out EventMeaning meanings)
    {
        meanings = EventMeaning.None;
        var reader = Wire.Of(protocol).NewStreamReader();
        var collected = new AnswerCollector();
        var at = 0;
        var resume = 0;
        while (SseSplitter.TryFindEnd(bytes.AsSpan(at), ref resume, out var length))
        {
            meanings |= reader.Read(bytes.AsSpan(at, length), collected);
            at += length;
        }

        reader.Complete(collected);
        Assert.Equal(bytes.Length, at);
        return collected.ToAnswer();
    }

    internal static ProviderModel Provider(string name, WireProtocol protocol) => new() { Name = name, Protocol = protocol, BaseUrl = new($"http://{name}.test") };

    /// <summary>What is to be said: reasoning, text, tool calls.</summary>
    private sealed record Play(string? Thinking, string Text, IReadOnlyList<(string Name, string Arguments)> Tools)
    {
        public static Dictionary<string, Play> All { get; } = new()
        {
            ["text"] = new(null, "The quick brown fox – größer als je – jumps over the lazy dog, 42 times.", []),
            ["thinking"] = new("First I consider the fox.", "Then I say: the fox jumps over the dog.", []),
            ["tool"] = new(null, "I will look at the weather now.", [("get_weather", "{\"city\":\"Zürich\",\"days\":3}")]),
            ["parallel"] = new(null, "Both cities, one after the other.", [("get_weather", "{\"city\":\"Paris\"}"), ("get_weather", "{\"city\":\"Rome\"}")]),
        };

        public static string Request(WireProtocol protocol) => protocol switch
        {
            WireProtocol.AnthropicMessages => """{"model":"m","max_tokens":2000,"stream":true,"thinking":{"type":"enabled","budget_tokens":1024},"tools":[{"name":"get_weather","input_schema":{"type":"object"}}],"messages":[{"role":"user","content":"Go."}]}""",
            WireProtocol.OpenAIChat => """{"model":"m","stream":true,"stream_options":{"include_usage":true},"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object"}}}],"messages":[{"role":"user","content":"Go."}]}""",
            WireProtocol.OpenAIResponses => """{"model":"m","stream":true,"reasoning":{"effort":"high","summary":"auto"},"tools":[{"type":"function","name":"get_weather","parameters":{"type":"object"},"strict":false}],"input":"Go."}""",
            WireProtocol.InProcess => throw new ArgumentOutOfRangeException(nameof(protocol)),
            WireProtocol.Gemini => """{"generationConfig":{"thinkingConfig":{"includeThoughts":true}},"tools":[{"functionDeclarations":[{"name":"get_weather","parameters":{"type":"object"}}]}],"contents":[{"role":"user","parts":[{"text":"Go."}]}]}""",
        };

        public byte[] Record(WireProtocol protocol) => Write(protocol, Thinking, Text);

        /// <summary>A good model, asked to go on: says exactly what is missing.</summary>
        public byte[] Continue(WireProtocol protocol, string body)
        {
            var conversation = Wire.Of(protocol).ReadRequest(Encoding.UTF8.GetBytes(body));
            var said = string.Concat(conversation.Turns.Where(turn => turn.Role == TurnRole.Assistant).SelectMany(turn => turn.Parts).OfType<TextPart>().Select(part => part.Text));
            Assert.StartsWith(said.TrimEnd(), Text, StringComparison.Ordinal);
            return Write(protocol, thinking: null, Text[said.Length..]);
        }

        private byte[] Write(WireProtocol protocol, string? thinking, string text)
        {
            var output = new PooledBuffer();
            var writer = Wire.Of(protocol).NewStreamWriter(new() { Model = "m", MessageId = "id_1", Created = 1, ShowThinking = true, IncludeUsage = true }, output);
            writer.Start(null, null);
            if (thinking is not null)
            {
                foreach (var word in Words(thinking)) writer.Thinking(word);
                if (protocol == WireProtocol.AnthropicMessages) writer.ThinkingSignature("c2lnbmVk");
            }

            foreach (var word in Words(text)) writer.Text(word);
            for (var i = 0; i < Tools.Count; i++)
            {
                writer.ToolCall(i, $"call_{i}", Tools[i].Name);
                writer.ToolArguments(i, Tools[i].Arguments[..5]);
                writer.ToolArguments(i, Tools[i].Arguments[5..]);
                writer.ToolCallEnd(i);
            }

            writer.Finish(Tools.Count > 0 ? FinishReason.ToolUse : FinishReason.Stop, null, new(10, 0, 0, 20, 0));
            return output.Written.ToArray();
        }

        private static IEnumerable<string> Words(string text)
        {
            for (var at = 0; at < text.Length; at += 7) yield return text.Substring(at, Math.Min(7, text.Length - at));
        }
    }
}
