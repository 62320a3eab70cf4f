using System.Text;
using Understudy.Calls;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Tests.Pipeline;

/// <summary>A 200 that is no answer: in every protocol, streamed or not, it is known before the client has seen a byte, and moved.</summary>
public sealed class SilentFailureTests
{
    private const string Page = "<!DOCTYPE html><html><body>One moment, please</body></html>";

    private static readonly string[] Kinds =
    [
        "html", "html of the right type", "empty", "garbage", "garbage event", "error object", "error event", "bare error", "wrong type", "opening only", "keep-alives only",
        "half", "another object", "compressed", "no content", "error in an array", "too large an event",
    ];

    public static TheoryData<WireProtocol, bool, string> Table()
    {
        var table = new TheoryData<WireProtocol, bool, string>();
        foreach (var protocol in Saying.Protocols)
        {
            foreach (var kind in Kinds)
            {
                if (kind != "too large an event") table.Add(protocol, false, kind);
                table.Add(protocol, true, kind);
            }
        }

        return table;
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void TwoHundredThatIsNoAnswer_IsMovedUnseen(WireProtocol protocol, bool stream, string kind)
    {
        var stage = Saying.Two(protocol);
        stage.Script("first/m", Bad(protocol, stream, kind));
        stage.Script("second/m", Saying.Reply(protocol, stream, ["All ", "is ", "well."]));
        var client = stage.Call(stream, Saying.Request(protocol, stream), "m", protocol);
        var record = stage.Records.Single();
        Assert.Equal("All is well.", Saying.Text(protocol, stream, client.Bytes, out _));
        Assert.Equal(Encoding.UTF8.GetString(stream ? Saying.Stream(protocol, ["All ", "is ", "well."]) : Saying.Whole(protocol, "All is well.")), client.Body);
        Assert.Equal("second/m", client.Head.ServedBy);
        Assert.Equal(CallOutcome.Answered, record.Outcome);
        var failure = record.Attempts[0].Failure!.Kind;
        if (kind == "another object" && stream) Assert.True(failure is FailureKind.EmptyAnswer or FailureKind.CutShort); // an event that may yet exist, and then nothing
        else Assert.Equal(Expected(kind, stream), failure);
    }

    private static FailureKind Expected(string kind, bool stream) => kind switch
    {
        "empty" or "garbage" => stream ? FailureKind.EmptyAnswer : FailureKind.Garbage, // lines of no known field are no event
        "no content" => FailureKind.EmptyAnswer,
        "error object" or "error event" or "bare error" or "error in an array" => FailureKind.ErrorInStream,
        "opening only" or "half" => stream ? FailureKind.CutShort : FailureKind.Garbage,
        "keep-alives only" => stream ? FailureKind.EmptyAnswer : FailureKind.Garbage,
        _ => FailureKind.Garbage,
    };

    private static Reply Bad(WireProtocol protocol, bool stream, string kind)
    {
        var type = stream ? "text/event-stream" : "application/json";
        Reply Body(string body, string? contentType = null) => new(200, body.Length == 0 ? [] : [body]) { Headers = new() { ["content-type"] = contentType ?? type } };
        string Data(string json) => stream ? $"data: {json}\n\n" : json;
        return kind switch
        {
            "html" => Body(Page, "text/html"),
            "html of the right type" => Body(Page),
            "empty" => Body(""),
            "garbage" => Body("\u0001<<< not json ]]"),
            "garbage event" => Body(Data("{\"id\":\"<<< not json ]]")),
            "error object" => Body("""{"error":{"message":"overloaded","type":"server_error","code":null,"status":"UNAVAILABLE"}}"""),
            "error event" => Body(Data("""{"type":"error","error":{"message":"overloaded","type":"overloaded_error","code":503,"status":"UNAVAILABLE"}}""")),
            "bare error" => Body("""{"object":"error","message":"busy","type":"server_error","param":null,"code":503}"""),
            "error in an array" => Body("""[{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}]"""),
            "wrong type" => Body(Encoding.UTF8.GetString(stream ? Saying.Stream(protocol, ["x"]) : Saying.Whole(protocol, "x")), stream ? "application/json" : "text/plain"),
            "opening only" => Body(Opening(protocol)),
            "keep-alives only" => Body(": keepalive\n\n: keepalive\n\n"),
            "half" => Body(stream ? Opening(protocol) + "data: {\"id\":" : """{"id":"x","choices":[{"message":{"cont"""),
            "another object" => Body(Data("""{"hello":"world"}""")),
            "compressed" => Body("x") with { Headers = new() { ["content-type"] = type, ["content-encoding"] = "gzip" } },
            "no content" => Saying.Reply(protocol, stream, []),
            "too large an event" => Body("data: {\"x\":\"" + new string('x', 10 * 1024 * 1024 + 100)),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }

    /// <summary>What a stream begins with before it says anything.</summary>
    private static string Opening(WireProtocol protocol) => protocol switch
    {
        WireProtocol.AnthropicMessages => Anthropic.Start + Anthropic.Ping,
        WireProtocol.OpenAIChat => Chat.Role,
        WireProtocol.OpenAIResponses => "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"in_progress\",\"output\":[]}}\n\n",
        WireProtocol.InProcess => throw new ArgumentOutOfRangeException(nameof(protocol)),
        WireProtocol.Gemini => "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},\"index\":0}]}\n\n",
    };
}
