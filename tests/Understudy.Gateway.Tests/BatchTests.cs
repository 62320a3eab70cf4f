using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Anthropic;
using Anthropic.Models.Messages;
using Anthropic.Models.Messages.Batches;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>Anthropic's Message Batches with Anthropic's own library, on whatever providers there are.</summary>
public sealed class BatchTests : IDisposable
{
    private const string Auth = "authorization: Bearer admin-token-0123456789\r\n";

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<GatewayStage> StageAsync(Func<Policy, Policy>? more = null, TimeProvider? time = null) =>
        GatewayStage.StartAsync(change: (policy, _) => (more ?? (same => same))(policy with { AdminToken = "admin-token-0123456789", Store = _folder.Store }), time: time);

    private static BatchCreateParams Ask(params (string Id, string Prompt)[] requests) => new()
    {
        Requests = [.. requests.Select(request => new Request
        {
            CustomID = request.Id,
            Params = new() { Model = Sdk.Claude, MaxTokens = 1024, Messages = [new UserMessageParam(request.Prompt)] },
        })],
    };

    private static Task KillAsync(GatewayStage stage) => RawClient.PostAsync(stage.Url, "/admin/kill", """{"what":"all","why":"test"}""", Auth);

    private static Task ReviveAsync(GatewayStage stage) => RawClient.PostAsync(stage.Url, "/admin/revive", """{"what":"all","why":"test"}""", Auth);

    private static async Task<Dictionary<string, MessageBatchResult>> ResultsAsync(AnthropicClient client, string id)
    {
        var results = new Dictionary<string, MessageBatchResult>();
        await foreach (var result in client.Messages.Batches.ResultsStreaming(id, cancellationToken: TestContext.Current.CancellationToken)) results.Add(result.CustomID, result.Result);
        return results;
    }

