using System.Text.Json.Nodes;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.HumanReview;

namespace Understudy.Gateway.Tests;

/// <summary>Deferred work that a person answers: over HTTP, on a real file, against models that may be sooner.</summary>
public sealed class DeferredInboxTests : IDisposable
{
    private const string Auth = "authorization: Bearer admin-token-0123456789\r\n";
    private const string Said = "The curtain rises at eight, and a person says so.";

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<GatewayStage> StageAsync(int room = 100) => GatewayStage.StartAsync(change: (policy, _) => policy with
    {
        AdminToken = "admin-token-0123456789",
        Store = _folder.Store,
        Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder, new DeferRung(), new HumanRung { Inbox = "support", MaxWaiting = room }] })],
    });

    private static Task KillAsync(GatewayStage stage) => RawClient.PostAsync(stage.Url, "/admin/kill", """{"what":"all","why":"test"}""", Auth);

    private static Task ReviveAsync(GatewayStage stage) => RawClient.PostAsync(stage.Url, "/admin/revive", """{"what":"all","why":"test"}""", Auth);

    private static Task<RawResponse> ActAsync(GatewayStage stage, string id, string act, string body) => RawClient.PostAsync(stage.Url, $"/admin/inbox/{id}/{act}", body, Auth);

    private static async Task<JsonObject> FindAsync(GatewayStage stage, string id) =>
        (await RawClient.AskAsync(stage.Url, $"GET /v1/deferred/{id} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).Json;

    private static async Task<string> KeepAsync(GatewayStage stage, string path = "/v1/messages", string? body = null)
    {
        body ??= $$"""{"model":"claude-sonnet-4-5","max_tokens":1024,"messages":[{"role":"user","content":"{{GatewayStage.Prompt}}"}]}""";
        var response = await RawClient.PostAsync(stage.Url, path, body, "prefer: respond-async\r\n");
        Assert.Equal(202, response.Status);
        return (string)response.Json["id"]!;
    }

    /// <summary>Waits until the inboxes are as a test wants them; looks again at each change.</summary>
    private static async Task InboxAsync(GatewayStage stage, Func<HumanInboxes, bool> condition)
    {
        var inboxes = stage.Gateway.Engine.Inboxes;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(InboxChange? change)
        {
            if (condition(inboxes)) reached.TrySetResult();
        }

        inboxes.Changed += Look;
        Look(null);
        await reached.Task.WaitAsync(TestContext.Current.CancellationToken);
        inboxes.Changed -= Look;
    }

    private static Task ShownAsync(GatewayStage stage, string id) => InboxAsync(stage, inboxes => inboxes.Find(id) is not null);

    private static Task GoneAsync(GatewayStage stage, string id) => InboxAsync(stage, inboxes => inboxes.Find(id) is null);

    private static Task DoneAsync(GatewayStage stage, string id) => stage.WaitUntilAsync(one => one.Finished.Contains(id));

    [Theory]
    [InlineData("/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[{"role":"user","content":"When?"}]}""", "$.content[0].text")]
    [InlineData("/v1/chat/completions", """{"model":"gpt-5","messages":[{"role":"user","content":"When?"}]}""", "$.choices[0].message.content")]
    [InlineData("/v1/responses", """{"model":"gpt-5","input":"When?"}""", "$.output[0].content[0].text")]
    [InlineData("/v1beta/models/gpt-5:generateContent", """{"contents":[{"role":"user","parts":[{"text":"When?"}]}]}""", "$.candidates[0].content.parts[0].text")]
    public async Task APersonAnswers_InTheCallersProtocol(string path, string body, string place)
    {
        await using var stage = await StageAsync();
        await KillAsync(stage);
        var id = await KeepAsync(stage, path, body);
        await ShownAsync(stage, id);
        var shown = (await RawClient.AskAsync(stage.Url, $"GET /admin/inbox/{id} HTTP/1.1\r\nHost: 127.0.0.1\r\n{Auth}\r\n")).Json;
        Assert.Equal(("When?", true), ((string?)shown["question"], (bool?)shown["deferred"]));

        Assert.Equal(200, (await ActAsync(stage, id, "answer", $$"""{"text":"{{Said}}","by":"rosa"}""")).Status);

        await DoneAsync(stage, id);
        var view = await FindAsync(stage, id);
        Assert.Equal(("done", "human", true), ((string?)view["status"], (string?)view["served_by"], (bool?)view["degraded"]));
        var at = view["answer"]!;
        foreach (var step in place[2..].Split('.')) at = step.EndsWith(']') ? at[step[..^3]]![0]! : at[step]!;
        Assert.Equal(Said, (string?)at);
        Assert.Equal(0, stage.Received);
        await stage.WaitUntilAsync(one => one.Records.Any(record => record is { ServedBy: "human", AskedPerson: true }));
        var told = stage.Records.Single(record => record.ServedBy == "human");
        Assert.Equal((DateTimeOffset)view["created_at"]!, told.StartedAt, TimeSpan.FromMilliseconds(1)); // to which a store keeps it
        Assert.True(told.StartedAt + told.Duration <= TimeProvider.System.GetUtcNow());
    }

    [Fact]
    public async Task AModelIsSooner_TheQuestionIsWithdrawn_AndItsAnswerStays()
    {
        await using var stage = await StageAsync();
        await KillAsync(stage);
        var id = await KeepAsync(stage);
        await ShownAsync(stage, id);

        await ReviveAsync(stage);
        await DoneAsync(stage, id);
        await GoneAsync(stage, id);

        Assert.Equal(409, (await ActAsync(stage, id, "answer", $$"""{"text":"{{Said}}"}""")).Status);
        Assert.Equal(GatewayStage.Whole(), (string?)(await FindAsync(stage, id))["answer"]!["content"]![0]!["text"]);
    }

    [Fact]
    public async Task APersonIsSooner_TheModelIsLetGo_AndThePersonsAnswerStays()
    {
        await using var stage = await StageAsync();
        using var hold = stage.Claude.Gate.HoldNextCall();
        var id = await KeepAsync(stage);
        await hold.Reached.WaitAsync(TestContext.Current.CancellationToken);
        await ShownAsync(stage, id);

        Assert.Equal(200, (await ActAsync(stage, id, "answer", $$"""{"text":"{{Said}}"}""")).Status);
        await DoneAsync(stage, id);
        await stage.Claude.Stats.WaitUntilAsync(stats => stats.Aborted == 1, TestContext.Current.CancellationToken);
        hold.Release();

        Assert.Equal(Said, (string?)(await FindAsync(stage, id))["answer"]!["content"]![0]!["text"]);
        Assert.Equal([id], stage.Finished);
    }

    [Fact]
    public async Task AfterARestart_ItIsShownAgain()
    {
        string id;
        await using (var before = await StageAsync())
        {
            await KillAsync(before);
            id = await KeepAsync(before);
            await ShownAsync(before, id);
        }

        await using var stage = await StageAsync();
        await ShownAsync(stage, id);
        Assert.Equal(200, (await ActAsync(stage, id, "answer", $$"""{"text":"{{Said}}"}""")).Status);
        await DoneAsync(stage, id);
        Assert.Equal("human", (string?)(await FindAsync(stage, id))["served_by"]);
    }

    [Fact]
    public async Task Dropped_ItHasFailed_AndSaysThePersonsWord()
    {
        await using var stage = await StageAsync();
        await KillAsync(stage);
        var id = await KeepAsync(stage);
        await ShownAsync(stage, id);

        await ActAsync(stage, id, "drop", """{"text":"Please call 555-0100.","why":"spam"}""");

        await DoneAsync(stage, id);
        var view = await FindAsync(stage, id);
        Assert.Equal(("failed", 403), ((string?)view["status"], (int?)view["http_status"]));
        Assert.Equal("Please call 555-0100.", (string?)view["error"]!["error"]!["message"]);
    }

    [Fact]
    public async Task HandedBack_AModelDoesIt_AndTheNextOneIsShown()
    {
        await using var stage = await StageAsync(room: 2); // half of it is for deferred work
        await KillAsync(stage);
        var first = await KeepAsync(stage);
        await ShownAsync(stage, first);
        var second = await KeepAsync(stage);

        await ActAsync(stage, first, "hand-back", "{}");
        await ShownAsync(stage, second);
        Assert.Single(stage.Gateway.Engine.Inboxes.Waiting);

        await ReviveAsync(stage);
        await DoneAsync(stage, first);
        Assert.Equal("done", (string?)(await FindAsync(stage, first))["status"]);
    }

    [Fact]
    public async Task TakenBackByItsOwner_NobodyIsAskedAnyMore()
    {
        await using var stage = await StageAsync();
        await KillAsync(stage);
        var id = await KeepAsync(stage);
        await ShownAsync(stage, id);

        await RawClient.AskAsync(stage.Url, $"DELETE /v1/deferred/{id} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

        await GoneAsync(stage, id);
        Assert.Equal("cancelled", (string?)(await FindAsync(stage, id))["status"]);
    }

    [Fact]
    public async Task TakenBackByAnOperator_NobodyIsAskedAnyMore()
    {
        await using var stage = await StageAsync();
        await KillAsync(stage);
        await KeepAsync(stage); // at which the worker may be
        var id = await KeepAsync(stage);
        await ShownAsync(stage, id);

        Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/admin/deferred/cancel", """{"route":"claude-*","why":"test"}""", Auth)).Status);

        await GoneAsync(stage, id);
    }

    [Fact]
    public async Task WorkThatNoPersonCanDo_IsPassedOver()
    {
        await using var stage = await StageAsync(room: 2);
        await KillAsync(stage);
        for (var i = 0; i < 3; i++) await KeepAsync(stage, body: $$"""{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[{"role":"user","content":"JSON {{i}}, please."},{"role":"assistant","content":"{"}]}""");

        await ShownAsync(stage, await KeepAsync(stage));
    }
}
