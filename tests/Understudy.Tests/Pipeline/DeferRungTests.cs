using System.Text.Json.Nodes;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Observation;
using Understudy.Pipeline;

namespace Understudy.Tests.Pipeline;

/// <summary>Work that is kept for later: what its caller hears, and that nothing is promised that is not kept.</summary>
public sealed class DeferRungTests
{
    private const string Claude = "claude/claude-sonnet-4-5";

    [Theory]
    [InlineData(WireProtocol.AnthropicMessages, false)]
    [InlineData(WireProtocol.AnthropicMessages, true)]
    [InlineData(WireProtocol.OpenAIChat, false)]
    [InlineData(WireProtocol.OpenAIChat, true)]
    [InlineData(WireProtocol.OpenAIResponses, false)]
    [InlineData(WireProtocol.OpenAIResponses, true)]
    [InlineData(WireProtocol.Gemini, false)]
    [InlineData(WireProtocol.Gemini, true)]
    public void EveryTargetGone_TheCallerIsToldThatItIsKept_InItsProtocol(WireProtocol protocol, bool stream)
    {
        var deferred = new DeferralStage();
        var client = deferred.Stage.Call(stream, DeferralStage.Ask(protocol, stream), protocol: protocol, caller: "ann");
        Assert.Equal((200, "defer", true), (client.Head.Status, client.Head.ServedBy, client.Head.Degraded));
        var id = client.Headers.Single(header => header.Name == "x-understudy-deferred-id").Value;
        var text = Assert.IsType<Understudy.Wires.TextPart>(Assert.Single(DeferralStage.Read(protocol, stream, client.Bytes).Parts)).Text;
        Assert.Equal($"No model can answer right now. Your request is kept under the number {id} and will be worked on as soon as one is well again.", text);
        Assert.Equal((CallOutcome.Deferred, "defer"), (deferred.Stage.Records.Single().Outcome, deferred.Stage.Records.Single().ServedBy));

        var view = deferred.Find(id, "ann")!;
        Assert.Equal((DeferredState.Waiting, protocol, 0), (view.State, view.Protocol, view.Ahead));
        Assert.Equal(TimeSpan.FromHours(24), view.Deadline - view.AcceptedAt);
        Assert.Null(deferred.Find(id, "bob"));
    }

    [Fact]
    public void CallerThatAsksForALaterAnswer_GetsA202AtOnce_AndNoModelIsAsked()
    {
        var deferred = new DeferralStage();
        var client = deferred.Call(new() { Headers = [new("Prefer", "wait=5, respond-async")] });
        Assert.Equal((202, "defer", false), (client.Head.Status, client.Head.ServedBy, client.Head.Degraded));
        Assert.Empty(deferred.Stage.Received);
        var json = JsonNode.Parse(client.Body)!;
        var id = (string)json["id"]!;
        Assert.Equal(("waiting", "anthropic", "claude-sonnet-4-5"), ((string?)json["status"], (string?)json["protocol"], (string?)json["model"]));
        var headers = client.Headers.ToDictionary(header => header.Name, header => header.Value);
        Assert.Equal(($"/v1/deferred/{id}", "respond-async", id), (headers["location"], headers["preference-applied"], headers["x-understudy-deferred-id"]));
        Assert.InRange(client.Head.RetryAfter!.Value.TotalSeconds, 5, 300);
        Assert.Equal(CallOutcome.Deferred, deferred.Stage.Records.Single().Outcome);
    }

    [Fact]
    public void WishForALaterAnswer_IsNotHeard_WhereNothingCanBeKept()
    {
        var without = new Stage();
        without.Script(Claude, Reply.Json(Anthropic.Message));
        var client = new Client();
        without.Finish(without.Begin(client, stream: false, asking: new() { Headers = [new("prefer", "respond-async")] }));
        Assert.Equal((200, Claude), (client.Head.Status, client.Head.ServedBy));

        var noStore = new DeferralStage(attach: false);
        noStore.Stage.Script(Claude, Reply.Json(Anthropic.Message));
        Assert.Equal(200, noStore.Call(new() { Headers = [new("prefer", "respond-async")] }).Head.Status);
    }

    [Fact]
    public void WithoutAStore_OrInItsTrouble_NothingIsPromised_AndTheNextRungAnswers()
    {
        Assert.Equal("notice", new DeferralStage(attach: false).Stage.Call(stream: false).Head.ServedBy);
        var full = new DeferralStage(change: policy => policy with { Deferred = new() { MaxBytes = 10 } });
        Assert.Equal("notice", full.Stage.Call(stream: false).Head.ServedBy);
        Assert.Contains(full.Stage.Journal.Recent, told => told.Text.Contains("is full", StringComparison.Ordinal));
        Assert.Equal(0, full.Store.Tally.Bytes);
    }

