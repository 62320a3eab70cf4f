using System.Text;
using System.Text.Json.Nodes;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;

namespace Understudy.Gateway.Tests;

/// <summary>When every provider is dead and a person answers: the vendors' own libraries on one side, the admin API on the other.</summary>
public sealed class InboxTests
{
    private const string Token = "admin-token-0123456789";
    private const string Auth = $"authorization: Bearer {Token}\r\n";
    private const string Said = "The curtain rises at eight, and a person says so.";
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":1024,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";

    private static Task<GatewayStage> DeadAsync(HumanRung? human = null, Func<Policy, Policy>? more = null, bool notice = false) => GatewayStage.StartAsync(change: (policy, stage) =>
    {
        stage.FailAll("status");
        RungModel[] below = notice
            ? [human ?? new() { Inbox = "support", Degraded = true }, new NoticeRung { Words = new() { Text = "Our assistant is resting for a while." }, Degraded = true }]
            : [human ?? new() { Inbox = "support", Degraded = true }];
        return (more ?? (same => same))(policy with { AdminToken = Token, Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder, .. below] })] });
    });

    private static async Task<JsonObject> GetAsync(GatewayStage stage, string path, int status = 200)
    {
        var response = await RawClient.AskAsync(stage.Url, $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{Auth}\r\n");
        Assert.Equal(status, response.Status);
        return response.Json;
    }

    private static Task<RawResponse> PostAsync(GatewayStage stage, string id, string act, string body) => RawClient.PostAsync(stage.Url, $"/admin/inbox/{id}/{act}", body, Auth);

    /// <summary>The id of the only question, once it waits.</summary>
    private static async Task<string> OnlyAsync(GatewayStage stage)
    {
        await stage.WaitUntilAsync(one => one.Happenings.Any(happening => happening.Kind == "inbox"));
        return Assert.Single(stage.Gateway.Engine.Inboxes.Waiting).Id;
    }

    [Theory]
    [InlineData(Vendor.Anthropic, true)]
    [InlineData(Vendor.Anthropic, false)]
    [InlineData(Vendor.OpenAI, true)]
    [InlineData(Vendor.OpenAI, false)]
    [InlineData(Vendor.Responses, true)]
    [InlineData(Vendor.Responses, false)]
    public async Task APersonAnswers_TheSdkHasAWholeAnswer(Vendor vendor, bool stream)
    {
        await using var stage = await DeadAsync();
        var asking = Sdk.AskAsync(vendor, stage.Url, stream);
        var id = await OnlyAsync(stage);
        var shown = await GetAsync(stage, $"/admin/inbox/{id}");
        Assert.Equal((GatewayStage.Prompt, "support", stream), ((string?)shown["question"], (string?)shown["inbox"], (bool?)shown["stream"]));
        Assert.NotEmpty((JsonArray)shown["why"]!);

        var answered = await PostAsync(stage, id, "answer", $$"""{"text":"{{Said}}","by":"rosa"}""");
        Assert.Equal((200, "answer", "rosa (127.0.0.1)"), (answered.Status, (string?)answered.Json["action"], (string?)answered.Json["who"]));
        var answer = await asking;
        Assert.Equal((Said, Sdk.EndOf(vendor)), (answer.Text, answer.StopReason));
        var record = await stage.OnlyRecordAsync();
        Assert.Equal((CallOutcome.Degraded, "human"), (record.Outcome, record.ServedBy));
    }

    [Theory]
    [InlineData(Vendor.Anthropic)]
    [InlineData(Vendor.OpenAI)]
    [InlineData(Vendor.Responses)]
    public async Task TheSdkOfAStream_SurvivesTheSignsOfLife(Vendor vendor)
    {
        var time = new Understudy.Simulator.Tests.Support.ManualTime();
        await using var stage = await GatewayStage.StartAsync(time: time, change: (policy, one) => policy with
        {
            AdminToken = Token,
            Kill = new(["all"]), // a retry's backoff would wait for the time, too
            Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder, new HumanRung { Inbox = "support", Degraded = true }] })],
        });
        var asking = Sdk.AskAsync(vendor, stage.Url, stream: true);
        var id = await OnlyAsync(stage);
        for (var i = 0; i < 20; i++) time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(200, (await PostAsync(stage, id, "answer", $$"""{"text":"{{Said}}"}""")).Status);
        Assert.Equal(Said, (await asking).Text);
    }

    [Fact]
    public async Task Headers_SayThatAPersonServed()
    {
        await using var stage = await DeadAsync();
        var asking = RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
        var id = await OnlyAsync(stage);
        Assert.Equal(200, (await PostAsync(stage, id, "answer", $$"""{"text":"{{Said}}"}""")).Status);
        var response = await asking;
        Assert.Equal((200, "human", "true", id), (response.Status, response["x-understudy-served-by"], response["x-understudy-degraded"], response["x-understudy-request-id"]));
        Assert.NotEqual("0", response["x-understudy-attempts"]);
    }

    [Fact]
    public async Task Dropped_TheSdkThrowsOnce_AndAsksNoMore()
    {
        await using var stage = await DeadAsync();
        var asking = Sdk.AskAsync(Vendor.OpenAI, stage.Url, stream: false);
        var id = await OnlyAsync(stage);
        var received = stage.Received;
        Assert.Equal(200, (await PostAsync(stage, id, "drop", """{"text":"Please call 555-0100.","why":"spam","by":"rosa"}""")).Status);
        var refused = await Assert.ThrowsAsync<System.ClientModel.ClientResultException>(() => asking);
        Assert.Equal(403, refused.Status);
        Assert.Contains("Please call 555-0100.", refused.Message, StringComparison.Ordinal);
        Assert.Equal(received, stage.Received);
        Assert.Equal(CallOutcome.Refused, (await stage.OnlyRecordAsync()).Outcome);
        Assert.Contains(stage.Happenings, happening => happening.Text.Contains($"{id} in inbox support was dropped by rosa (127.0.0.1): spam", StringComparison.Ordinal));
    }

    [Fact]
    public async Task HandedBack_TheModelThatIsWellAgainAnswers()
    {
        await using var stage = await DeadAsync();
        var asking = Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: true);
        var id = await OnlyAsync(stage);
        foreach (var provider in stage.Providers) provider.Faults.Clear();
        Assert.Equal(200, (await PostAsync(stage, id, "hand-back", """{"why":"the models are back"}""")).Status);
        Assert.Equal(GatewayStage.Whole(), (await asking).Text);
        Assert.Equal(CallOutcome.Answered, (await stage.OnlyRecordAsync()).Outcome);
    }

    [Fact]
    public async Task TheClientLeaves_TheQuestionGoes()
    {
        await using var stage = await DeadAsync(more: policy => policy with { Join = new() { Grace = TimeSpan.Zero } });
        string id;
        using (var client = await RawClient.ConnectAsync(stage.Url))
        {
            await client.SendAsync(RawClient.Post("/v1/messages", Ask.Length) + Ask);
            id = await OnlyAsync(stage);
        }

        Assert.Equal(CallOutcome.Cancelled, (await stage.OnlyRecordAsync()).Outcome);
        Assert.Empty((JsonArray)(await GetAsync(stage, "/admin/inbox"))["questions"]!);
        var late = await PostAsync(stage, id, "answer", $$"""{"text":"{{Said}}"}""");
        Assert.Equal(409, late.Status);
        Assert.Contains("the caller left", (string)late.Json["error"]!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoPeople_OneAnswers()
    {
        await using var stage = await DeadAsync();
        var asking = Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: false);
        var id = await OnlyAsync(stage);
        Assert.Equal(200, (await PostAsync(stage, id, "claim", """{"by":"rosa"}""")).Status);
        var listed = (JsonObject)Assert.Single((JsonArray)(await GetAsync(stage, "/admin/inbox?inbox=support"))["questions"]!)!;
        Assert.Equal("rosa (127.0.0.1)", (string?)listed["claimed_by"]);
        var refused = await PostAsync(stage, id, "answer", """{"text":"No.","by":"ben"}""");
        Assert.Equal(409, refused.Status);
        Assert.StartsWith("rosa (127.0.0.1) is at it, until ", (string?)refused.Json["error"]!["message"], StringComparison.Ordinal);
        Assert.Equal(200, (await PostAsync(stage, id, "answer", $$"""{"text":"{{Said}}","by":"rosa"}""")).Status);
        Assert.Equal(409, (await PostAsync(stage, id, "answer", """{"text":"No.","by":"ben"}""")).Status);
        Assert.Equal(Said, (await asking).Text);
    }

    [Theory]
    [InlineData("answer", "{}", 400, "'text' is missing")]
    [InlineData("answer", """{"text":"  "}""", 400, "'text' is missing")]
    [InlineData("answer", """{"txt":"x"}""", 400, "did you mean 'text'?")]
    [InlineData("answer", "[]", 400, "must be a JSON object")]
    [InlineData("hand-back", """{"text":"x"}""", 400, "'text' is not known here")]
    [InlineData("eat", "{}", 404, "claim|answer|hand-back|drop")]
    public async Task Mistakes_AreRefused_AndTheQuestionWaitsOn(string act, string body, int status, string says)
    {
        await using var stage = await DeadAsync();
        var asking = Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: false);
        var id = await OnlyAsync(stage);
        var response = await PostAsync(stage, id, act, body);
        Assert.Equal(status, response.Status);
        Assert.Contains(says, (string)response.Json["error"]!["message"]!, StringComparison.Ordinal);
        Assert.Equal(404, (await PostAsync(stage, "us_0000000000000000", "answer", """{"text":"x"}""")).Status);
        Assert.Equal(200, (await PostAsync(stage, id, "answer", $$"""{"text":"{{Said}}"}""")).Status);
        Assert.Equal(Said, (await asking).Text);
    }

    [Fact]
    public async Task WhoReadsJson_IsAnsweredInJsonOnly()
    {
        await using var stage = await DeadAsync();
        var asking = RawClient.PostAsync(stage.Url, "/v1/chat/completions", """{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"response_format":{"type":"json_object"}}""");
        var id = await OnlyAsync(stage);
        Assert.Equal("json", (string?)(await GetAsync(stage, $"/admin/inbox/{id}"))["form"]);
        Assert.Equal(400, (await PostAsync(stage, id, "answer", """{"text":"at eight"}""")).Status);
        Assert.Equal(200, (await PostAsync(stage, id, "answer", """{"text":"{\"rises\":8}"}""")).Status);
        Assert.Equal("""{"rises":8}""", (string?)(await asking).Json["choices"]![0]!["message"]!["content"]);
    }

    [Fact]
    public async Task AnotherInboxsQuestion_DoesNotExistForAnOperator_NorAnyForAViewer()
    {
        Assert.True(PasswordHash.TryParse(PasswordHash.Make("a-long-password"), out var hash, out _));
        await using var stage = await DeadAsync(more: policy => policy with
        {
            Operators =
            [
                new() { Name = "rosa", Password = hash, Role = OperatorRole.Operator, Inboxes = ["support"] },
                new() { Name = "ben", Password = hash, Role = OperatorRole.Operator, Inboxes = ["sales"] },
                new() { Name = "vera", Password = hash, Role = OperatorRole.Viewer },
            ],
        });
        var asking = Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: false);
        var id = await OnlyAsync(stage);
        var ben = await SignedInAsync(stage, "ben");
        Assert.Equal(404, (await ben.GetAsync($"/admin/inbox/{id}")).Status);
        Assert.Empty((JsonArray)(await ben.GetAsync("/admin/inbox")).Json["questions"]!);
        Assert.Equal(404, (await ben.PostAsync($"/admin/inbox/{id}/answer", """{"text":"x"}""")).Status);
        var vera = await SignedInAsync(stage, "vera");
        Assert.Equal(403, (await vera.GetAsync("/admin/inbox")).Status);
        Assert.Equal(1, (int?)(await vera.GetAsync("/admin/status")).Json["inboxes"]![0]!["waiting"]);
        var rosa = await SignedInAsync(stage, "rosa");
        Assert.Equal(GatewayStage.Prompt, (string?)(await rosa.GetAsync($"/admin/inbox/{id}")).Json["question"]);
        var answered = await rosa.PostAsync($"/admin/inbox/{id}/answer", $$"""{"text":"{{Said}}","by":"somebody else"}""");
        Assert.Equal((200, "rosa (127.0.0.1)"), (answered.Status, (string?)answered.Json["who"]));
        Assert.Equal(Said, (await asking).Text);
    }

    [Fact]
    public async Task TheEventStream_TellsOfQuestions_AndNothingThatIsInThem()
    {
        await using var stage = await DeadAsync();
        using var events = await RawClient.ConnectAsync(stage.Url);
        await events.SendAsync($"GET /admin/events HTTP/1.1\r\nHost: 127.0.0.1\r\naccept: text/event-stream\r\n{Auth}\r\n");
        await events.ReadToAsync(": events as they happen");
        var asking = Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: false);
        var id = await OnlyAsync(stage);
        var told = await events.ReadToAsync($"\"subject\":\"support\",\"text\":\"{id} waits\"");
        await PostAsync(stage, id, "answer", $$"""{"text":"{{Said}}"}""");
        told += await events.ReadToAsync($"\"text\":\"{id} answered\"");
        await asking;
        Assert.DoesNotContain("curtain", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ManyAtOnce_EachGetsItsOwnAnswer_AndNothingIsLeft()
    {
        const int Calls = 150;
        await using var stage = await DeadAsync(new() { Inbox = "support", MaxWaiting = 1000, Degraded = true }, notice: true, more: policy => policy with { Kill = new(["all"]), Join = new() { Grace = TimeSpan.Zero } });
        var inboxes = stage.Gateway.Engine.Inboxes;
        var waited = 0;
        using var leaving = new CancellationTokenSource();
        inboxes.Changed += change =>
        {
            if (change.What != "waits") return;
            var number = Interlocked.Increment(ref waited);
            // Two people at a time, who know nothing of each other, and every seventh question is left to its caller.
            if (number % 7 == 0) return;
            for (var person = 0; person < 2; person++)
            {
                var (act, who) = ((number + person) % 4, $"p{person}");
                _ = Task.Run(() => act switch
                {
                    0 => inboxes.HandBack(change.Id, who),
                    1 => inboxes.Drop(change.Id, who, $"no, {change.Id}", null),
                    _ => inboxes.Answer(change.Id, who, $"yes, {change.Id}"),
                });
            }

            if (number == Calls) _ = leaving.CancelAsync();
        };
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = stage.Url };
        var calls = Enumerable.Range(0, Calls).Select(async number =>
        {
            using var body = new StringContent(Ask.Replace("again", $"again, {number}", StringComparison.Ordinal), Encoding.UTF8, "application/json");
            try
            {
                using var response = await http.PostAsync("v1/messages", body, leaving.Token);
                var text = await response.Content.ReadAsStringAsync(CancellationToken.None);
                var id = response.Headers.GetValues("x-understudy-request-id").Single();
                return ((int)response.StatusCode, response.Headers.TryGetValues("x-understudy-served-by", out var by) ? by.Single() : "") switch
                {
                    (200, "human") => text.Contains($"yes, {id}", StringComparison.Ordinal),
                    (403, "") => text.Contains($"no, {id}", StringComparison.Ordinal),
                    (200, "notice") => text.Contains("resting", StringComparison.Ordinal),
                    _ => false,
                };
            }
            catch (OperationCanceledException)
            {
                return true; // it left
            }
        });
        Assert.All(await Task.WhenAll(calls), Assert.True);
        await stage.WaitUntilAsync(one => one.Records.Count == Calls);
        Assert.Empty(inboxes.Waiting);
        Assert.All(stage.Records, record => Assert.True(record.Outcome is CallOutcome.Degraded or CallOutcome.Refused or CallOutcome.Cancelled));
        Assert.True(stage.Records.Count(record => record.ServedBy == "human") > 20);
    }

    [Fact]
    public async Task NobodyAnswers_AndNoModelIsBack_TheWorkIsKept()
    {
        var folder = Directory.CreateTempSubdirectory("understudy-inbox");
        try
        {
            await using var stage = await DeadAsync(more: policy => policy with
            {
                Store = new() { Kind = StoreKind.Sqlite, Location = Path.Combine(folder.FullName, "understudy.db") },
                Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder, new DeferRung { Degraded = true }] })],
            });
            var asking = RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
            var id = await OnlyAsync(stage);
            Assert.Equal(200, (await PostAsync(stage, id, "hand-back", "{}")).Status);
            var response = await asking;
            Assert.Equal((200, "defer"), (response.Status, response["x-understudy-served-by"]));
            Assert.NotNull(response["x-understudy-deferred-id"]);
            var record = await stage.OnlyRecordAsync();
            Assert.Equal((CallOutcome.Deferred, true), (record.Outcome, record.AskedPerson));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task TheGatewayStops_WhoWaitsGetsTheNextRung()
    {
        await using var stage = await DeadAsync(notice: true);
        var asking = Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: false);
        await OnlyAsync(stage);
        Assert.True(await stage.Gateway.DrainAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal("Our assistant is resting for a while.", (await asking).Text);
    }

    [Fact]
    public async Task WhatWasDone_IsInTheAudit_AfterARestart_WithoutAnyText()
    {
        var folder = Directory.CreateTempSubdirectory("understudy-inbox");
        try
        {
            var file = Path.Combine(folder.FullName, "understudy.db");
            Policy Stored(Policy policy) => policy with { Store = new() { Kind = StoreKind.Sqlite, Location = file } };
            string id;
            await using (var first = await DeadAsync(more: Stored))
            {
                var asking = Sdk.AskAsync(Vendor.Anthropic, first.Url, stream: false);
                id = await OnlyAsync(first);
                await PostAsync(first, id, "answer", $$"""{"text":"{{Said}}","why":"known question","by":"rosa"}""");
                await asking;
            }

            await using var second = await DeadAsync(more: Stored);
            Assert.Contains(second.Gateway.Engine.Journal.Recent, happening => happening.Kind == "inbox" && happening.Text.Contains($"{id} in inbox support: answer by rosa (127.0.0.1): known question", StringComparison.Ordinal));
            foreach (var path in Directory.EnumerateFiles(folder.FullName))
            {
                await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                using var reader = new StreamReader(stream, Encoding.Latin1);
                Assert.DoesNotContain("curtain", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<Signed> SignedInAsync(GatewayStage stage, string name) => await Signed.InAsync(stage, name, "a-long-password");
}
