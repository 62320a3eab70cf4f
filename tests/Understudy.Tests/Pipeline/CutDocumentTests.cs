using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Understudy.Calls;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Tests.Pipeline;

/// <summary>
/// The client asked for a JSON document, and the stream is cut at every byte. Whoever goes on with it, and however badly,
/// the client gets one valid document or its protocol's own error: never two halves that are none.
/// </summary>
public sealed class CutDocumentTests
{
    private const string Document = """{"title":"Größe \"L\"","lines":[0,0,0,0,0,0,-1.5e3],"nested":{"ok":true,"none":null,"items":[{"id":1,"text":"a {brace} in text"},{"id":2,"text":"second\nline"}]},"end":"done"}""";
    private const string Schema = """{"type":"object","properties":{"title":{"type":"string"}},"required":["title"],"additionalProperties":false}""";

    /// <summary>How a model goes on that was asked to. Every one was seen from a real model.</summary>
    public enum Manner
    {
        Exactly,
        SaysTheLastWordsAgain,
        WritesAllAgain,
        WritesAllAgainIndented,
        InACodeFence,
        AllAgainInACodeFenceWithProse,
        WithKindWordsBehind,
        Apologizes,
        AnotherDocument,
        NotToItsEnd,
    }

    public static TheoryData<WireProtocol, WireProtocol, Manner> Table()
    {
        var table = new TheoryData<WireProtocol, WireProtocol, Manner>();
        foreach (var client in CutAnywhereTests.Protocols)
        {
            foreach (var target in CutAnywhereTests.Protocols)
            {
                foreach (var manner in Enum.GetValues<Manner>()) table.Add(client, target, manner);
            }
        }

        return table;
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void CutAtAnyByte_OneValidDocumentOrAnHonestError(WireProtocol client, WireProtocol target, Manner manner)
    {
        var recorded = Stream(client, Document);
        var every = client == target && manner == Manner.Exactly ? 1 : 31;
        for (var cut = 0; cut < recorded.Length; cut += every) CutOnce(client, target, manner, recorded, cut, (End)(cut % 3));
    }

    private static void CutOnce(WireProtocol client, WireProtocol target, Manner manner, byte[] recorded, int cut, End how)
    {
        var first = CutAnywhereTests.Provider("first", client);
        var second = CutAnywhereTests.Provider("second", target);
        var stage = new Stage(policy => policy with
        {
            Providers = [first, second],
            Routes = [Stage.Route((first, null), (second, "other"))],
            Breaker = new() { ConsecutiveFailures = int.MaxValue, MinimumCalls = int.MaxValue, Tolerate = null },
            Retry = new() { AttemptsPerTarget = 1 },
        });
        stage.Engine.Targets.Get(second, "other", stage.Engine.Model.Policy.Breaker).Target.LacksResponses = target == WireProtocol.OpenAIChat;
        stage.Script("first/m", _ => Reply.Stream() with { Raw = recorded[..cut], End = how });
        stage.Script("second/other", body => Reply.Stream() with { Raw = Continue(target, body, manner) });
        var sink = stage.Call(body: Request(client), model: "m", protocol: client);
        var where = $"{client} cut at byte {cut} of {recorded.Length} ({how}), continued by {target} ({manner}):\n{sink.Body}";

        Assert.Equal(200, sink.Head.Status);
        var got = CutAnywhereTests.Read(client, sink.Bytes, out var meanings);
        var text = string.Concat(got.Parts.OfType<TextPart>().Select(part => part.Text));
        var failed = (meanings & EventMeaning.Failed) != 0;
        if (failed)
        {
            // An error ends it, and nothing that looks like an end.
            Assert.True((meanings & (EventMeaning.Finished | EventMeaning.Closed)) == 0, where);
            Assert.True(manner is Manner.Apologizes or Manner.AnotherDocument or Manner.NotToItsEnd, where);
            Assert.Equal(CallOutcome.Failed, stage.Records.Single().Outcome);
        }
        else
        {
            Assert.True((meanings & (client == WireProtocol.Gemini ? EventMeaning.Finished : EventMeaning.Closed)) != 0, where);
            var document = Parse(text, where);
            if (manner is not (Manner.AnotherDocument or Manner.Apologizes)) Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Document), document), where);
            Assert.Equal(FinishReason.Stop, got.Finish);
            Assert.Equal(CallOutcome.Answered, stage.Records.Single().Outcome);
        }

        if (CutAnywhereTests.Opening(client) is { } opening) Assert.Equal(1, sink.Count(opening));
        if (client == WireProtocol.AnthropicMessages && !failed) CutAnywhereTests.BlocksAreInOrder(sink.Body, where);
    }

    private static JsonNode? Parse(string text, string where)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            Assert.Fail($"No document: {text}\n{where}");
            return null;
        }
    }

    private static byte[] Continue(WireProtocol protocol, string body, Manner manner)
    {
        var conversation = Wire.Of(protocol).ReadRequest(Encoding.UTF8.GetBytes(body));
        var said = string.Concat(conversation.Turns.Where(turn => turn.Role == TurnRole.Assistant).SelectMany(turn => turn.Parts).OfType<TextPart>().Select(part => part.Text));
        // Asked afresh, the form is enforced, and every model obeys; asked to go on, it is told and must not be enforced.
        if (said.Length == 0) return Stream(protocol, Document);
        Assert.Null(conversation.Output);
        Assert.Contains("\"title\"", body.Replace("\\\"", "\"", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.StartsWith(said, Document, StringComparison.Ordinal);
        var rest = Document[said.Length..];
        return Stream(protocol, manner switch
        {
            Manner.Exactly => rest,
            Manner.SaysTheLastWordsAgain => said[Math.Max(0, said.Length - 12)..] + rest,
            Manner.WritesAllAgain => Document,
            Manner.WritesAllAgainIndented => JsonNode.Parse(Document)!.ToJsonString(new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }),
            Manner.InACodeFence => "```json\n" + rest + "\n```",
            Manner.AllAgainInACodeFenceWithProse => "Here is the whole document:\n\n```json\n" + Document + "\n```\nI hope that helps.",
            Manner.WithKindWordsBehind => rest + "\n\nLet me know if you need anything else!",
            Manner.Apologizes => "I apologize for the interruption. Here is the rest: " + rest,
            Manner.AnotherDocument => Document.Replace("Größe", "Weight", StringComparison.Ordinal),
            Manner.NotToItsEnd => rest[..(rest.Length / 2)],
            _ => throw new InvalidOperationException(),
        });
    }

    private static byte[] Stream(WireProtocol protocol, string text)
    {
        using var output = new PooledBuffer();
        var writer = Wire.Of(protocol).NewStreamWriter(new() { Model = "m", MessageId = "id_1", Created = 1, IncludeUsage = true }, output);
        writer.Start(null, null);
        for (var at = 0; at < text.Length; at += 9) writer.Text(text.Substring(at, Math.Min(9, text.Length - at)));
        writer.Finish(FinishReason.Stop, null, new(10, 0, 0, 20, 0));
        return output.Written.ToArray();
    }

    private static string Request(WireProtocol protocol) => protocol switch
    {
        WireProtocol.AnthropicMessages => $$$"""{"model":"m","max_tokens":2000,"stream":true,"output_config":{"format":{"type":"json_schema","schema":{{{Schema}}}}},"messages":[{"role":"user","content":"Go."}]}""",
        WireProtocol.OpenAIChat => $$$"""{"model":"m","stream":true,"stream_options":{"include_usage":true},"response_format":{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":{{{Schema}}}}},"messages":[{"role":"user","content":"Go."}]}""",
        WireProtocol.OpenAIResponses => $$$"""{"model":"m","stream":true,"text":{"format":{"type":"json_schema","name":"a","strict":true,"schema":{{{Schema}}}}},"input":"Go."}""",
        WireProtocol.InProcess => throw new ArgumentOutOfRangeException(nameof(protocol)),
        WireProtocol.Gemini => $$$"""{"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{{{Schema}}}},"contents":[{"role":"user","parts":[{"text":"Go."}]}]}""",
    };
}