    [Fact]
    public void DiskThatDoesNotAnswer_IsWaitedForAFewSeconds_AndWhatItKeepsAfterwardsIsTakenBack()
    {
        var deferred = new DeferralStage(attach: false);
        List<string> handedOver = [], withdrawn = [];
        deferred.Stage.Engine.Deferral.Attach(StoreInBetween.Before(deferred.Store, (method, arguments) =>
        {
            if (method is not (nameof(IDeferralStore.AcceptAsync) or nameof(IDeferralStore.Withdraw))) return null;
            (method == nameof(IDeferralStore.Withdraw) ? withdrawn : handedOver).AddRange(((IReadOnlyList<DeferredWork>)arguments[0]!).Select(piece => piece.Id));
            return new TaskCompletionSource<Accepted>().Task;
        }));
        var client = deferred.Stage.Call(stream: false);
        Assert.Equal("notice", client.Head.ServedBy);
        Assert.InRange(deferred.Stage.Time.Elapsed.TotalSeconds, 5, 20);
        Assert.Equal(handedOver, withdrawn);
        Assert.Single(withdrawn);
    }

    [Theory]
    [InlineData(""","output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}""")]
    [InlineData(""","tool_choice":{"type":"any"},"tools":[{"name":"t","input_schema":{"type":"object"}}]""")]
    public void CallerThatReadsNoProse_GetsACleanError_AndNothingIsKept(string more)
    {
        var deferred = new DeferralStage();
        var client = deferred.Stage.Call(stream: false, body: DeferralStage.Ask(WireProtocol.AnthropicMessages, stream: false, more));
        Assert.Equal(529, client.Head.Status);
        Assert.NotNull(client.Head.RetryAfter);
        Assert.Equal(0, deferred.Store.Tally.Count(DeferredState.Waiting));

        // One that asked for a later answer knows what it gets.
        Assert.Equal(202, deferred.Call(new() { Headers = [new("prefer", "respond-async")] }, DeferralStage.Ask(WireProtocol.AnthropicMessages, stream: false, more)).Head.Status);
    }

    [Fact]
    public void SameIdempotencyKey_IsOnePiece_AnotherBodyIsAnother()
    {
        var deferred = new DeferralStage();
        string Kept(string? key, string said, string caller) =>
            deferred.Call(new() { Key = key, Caller = caller, Headers = [new("prefer", "respond-async")] }, DeferralStage.Ask(WireProtocol.AnthropicMessages, stream: false, said: said))
                .Headers.Single(header => header.Name == "x-understudy-deferred-id").Value;
        var first = Kept("k", "one", "ann");
        Assert.Equal(first, Kept("k", "one", "ann"));
        Assert.NotEqual(first, Kept("k", "two", "ann"));
        Assert.NotEqual(first, Kept("k", "one", "bob"));
        Assert.NotEqual(first, Kept(null, "one", "ann"));
        Assert.Equal(4, deferred.Store.Tally.Count(DeferredState.Waiting));
    }

    [Fact]
    public void WhatWasSaid_IsTakenOutOfTheHistory()
    {
        var deferred = new DeferralStage();
        var said = (string)JsonNode.Parse(deferred.Stage.Call(stream: false).Body)!["content"]![0]!["text"]!;
        deferred.Stage.Script(Claude, Reply.Json(Anthropic.Message));
        deferred.Stage.Time.Advance(TimeSpan.FromMinutes(15));
        deferred.Stage.Received.Clear();
        deferred.Stage.Call(stream: false, body: $$"""{"model":"claude-sonnet-4-5","max_tokens":100,"messages":[{"role":"user","content":"Tell me."},{"role":"assistant","content":"{{said}}"},{"role":"user","content":"And now?"}]}""");
        Assert.DoesNotContain("assistant", deferred.Stage.Received.Single().Body, StringComparison.Ordinal);
        Assert.Contains("And now?", deferred.Stage.Received.Single().Body, StringComparison.Ordinal);
    }

    [Fact]
    public void ClientsOwnMistake_CutAnswer_AndSpentBudget_AreNotKept()
    {
        var deferred = new DeferralStage();
        deferred.Stage.Script(Claude, Reply.Error(400, "invalid_request_error"));
        Assert.Equal(400, deferred.Stage.Call(stream: false).Head.Status);
        deferred.Stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("Half an ")) with { End = End.Reset });
        Assert.Equal(1, deferred.Stage.Call().Count("event: error"));
        Assert.Equal(0, deferred.Store.Tally.Count(DeferredState.Waiting));
    }
}
