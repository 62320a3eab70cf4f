using System.Text;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.HumanReview;
using Understudy.Pipeline;

namespace Understudy.Tests.Pipeline;

/// <summary>Deferred work in a person's inbox, at its edges: what is shown, how much, and when it goes. In virtual time.</summary>
public sealed class DeferredQuestionsTests
{
    private static DeferralStage Stage(int room = 100, bool attach = true) => new(attach: attach, change: policy => policy with
    {
        Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder.OfType<TargetRung>(), new HumanRung { Inbox = "support", MaxWaiting = room }, new DeferRung()] })],
    });

    private static DeferredQuestions Show(DeferralStage deferred)
    {
        var questions = new DeferredQuestions(deferred.Stage.Engine);
        deferred.Stage.Time.Advance(TimeSpan.Zero);
        return questions;
    }

    private static string[] Shown(DeferralStage deferred) => [.. deferred.Stage.Engine.Inboxes.Waiting.Select(question => question.Id)];

    private static string Keep(DeferralStage deferred, WireProtocol protocol, string body)
    {
        var piece = deferred.Piece("x") with { Protocol = protocol, RequestSensitive = new() { BodySensitive = Encoding.UTF8.GetBytes(body) } };
        Assert.Equal(Acceptance.Kept, DeferralStage.Done(deferred.Stage.Engine.Deferral.AcceptAsync([piece])).How);
        return piece.Id;
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 2)]
    [InlineData(100, 6)]
    public void HalfOfTheInbox_IsForThoseWhoWait(int room, int shown)
    {
        var deferred = Stage(room);
        for (var i = 0; i < 6; i++) deferred.Keep();
        Show(deferred);
        Assert.Equal(shown, Shown(deferred).Length);
    }

    [Fact]
    public void GivenBack_TheNextIsShownAtOnce_AndItIsNotShownAgain()
    {
        var deferred = Stage(room: 2);
        var (first, second) = (deferred.Keep("one"), deferred.Keep("two"));
        Show(deferred);
        Assert.Equal([first], Shown(deferred));
        deferred.Stage.Engine.Inboxes.HandBack(first, "rosa");
        deferred.Stage.Time.Advance(TimeSpan.Zero);
        Assert.Equal([second], Shown(deferred));
        deferred.Stage.Engine.Inboxes.HandBack(second, "rosa");
        deferred.Stage.Time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(Shown(deferred));
    }

    [Fact]
    public async Task ItsTimeIsUp_NobodyIsAskedAnyMore()
    {
        var deferred = Stage();
        await using var worker = new DeferralWorker(deferred.Stage.Engine);
        deferred.Keep(deadline: TimeSpan.FromHours(1));
        Show(deferred);
        deferred.Stage.Time.Advance(TimeSpan.FromMinutes(59));
        Assert.Single(Shown(deferred));
        deferred.Stage.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Empty(Shown(deferred));
    }

    [Fact]
    public void OverWhileItWasPutThere_ItDoesNotStay()
    {
        var deferred = Stage(attach: false);
        string? over = null;
        deferred.Stage.Engine.Deferral.Attach(StoreInBetween.Before(deferred.Store, (method, arguments) =>
        {
            if (method != nameof(IDeferralStore.PeekAsync) || over is null) return null;
            var seen = deferred.Store.PeekAsync((string)arguments[0]!, (int)arguments[1]!);
            // Its owner takes it back between the look and the inbox; whoever hears of that finds nothing to take away.
            DeferralStage.Done(deferred.Stage.Engine.Deferral.DeleteAsync(over, "ann"));
            return seen;
        }));
        over = deferred.Keep();
        var changes = new List<string>();
        deferred.Stage.Engine.Inboxes.Changed += change => changes.Add(change.What);
        Show(deferred);
        Assert.Empty(Shown(deferred));
        Assert.Equal(["waits", "withdrawn"], changes);
    }

    [Fact]
    public void TakenBack_NobodyIsAskedAnyMore()
    {
        var deferred = Stage();
        var id = deferred.Keep();
        Show(deferred);
        Assert.Equal([id], Shown(deferred));
        DeferralStage.Done(deferred.Stage.Engine.Deferral.DeleteAsync(id, "ann"));
        Assert.Empty(Shown(deferred));
    }

    [Theory]
    [InlineData(WireProtocol.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"}}""")]
    [InlineData(WireProtocol.AnthropicMessages, """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"{"}]}""")]
    public void WhatNoPersonWrites_IsNotShown(WireProtocol protocol, string body)
    {
        var deferred = Stage();
        Keep(deferred, protocol, body);
        var after = deferred.Keep();
        Show(deferred);
        Assert.Equal([after], Shown(deferred));
    }

    [Fact]
    public void WhoReadsJson_GetsJson()
    {
        var deferred = Stage();
        var id = Keep(deferred, WireProtocol.OpenAIChat, """{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}}""");
        Show(deferred);
        Assert.Equal(ReviewResult.NotJson, deferred.Stage.Engine.Inboxes.Answer(id, "rosa", "At eight.").Result);
        Assert.Equal(ReviewResult.Done, deferred.Stage.Engine.Inboxes.Answer(id, "rosa", """{"at":8}""").Result);
        Assert.Equal(DeferredState.Done, deferred.Find(id)!.State);
    }
}
