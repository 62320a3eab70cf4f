using System.Text.Json.Nodes;
using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.Tests.Pipeline;

/// <summary>Responses numbers its events, and clients may hold it to that: the numbers run on over a cut.</summary>
public sealed class CutResponsesTests
{
    private const string Ask = """{"model":"gpt-5","stream":true,"input":"Tell me.","tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":false}]}""";

    private static readonly string[] Opening =
    [
        """{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","created_at":1,"status":"in_progress","model":"gpt-5","output":[]}}""",
        """{"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_1","object":"response","created_at":1,"status":"in_progress","model":"gpt-5","output":[]}}""",
    ];

    [Fact]
    public void CallInManyPieces_TheEndIsNumberedBehindThem()
    {
        var client = Run(
            """{"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"fc_1","type":"function_call","status":"in_progress","call_id":"call_1","name":"f","arguments":""}}""",
            """{"type":"response.function_call_arguments.delta","sequence_number":3,"item_id":"fc_1","output_index":0,"delta":"{\"a\""}""",
            """{"type":"response.function_call_arguments.delta","sequence_number":4,"item_id":"fc_1","output_index":0,"delta":":"}""",
            """{"type":"response.function_call_arguments.delta","sequence_number":5,"item_id":"fc_1","output_index":0,"delta":"1}"}""",
            """{"type":"response.function_call_arguments.done","sequence_number":6,"item_id":"fc_1","output_index":0,"arguments":"{\"a\":1}"}""",
            """{"type":"response.output_item.done","sequence_number":7,"output_index":0,"item":{"id":"fc_1","type":"function_call","status":"completed","call_id":"call_1","name":"f","arguments":"{\"a\":1}"}}""");

        AssertNumbered(client);
        Assert.Equal(1, client.Count("event: response.completed"));
    }

    [Fact]
    public void EventsOfTomorrow_TheContinuationIsNumberedBehindThem()
    {
        var client = Run(
            """{"type":"response.of_tomorrow","sequence_number":2}""",
            """{"type":"response.output_item.added","sequence_number":3,"output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}}""",
            """{"type":"response.content_part.added","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}""",
            """{"type":"response.output_text.delta","sequence_number":5,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"All is \"sequence_number\": 77, well, "}""",
            """{"type":"response.of_tomorrow","sequence_number":6}""");

        AssertNumbered(client);
        Assert.Contains("and stays so.", client.Body, StringComparison.Ordinal);
    }

    private static Client Run(params string[] events)
    {
        var first = new ProviderModel { Name = "first", Protocol = WireProtocol.OpenAIResponses, BaseUrl = new("http://first.test") };
        var stage = new Stage(policy => policy with
        {
            Providers = [first, Stage.Claude],
            Routes = [Stage.Route((first, null), (Stage.Claude, "claude-haiku-4-5"))],
            Retry = new() { AttemptsPerTarget = 1 },
        });
        stage.Script("first/gpt-5", Reply.Stream([.. Opening.Concat(events).Select(Event)]) with { End = End.Reset });
        stage.Script("claude/claude-haiku-4-5", Reply.Say("and stays so."));
        return stage.Call(body: Ask, model: "gpt-5", protocol: WireProtocol.OpenAIResponses);
    }

    private static string Event(string data) => $"event: {(string)JsonNode.Parse(data)!["type"]!}\ndata: {data}\n\n";

    private static void AssertNumbered(Client client)
    {
        var numbers = client.Body.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => (int)JsonNode.Parse(line[6..])!["sequence_number"]!).ToArray();
        Assert.Equal(Enumerable.Range(0, numbers.Length), numbers);
    }
}