    private static string TextOf(MessageBatchResult result)
    {
        Assert.True(result.TryPickSucceeded(out var good));
        return string.Concat(good.Message.Content.Select(block => block.TryPickText(out var text) ? text.Text : ""));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // Anthropic is out: another provider does it, and the results are Anthropic's messages all the same
    public async Task MadePolledAndRead_WithTheSdk(bool claudeIsOut)
    {
        await using var stage = await StageAsync();
        if (claudeIsOut) await RawClient.PostAsync(stage.Url, "/admin/kill", """{"what":"claude","why":"test"}""", Auth);
        using var client = Sdk.AnthropicClient(stage.Url);
        var asked = Enumerable.Range(0, 25).Select(i => (Id: string.Create(CultureInfo.InvariantCulture, $"item-{i}"), Prompt: string.Create(CultureInfo.InvariantCulture, $"Question {i}?"))).ToArray();
        var made = await client.Messages.Batches.Create(Ask(asked), TestContext.Current.CancellationToken);
        Assert.StartsWith("msgbatch_", made.ID, StringComparison.Ordinal);
        Assert.Equal(("in_progress", 25), (made.ProcessingStatus.Raw(), made.RequestCounts.Processing + made.RequestCounts.Succeeded));
        Assert.Equal(TimeSpan.FromHours(24), made.ExpiresAt - made.CreatedAt);

        await stage.WaitUntilAsync(one => one.Finished.Count == 25);
        var ended = await client.Messages.Batches.Retrieve(made.ID, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(("ended", 25, 0), (ended.ProcessingStatus.Raw(), ended.RequestCounts.Succeeded, ended.RequestCounts.Processing));
        Assert.EndsWith($"/v1/messages/batches/{made.ID}/results", ended.ResultsUrl, StringComparison.Ordinal);
        Assert.NotNull(ended.EndedAt);

        var results = await ResultsAsync(client, made.ID);
        Assert.Equal(asked.Select(one => one.Id).Order(), results.Keys.Order());
        Assert.All(asked, one => Assert.Equal(GatewayStage.Whole(one.Prompt), TextOf(results[one.Id])));
        Assert.Equal((25, claudeIsOut ? 0 : 25), (stage.Received, stage.Claude.Stats.Calls));

        Assert.Equal("message_batch_deleted", (await client.Messages.Batches.Delete(made.ID, cancellationToken: TestContext.Current.CancellationToken)).Type.GetString());
        await Assert.ThrowsAsync<Anthropic.Exceptions.AnthropicNotFoundException>(() => client.Messages.Batches.Retrieve(made.ID, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task MadeInAnOutage_ItIsDoneWhenThatIsOver()
    {
        await using var stage = await StageAsync();
        await KillAsync(stage);
        using var client = Sdk.AnthropicClient(stage.Url);
        var made = await client.Messages.Batches.Create(Ask(("a", "One?"), ("b", "Two?")), TestContext.Current.CancellationToken);
        Assert.Equal(2, (await client.Messages.Batches.Retrieve(made.ID, cancellationToken: TestContext.Current.CancellationToken)).RequestCounts.Processing);
        await ReviveAsync(stage);
        await stage.WaitUntilAsync(one => one.Finished.Count == 2);
        Assert.Equal(GatewayStage.Whole("Two?"), TextOf((await ResultsAsync(client, made.ID))["b"]));
    }

    [Fact]
    public async Task EachRequest_HasItsOwnOutcome()
    {
        await using var stage = await StageAsync();
        stage.Claude.Faults.Set(new Understudy.Simulator.Faults.FaultSpec { Kind = "status", Code = 400 });
        using var client = Sdk.AnthropicClient(stage.Url);
        var made = await client.Messages.Batches.Create(Ask(("bad", "One?")), TestContext.Current.CancellationToken);
        await stage.WaitUntilAsync(one => one.Finished.Count == 1);
        var result = (await ResultsAsync(client, made.ID))["bad"];
        Assert.True(result.TryPickErrored(out var errored));
        Assert.NotNull(errored.Error.Error);
        Assert.Equal(1, (await client.Messages.Batches.Retrieve(made.ID, cancellationToken: TestContext.Current.CancellationToken)).RequestCounts.Errored);
    }

    [Fact]
    public async Task Cancelled_WhatWaits_EndsSo()
    {
        await using var stage = await StageAsync();
        await KillAsync(stage);
        using var client = Sdk.AnthropicClient(stage.Url);
        var made = await client.Messages.Batches.Create(Ask([.. Enumerable.Range(0, 10).Select(i => ($"i{i}", "x"))]), TestContext.Current.CancellationToken);
        var cancelled = await client.Messages.Batches.Cancel(made.ID, cancellationToken: TestContext.Current.CancellationToken);
        Assert.NotNull(cancelled.CancelInitiatedAt);
        Assert.Contains(cancelled.ProcessingStatus.Raw(), (string[])["canceling", "ended"]);
        Assert.InRange(cancelled.RequestCounts.Canceled, 9, 10);
        Assert.Contains(await ResultsAsync(client, made.ID), result => result.Value.TryPickCanceled(out _));
        Assert.Equal(0, stage.Received);
    }

    [Fact]
    public async Task List_NewestFirst_ByPages_OnlyOnesOwn()
    {
        ClientModel Client(string name) => new() { Name = name, KeyHash = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes($"key-of-{name}")) };
        await using var stage = await StageAsync(policy => policy with { Clients = [Client("one"), Client("two")] });
        using var one = new AnthropicClient { ApiKey = "key-of-one", BaseUrl = stage.Url.ToString().TrimEnd('/') };
        using var two = new AnthropicClient { ApiKey = "key-of-two", BaseUrl = stage.Url.ToString().TrimEnd('/') };
        var ids = new List<string>();
        for (var i = 0; i < 5; i++) ids.Add((await one.Messages.Batches.Create(Ask(("a", "x")), TestContext.Current.CancellationToken)).ID);
        var foreign = (await two.Messages.Batches.Create(Ask(("a", "x")), TestContext.Current.CancellationToken)).ID;

        var page = await one.Messages.Batches.List(new() { Limit = 2 }, TestContext.Current.CancellationToken);
        var listed = new List<string>();
        while (true)
        {
            listed.AddRange(page.Items.Select(batch => batch.ID));
            if (!page.HasNext()) break;
            page = (BatchListPage)await page.Next(TestContext.Current.CancellationToken);
        }

        ids.Reverse();
        Assert.Equal(ids, listed);
        var before = await one.Messages.Batches.List(new() { Limit = 2, BeforeID = ids[3] }, TestContext.Current.CancellationToken);
        Assert.Equal(ids[1..3], before.Items.Select(batch => batch.ID));
        await Assert.ThrowsAsync<Anthropic.Exceptions.AnthropicNotFoundException>(() => one.Messages.Batches.Retrieve(foreign, cancellationToken: TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<Anthropic.Exceptions.AnthropicNotFoundException>(() => one.Messages.Batches.Cancel(foreign, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task BadBatch_IsRefusedAsAWhole_WithTheReasonOfEachRequest()
    {
        await using var stage = await StageAsync();
        const string good = """{"model":"claude-x","max_tokens":5,"messages":[{"role":"user","content":"x"}]}""";
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages/batches", $$$"""
            {"requests":[
              {"custom_id":"a","params":{{{good}}}},
              {"custom_id":"a","params":{{{good}}}},
              {"custom_id":"with blanks","params":{{{good}}}},
              {"params":{{{good}}}},
              {"custom_id":"b"},
              {"custom_id":"c","params":{"max_tokens":5,"messages":[]}},
              {"custom_id":"d","params":{"model":"claude-x","messages":[{"role":"user","content":"x"}]}},
              {"custom_id":"e","params":{"model":"unknown","max_tokens":5,"messages":[{"role":"user","content":"x"}]}},
              {"custom_id":"f","params":{"model":"claude-x","max_tokens":5,"messages":"x"}},
              {"custom_id":"g","params":{"model":"claude-x","max_tokens":5,"stream":true,"messages":[{"role":"user","content":"x"}]}},
              7
            ]}
            """);
        Assert.Equal((400, "invalid_request_error", "false"), (response.Status, (string?)response.Json["error"]!["type"], response["x-should-retry"]));
        var details = response.Json["error"]!["details"]!.AsArray().Select(detail => (string)detail!["path"]!).ToArray();
        Assert.Equal(
            ["requests.1.custom_id", "requests.2.custom_id", "requests.3.custom_id", "requests.4.params", "requests.5.params.model", "requests.6.params.max_tokens", "requests.7.params.model", "requests.8.params.messages", "requests.9.params.stream", "requests.10"],
            details);
        Assert.Contains("the same as that of requests.0", response.Text, StringComparison.Ordinal);
        Assert.Equal(0, stage.Gateway.Engine.Deferral.Tally.Count(DeferredState.Waiting));
    }

    [Theory]
    [InlineData("", "The body is not JSON (line 1).")]
    [InlineData("[]", "The body must be an object with 'requests'.")]
    [InlineData("{}", "requests: Field required: a list of { custom_id, params }.")]
    [InlineData("""{"requests":[]}""", "requests: A batch needs at least one request.")]
    [InlineData("""{"requests":[{"custom_id":"a","params":{]}""", "The body is not JSON (line 1).")]
    public async Task NoBatchAtAll(string body, string why)
    {
        await using var stage = await StageAsync();
        Assert.Equal(why, (await RawClient.PostAsync(stage.Url, "/v1/messages/batches", body)).AnthropicError(400, "invalid_request_error"));
    }

    [Theory]
    [InlineData("GET", "/v1/messages/batches/msgbatch_x")]
    [InlineData("GET", "/v1/messages/batches/msgbatch_00000000000000000000000000000000/results")]
    [InlineData("GET", "/v1/messages/batches/msgbatch_00000000000000000000000000000000/other")]
    [InlineData("GET", "/v1/messages/batches/a/b/c")]
    [InlineData("DELETE", "/v1/messages/batches/msgbatch_00000000000000000000000000000000")]
    [InlineData("DELETE", "/v1/messages/batches")]
    [InlineData("POST", "/v1/messages/batches/msgbatch_00000000000000000000000000000000/cancel")]
    public async Task Unknown_404(string method, string path)
    {
        await using var stage = await StageAsync();
        var response = await RawClient.AskAsync(stage.Url, $"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n");
        response.AnthropicError(404, "not_found_error");
    }

    [Fact]
    public async Task WithoutAStore_ThereAreNoBatches()
    {
        await using var stage = await GatewayStage.StartAsync();
        Assert.Contains("no store", (await RawClient.PostAsync(stage.Url, "/v1/messages/batches", "{}")).AnthropicError(404, "not_found_error"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task BatchInProgress_CantBeDeleted_AndItsFirstResultsCanBeRead()
    {
        await using var stage = await StageAsync();
        await KillAsync(stage);
        using var client = Sdk.AnthropicClient(stage.Url);
        var made = await client.Messages.Batches.Create(Ask(("a", "x")), TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<Anthropic.Exceptions.AnthropicBadRequestException>(() => client.Messages.Batches.Delete(made.ID, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Empty(await ResultsAsync(client, made.ID));
    }
}
