using System.Security.Cryptography;
using System.Text;
using Understudy.Configuration;
using Understudy.Gateway.Telemetry;
using Understudy.Gateway.Tests.Alarms;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;
using Understudy.Simulator.Faults;

namespace Understudy.Gateway.Tests.Telemetry;

/// <summary>
/// Plants a secret in every place that can hold one, plays calls that end in every way, and searches everything that the
/// gateway tells anybody for any of them.
/// </summary>
public sealed class SecretsTests
{
    private const string Mark = "hunter2";

    private int _calls;

    private static readonly string[] Ways = ["", "status", "error_event", "cut", "eof", "garbage", "html", "empty", "bad_key", "refuse", "hang"];

    [Fact]
    public async Task NoSecret_IsInAnythingThatAnybodyIsTold()
    {
        using var folder = new StoreFolder();
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var desk = await HttpReceiver.StartAsync();
        using var json = new MemoryStream();
        using var text = new MemoryStream();
        GatewayLog? one = null, two = null;
        var told = new StringBuilder();
        var stage = await GatewayStage.StartAsync(
            GatewayStage.Brisk,
            (policy, _) => policy with
            {
                AdminToken = $"admin-{Mark}",
                Store = folder.Store,
                // Captured on purpose, and cleaned; all else must hold no content at all.
                Capture = new() { Redact = [$"(?i){Mark}"] },
                Cache = new() { Key = $"cache-key-{Mark}" },
                Routes = [.. policy.Routes.Select(route => route with { Capture = new(), AllowsChaos = true })],
                Alarms = policy.Alarms with
                {
                    GroupWait = TimeSpan.Zero,
                    Receivers = [new WebhookReceiver { Name = "desk", Url = new(desk.Url, "/alarms"), Secret = $"whsec-{Mark}" }],
                    Rules = new Dictionary<AlarmRule, AlarmRuleModel>
                    {
                        [AlarmRule.ProviderUnavailable] = AlarmRuleModel.Default(AlarmRule.ProviderUnavailable) with { For = TimeSpan.Zero },
                        [AlarmRule.ErrorRate] = AlarmRuleModel.Default(AlarmRule.ErrorRate) with { MinCalls = 1 },
                    },
                },
                Clients = [new() { Name = "website", KeyHash = SHA256.HashData(Encoding.UTF8.GetBytes($"client-{Mark}")) }],
                Providers = [.. policy.Providers.Select(provider => provider.Name == "spare" ? provider with { Key = $"sk-provider-{Mark}" } : provider)],
            },
            openTelemetry: receiver.Variables,
            hear: journal =>
            {
                one = new(journal, LogFormat.Json, json, TimeProvider.System);
                two = new(journal, LogFormat.Text, text, TimeProvider.System);
            });
        await using (stage)
        {
            Task<RawResponse> AskAsync(string path, string headers) => RawClient.AskAsync(stage.Url, $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n");

            foreach (var way in Ways)
            {
                foreach (var provider in stage.Providers)
                {
                    provider.Faults.Clear();
                    // An upstream may quote what it was sent, and say anything at all.
                    if (way.Length > 0) provider.Faults.Set(new FaultSpec { Kind = way, After = 2, Code = way == "status" ? 500 : null, Body = way is "status" or "garbage" or "html" ? $$$"""{"error":{"type":"quoted {{{Mark}}}","code":"{{{Mark}}}-code","message":"you said {{{Mark}}}"}}""" : null });
                }

                foreach (var (path, body) in Bodies()) await RawClient.PostAsync(stage.Url, path, body, Headers());
            }

            // A refused model's name may be a key in the wrong field; a wrong key, a query and a path may be anything.
            foreach (var provider in stage.Providers) provider.Faults.Set(new FaultSpec { Kind = "status", Code = 404 });
            await RawClient.PostAsync(stage.Url, "/v1/messages", Body($"claude-{Mark}"), Headers());
            await RawClient.PostAsync(stage.Url, "/v1/messages", Body($"sk-no-route-{Mark}"), Headers());
            await RawClient.PostAsync(stage.Url, "/v1/messages", Body("claude-x"), $"x-api-key: wrong-{Mark}\r\n");
            await RawClient.PostAsync(stage.Url, $"/v1/messages?key=client-{Mark}&other={Mark}", Body("claude-x"));
            await RawClient.PostAsync(stage.Url, "/v1/messages", $$"""{"model":"claude-x","{{Mark}}""", Headers());
            await RawClient.PostAsync(stage.Url, $"/v1/{Mark}", "{}", Headers());

            // Operators write what they like, keys that they see on their screens included.
            var admin = $"authorization: Bearer admin-{Mark}\r\n";
            foreach (var (path, body) in ((string, string)[])
            [
                ("/admin/kill", $$"""{"what":"spare","why":"the key sk-provider-{{Mark}} is out","by":"admin-{{Mark}}"}"""),
                ("/admin/revive", """{"what":"spare"}"""),
                ("/admin/chaos", $$"""{"what":"claude","fault":{"kind":"hang"},"for":"1m","why":"whsec-{{Mark}}"}"""),
                ("/admin/chaos/abort", "{}"),
            ])
            {
                var answer = await RawClient.PostAsync(stage.Url, path, body, admin);
                Assert.InRange(answer.Status, 200, 299);
                told.AppendLine(answer.Text);
            }

            foreach (var alarm in await desk.UntilAsync(1)) told.AppendLine(alarm.Text).AppendJoin('\n', alarm.Headers);
            foreach (var path in (string[])["status", "events", "alerts", "chaos", "inbox", "captures?limit=500", "calls?limit=1000", "session"]) told.AppendLine((await AskAsync($"/admin/{path}", admin)).Text);
            var captures = (await AskAsync("/admin/captures?limit=500", admin)).Json["captures"]!.AsArray();
            Assert.True(captures.Count > 20, "too little was captured for the test to say anything");
            foreach (var capture in captures) told.AppendLine((await AskAsync($"/admin/captures/{(string?)capture!["id"]}", admin)).Text);
            told.AppendLine((await AskAsync("/", "accept: text/html\r\n")).Text);
            told.AppendLine((await MetricsTests.ScrapeAsync(stage)).Text);
            told.AppendLine((await RawClient.AskAsync(stage.Url, "GET /health/providers HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).Text);
            foreach (var happening in stage.Gateway.Engine.Journal.Recent) told.AppendLine(happening.ToString());
            foreach (var record in stage.Records)
            {
                told.AppendLine(record.Failure?.ToString());
                foreach (var attempt in record.Attempts) told.AppendLine(attempt.Failure?.ToString());
            }

            told.AppendLine(stage.Policy.ToString()).AppendJoin('\n', stage.Policy.Providers).AppendJoin('\n', stage.Policy.Clients);
        }

        await one!.DisposeAsync();
        await two!.DisposeAsync();
        Assert.All((CallOutcome[])[CallOutcome.Answered, CallOutcome.Failed, CallOutcome.ClientError, CallOutcome.Refused], outcome => Assert.Contains(stage.Records, record => record.Outcome == outcome));
        Assert.True(receiver.Spans.Count > 50 && json.Length > 10_000 && text.Length > 2_000, "too little was played for the test to say anything");
        AssertClean("what the gateway says", told.ToString());
        AssertClean("the store", Encoding.Latin1.GetString(await File.ReadAllBytesAsync(folder.File, TestContext.Current.CancellationToken)));
        AssertClean("the JSON log", Encoding.UTF8.GetString(json.ToArray()));
        AssertClean("the text log", Encoding.UTF8.GetString(text.ToArray()));
        foreach (var (path, body, _) in receiver.Received) AssertClean(path, Encoding.Latin1.GetString(body));
    }

    private static void AssertClean(string where, string text)
    {
        var at = text.IndexOf(Mark, StringComparison.OrdinalIgnoreCase);
        Assert.True(at < 0, $"{where} holds a secret: …{(at < 0 ? "" : text[Math.Max(at - 120, 0)..Math.Min(at + 40, text.Length)])}…");
    }

    /// <summary>A key of its own for each, or a call would be given the answer of the one before.</summary>
    private string Headers() =>
        $"authorization: Bearer client-{Mark}\r\ncookie: session={Mark}\r\nx-custom: {Mark}\r\nidempotency-key: {Mark}-{++_calls}\r\nx-understudy-session: {Mark}\r\nuser-agent: {Mark}/1.0\r\nbaggage: user={Mark}\r\n";

    private static string Body(string model, bool stream = false) => $$$$"""
        {"model":"{{{{model}}}}","max_tokens":20,"stream":{{{{(stream ? "true" : "false")}}}},"system":"The password is {{{{Mark}}}}.","metadata":{"user_id":"{{{{Mark}}}}"},
         "tools":[{"name":"look_up","description":"{{{{Mark}}}}","input_schema":{"type":"object","properties":{"{{{{Mark}}}}":{"type":"string"} } } }],
         "messages":[{"role":"user","content":"Say {{{{Mark}}}}."},
          {"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"look_up","input":{"{{{{Mark}}}}":"{{{{Mark}}}}"}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"{{{{Mark}}}}"},{"type":"image","source":{"type":"url","url":"https://{{{{Mark}}}}.example/{{{{Mark}}}}.png?token={{{{Mark}}}}"}},{"type":"text","text":"Go on, {{{{Mark}}}}."}]}]}
        """;

    private static IEnumerable<(string Path, string Body)> Bodies()
    {
        yield return ("/v1/messages", Body("claude-sonnet-4-5"));
        yield return ("/v1/messages", Body("claude-sonnet-4-5", stream: true));
        yield return ("/v1/chat/completions", $$"""{"model":"gpt-4o","stream":true,"messages":[{"role":"system","content":"{{Mark}}"},{"role":"user","content":"Say {{Mark}}."}]}""");
        yield return ("/v1/responses", $$"""{"model":"gpt-4o","input":"Say {{Mark}}.","instructions":"{{Mark}}"}""");
    }
}
