using System.Text;
using System.Text.Json.Nodes;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Tests.Pipeline;

/// <summary>An answer that was handed over says so: in the journal, and to the client in a place that every client passes over.</summary>
public sealed class HandOverTests
{
    public static TheoryData<WireProtocol> EveryProtocol => [.. Saying.Protocols];

    [Theory]
    [MemberData(nameof(EveryProtocol))]
    public void ContinuedAnswer_NamesWhoGaveIt(WireProtocol protocol)
    {
        var stage = Saying.Two(protocol);
        var whole = Encoding.UTF8.GetString(Saying.Stream(protocol, ["Half ", "a ", "sentence ", "is ", "not ", "much."])).SplitAfter("\n\n");
        stage.Script("first/m", Reply.Stream(whole[..(whole.Length / 2)]) with { End = End.Reset });
        stage.Script("second/m", body => Saying.Reply(protocol, true, ["and the other half comes here."]));
        var client = stage.Call(true, Saying.Request(protocol, true), "m", protocol);
        var noted = client.Body.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(line => JsonNode.Parse(line[6..])!["understudy"]).OfType<JsonObject>().ToList();
        Assert.Equal(["first/m", "second/m"], Assert.Single(noted)["served_by"]!.AsArray().Select(name => (string?)name));
        // The vendor's own reader takes it as it is.
        Assert.Contains("other half", Saying.Text(protocol, true, client.Bytes, out var meanings), StringComparison.Ordinal);
        Assert.True((meanings & EventMeaning.Failed) == 0);
        var told = Assert.Single(stage.Journal.Recent, happening => happening.Kind == "handed_over");
        Assert.Equal("second/m", told.Subject);
        Assert.Contains("first/m", told.Text, StringComparison.Ordinal);
        Assert.True(stage.Records.Single().Continued);
    }

    [Theory]
    [MemberData(nameof(EveryProtocol))]
    public void AnswerThatWasNotHandedOver_SaysNothing(WireProtocol protocol)
    {
        var stage = Saying.Two(protocol);
        stage.Script("first/m", Reply.Error(529, "overloaded_error"));
        stage.Script("second/m", Saying.Reply(protocol, true, ["All of it."]));
        var client = stage.Call(true, Saying.Request(protocol, true), "m", protocol);
        Assert.DoesNotContain("understudy", client.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(stage.Journal.Recent, happening => happening.Kind == "handed_over");
    }
}
