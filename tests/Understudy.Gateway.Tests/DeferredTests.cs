using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Gateway.Tests.Support;
using Understudy.Simulator;

namespace Understudy.Gateway.Tests;

/// <summary>Deferred work from outside: with the vendors' own libraries, over HTTP, over restarts, on a real file.</summary>
public sealed class DeferredTests : IDisposable
{
    private const string Auth = "authorization: Bearer admin-token-0123456789\r\n";
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":1024,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<GatewayStage> StageAsync(DeferRung? rung = null, Func<Policy, Policy>? more = null) => GatewayStage.StartAsync(change: (policy, _) => (more ?? (same => same))(policy with
    {
        AdminToken = "admin-token-0123456789",
        Store = _folder.Store,
        Routes = [.. policy.Routes.Select(route => route with
        {
            Ladder = [.. route.Ladder, rung ?? new(), new NoticeRung { Words = new() { Text = "Our assistant is resting for a while." }, Degraded = true }],
        })],
    }));

    private static ClientModel Client(string name) => new() { Name = name, KeyHash = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes($"key-of-{name}")) };

    private static Task KillAsync(GatewayStage stage) => RawClient.PostAsync(stage.Url, "/admin/kill", """{"what":"all","why":"test"}""", Auth);

    private static Task ReviveAsync(GatewayStage stage) => RawClient.PostAsync(stage.Url, "/admin/revive", """{"what":"all","why":"test"}""", Auth);

    private static Task<RawResponse> GetAsync(GatewayStage stage, string path, string more = "", string method = "GET") =>
        RawClient.AskAsync(stage.Url, $"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}\r\n");

    private static async Task<string> KeepAsync(GatewayStage stage, string more = "", string path = "/v1/messages", string body = Ask)
    {
        var response = await RawClient.PostAsync(stage.Url, path, body, "prefer: respond-async\r\n" + more);
        Assert.Equal(202, response.Status);
        return (string)response.Json["id"]!;
    }

    [Fact]
    public async Task AnOperator_TakesBackWhatWaitsOnARoute_AndTheOwnerFindsItCancelled()
    {
        await using var stage = await StageAsync();
        await KillAsync(stage);
        var id = await KeepAsync(stage);
        for (var i = 0; i < 3; i++) await KeepAsync(stage);
        var other = await KeepAsync(stage, path: "/v1/chat/completions", body: """{"model":"gpt-4o","messages":[{"role":"user","content":"Why?"}]}""");
        var list = (await GetAsync(stage, "/admin/deferred", Auth)).Json;
        while ((int)list["running"]! > 0) list = (await GetAsync(stage, "/admin/deferred", Auth)).Json; // a piece of each route looks whether somebody can be asked
        Assert.Equal((5, "claude-*", 4), ((int)list["waiting"]!, (string?)list["routes"]![0]!["route"], (int)list["routes"]![0]!["waiting"]!));
        Assert.Equal(400, (await RawClient.PostAsync(stage.Url, "/admin/deferred/cancel", """{"route":"claud-*"}""", Auth)).Status);
        var told = (await RawClient.PostAsync(stage.Url, "/admin/deferred/cancel", """{"route":"CLAUDE-*","why":"not needed","by":"rosa"}""", Auth)).Json;
        Assert.Equal(("claude-*", 4, "rosa (127.0.0.1)"), ((string?)told["route"], (int)told["cancelled"]!, (string?)told["who"]));
        Assert.Equal("cancelled", (string?)(await GetAsync(stage, $"/v1/deferred/{id}")).Json["status"]);
        Assert.Equal("waiting", (string?)(await GetAsync(stage, $"/v1/deferred/{other}")).Json["status"]);
        Assert.Contains(stage.Happenings, happening => happening.Text.Contains("4 pieces of deferred work of claude-* were cancelled by rosa (127.0.0.1): not needed", StringComparison.Ordinal));
    }

    private static Task DoneAsync(GatewayStage stage, params string[] ids) => stage.WaitUntilAsync(one => ids.All(one.Finished.Contains));

    [Theory]
    [InlineData(Vendor.Anthropic, true)]
    [InlineData(Vendor.Anthropic, false)]
    [InlineData(Vendor.OpenAI, true)]
    [InlineData(Vendor.OpenAI, false)]
    [InlineData(Vendor.Responses, true)]
    [InlineData(Vendor.Responses, false)]
    public async Task EveryProviderGone_TheSdkIsToldThatItIsKept_AndTheAnswerComesLater(Vendor vendor, bool stream)
    {
        await using var stage = await StageAsync();
        await KillAsync(stage);
        var told = await Sdk.AskAsync(vendor, stage.Url, stream);
        var id = told.Text.Split("under the number ")[1].Split(' ')[0];
        Assert.Equal(Sdk.EndOf(vendor), told.StopReason);
        Assert.Contains((string?)(await GetAsync(stage, $"/v1/deferred/{id}")).Json["status"], (string[])["waiting", "running"]); // now and then it looks whether somebody can be asked

        await ReviveAsync(stage);
        await DoneAsync(stage, id);
        var view = await GetAsync(stage, $"/v1/deferred/{id}");
        Assert.Equal(("done", 200), ((string?)view.Json["status"], (int?)view.Json["http_status"]));
        var answer = view.Json["answer"]!;
        Assert.Equal(GatewayStage.Whole(), (string?)(vendor switch
        {
            Vendor.Anthropic => answer["content"]![0]!["text"],
            Vendor.OpenAI => answer["choices"]![0]!["message"]!["content"],
            _ => answer["output"]![0]!["content"]![0]!["text"],
        }));

        // And as the call itself would have got it.
        var whole = await GetAsync(stage, $"/v1/deferred/{id}/answer");
        Assert.Equal((200, answer.ToJsonString()), (whole.Status, whole.Json.ToJsonString()));
        Assert.Equal((string?)view.Json["served_by"], whole["x-understudy-served-by"]);
    }

    [Fact]
    public async Task RespondAsync_202_ThenTheAnswer()
    {
        await using var stage = await StageAsync();
        var accepted = await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, "prefer: respond-async\r\n");
        var id = (string)accepted.Json["id"]!;
        Assert.Equal(
            (202, $"/v1/deferred/{id}", "respond-async", "defer", "false", "0"),
            (accepted.Status, accepted["location"], accepted["preference-applied"], accepted["x-understudy-served-by"], accepted["x-understudy-degraded"], accepted["x-understudy-attempts"]));
        Assert.NotNull(accepted["retry-after"]);
        Assert.Matches("^us_", accepted["x-understudy-request-id"]!);
        await DoneAsync(stage, id);
        Assert.Contains(GatewayStage.Whole()[..30], (await GetAsync(stage, accepted["location"]!)).Text, StringComparison.Ordinal);
        Assert.Equal(1, stage.Received);
    }

    [Theory]
    [InlineData("/v1beta/models/claude-x:generateContent")]
    [InlineData("/v1beta/models/claude-x:streamGenerateContent?alt=sse")]
    [InlineData("/v1beta/models/claude-x:streamGenerateContent")]
    public async Task Gemini_Too(string path)
    {
        await using var stage = await StageAsync();
        await KillAsync(stage);
        var told = await RawClient.PostAsync(stage.Url, path, """{"contents":[{"role":"user","parts":[{"text":"Why does the curtain rise again?"}]}]}""");
        Assert.Equal((200, "defer", "true"), (told.Status, told["x-understudy-served-by"], told["x-understudy-degraded"]));
        var id = told["x-understudy-deferred-id"]!;
        await ReviveAsync(stage);
        await DoneAsync(stage, id);
        Assert.Equal(GatewayStage.Whole(), (string?)(await GetAsync(stage, $"/v1/deferred/{id}")).Json["answer"]!["candidates"]![0]!["content"]!["parts"]![0]!["text"]);
    }

    [Fact]
    public async Task UnknownForeignAndForgotten_AreOne404_ThatSaysNoMore()
    {
        await using var stage = await StageAsync(more: policy => policy with { Clients = [Client("one"), Client("two")] });
        var id = await KeepAsync(stage, "x-api-key: key-of-one\r\n");
        await DoneAsync(stage, id);
        Assert.Equal(200, (await GetAsync(stage, $"/v1/deferred/{id}", "x-api-key: key-of-one\r\n")).Status);
        var texts = new List<string>();
        foreach (var (path, key, method) in ((string, string, string)[])
        [
            ($"/v1/deferred/{id}", "two", "GET"), ($"/v1/deferred/{id}/answer", "two", "GET"), ($"/v1/deferred/{id}", "two", "DELETE"), ($"/v1/deferred/dw_{new string('0', 32)}", "one", "GET"),
            ("/v1/deferred/x", "one", "GET"), ("/v1/deferred/", "one", "GET"), ($"/v1/deferred/{id}/other", "one", "GET"), ("/v1/deferred/x", "one", "DELETE"),
        ])
        {
            var response = await GetAsync(stage, path, $"x-api-key: key-of-{key}\r\n", method);
            Assert.Equal(404, response.Status);
            texts.Add((string)response.Json["error"]!["message"]!);
        }

        Assert.Equal(["There is no such work."], texts.Distinct());
        Assert.Equal(401, (await GetAsync(stage, $"/v1/deferred/{id}", "x-api-key: key-of-nobody\r\n")).Status);

        Assert.Equal(200, (await GetAsync(stage, $"/v1/deferred/{id}", "x-api-key: key-of-one\r\n", "DELETE")).Status);
        Assert.Equal(404, (await GetAsync(stage, $"/v1/deferred/{id}", "x-api-key: key-of-one\r\n")).Status);
    }

    [Fact]
    public async Task Delete_TakesWaitingWorkBack()
    {
        await using var stage = await StageAsync();
        await KillAsync(stage);
        var id = await KeepAsync(stage);
        var deleted = await GetAsync(stage, $"/v1/deferred/{id}", method: "DELETE");
        Assert.Equal((200, "cancelled"), (deleted.Status, (string?)deleted.Json["status"]));
        await ReviveAsync(stage);
        var other = await KeepAsync(stage);
        await DoneAsync(stage, other);
        Assert.Equal("cancelled", (string?)(await GetAsync(stage, $"/v1/deferred/{id}")).Json["status"]);
        Assert.Equal(1, stage.Received);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("a-cache-key-of-an-operator")]
    public async Task Restart_WhatWaitedIsDone_AndWhatWasDoneIsThere(string? key)
    {
        string waits, done;
        await using (var first = await StageAsync(more: policy => policy with { Cache = new() { Key = key } }))
        {
            done = await KeepAsync(first);
            await DoneAsync(first, done);
            await KillAsync(first);
            waits = await KeepAsync(first, path: "/v1/chat/completions", body: """{"model":"gpt-4o","messages":[{"role":"user","content":"Where does the understudy stand?"}]}""");
            Assert.True(await first.Gateway.DrainAsync(TimeSpan.FromSeconds(10)));
        }

        var bytes = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(_folder.File, TestContext.Current.CancellationToken));
        Assert.Equal(key is null, bytes.Contains("Where does the understudy stand?", StringComparison.Ordinal));
        Assert.Equal(key is null, bytes.Contains(GatewayStage.Whole()[..20], StringComparison.Ordinal));

        await using var second = await StageAsync(more: policy => policy with { Cache = new() { Key = key } });
        Assert.Equal(GatewayStage.Whole(), (string?)(await GetAsync(second, $"/v1/deferred/{done}")).Json["answer"]!["content"]![0]!["text"]);
        await ReviveAsync(second);
        await DoneAsync(second, waits);
        Assert.Equal(GatewayStage.Whole("Where does the understudy stand?"), (string?)(await GetAsync(second, $"/v1/deferred/{waits}")).Json["answer"]!["choices"]![0]!["message"]!["content"]);
    }

    [Fact]
    public async Task OtherKeyAfterARestart_TheWorkEndsWithAWord_NotInSilence()
    {
        string id;
        await using (var first = await StageAsync(more: policy => policy with { Cache = new() { Key = "a-cache-key-of-an-operator" } }))
        {
            await KillAsync(first);
            id = await KeepAsync(first);
        }

        await using var second = await StageAsync(more: policy => policy with { Cache = new() { Key = "another-cache-key-than-before" } });
        await DoneAsync(second, id);
        var view = await GetAsync(second, $"/v1/deferred/{id}");
        Assert.Equal("failed", (string?)view.Json["status"]);
        Assert.Contains("sealed under another key", (string)view.Json["error"]!["error"]!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StatusAndMetrics_CountIt()
    {
        await using var stage = await StageAsync();
        await KillAsync(stage);
        await KeepAsync(stage);
        await KeepAsync(stage);
        var status = await GetAsync(stage, "/admin/status", Auth);
        Assert.Equal(2, (int?)status.Json["deferred"]!["waiting"] + (int?)status.Json["deferred"]!["running"]);
        await stage.WaitUntilAsync(one => one.Records.Count(record => record.ServedBy == "defer") == 2);
        var metrics = (await GetAsync(stage, "/metrics")).Text;
        Assert.Equal(2, System.Text.RegularExpressions.Regex.Matches(metrics, "understudy_deferred\\{state=\"(waiting|running)\"\\} ([0-9]+)").Sum(match => int.Parse(match.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Matches("understudy_requests_total\\{outcome=\"deferred\",[^}]*served_by=\"defer\"[^}]*\\} 2", metrics);
    }

    [Fact]
    public async Task ReplayAsksTheProviderInOnePiece_WithTheCallersHeaders_AndWithoutItsKey()
    {
        await using var stage = await StageAsync();
        var id = await KeepAsync(
            stage, "anthropic-beta: something-2026\r\nx-api-key: sk-of-a-client\r\nx-stainless-retry-count: 1\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n",
            body: Ask.Replace("\"max_tokens\"", "\"stream\" : true, \"max_tokens\"", StringComparison.Ordinal));
        await DoneAsync(stage, id);
        var received = stage.Claude.Stats.Requests[^1];
        Assert.Contains("\"stream\" : false", Encoding.UTF8.GetString(received.Body.Span), StringComparison.Ordinal);
        Assert.Equal("something-2026", received.Headers["anthropic-beta"]);
        Assert.False(received.Headers.ContainsKey("prefer"));
        Assert.False(received.Headers.ContainsKey("x-stainless-retry-count"));
        Assert.DoesNotContain("sk-of-a-client", string.Concat(received.Headers.Values), StringComparison.Ordinal);
    }
}
