using System.Security.Cryptography;
using System.Text;
using Understudy.Gateway.Telemetry;
using Understudy.Gateway.Tests.Support;
using Understudy.Simulator.Faults;

namespace Understudy.Gateway.Tests.Telemetry;

/// <summary>
/// Plants a secret in every place that can hold one, plays calls that end in every way, and searches everything that the
/// gateway tells anybody for any of them.
/// </summary>
public sealed class SecretsTests
{
    private const string Mark = "hunter2";

    private static readonly string[] Ways = ["", "status", "error_event", "cut", "eof", "garbage", "html", "empty", "bad_key", "refuse", "hang"];

    [Fact]
    public async Task NoSecret_IsInMetricsSpansLogsEventsOrHealth()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var json = new MemoryStream();
        using var text = new MemoryStream();
        GatewayLog? one = null, two = null;
        var told = new StringBuilder();
        var stage = await GatewayStage.StartAsync(
            GatewayStage.Brisk,
            (policy, _) => policy with
            {
                AdminToken = $"admin-{Mark}",
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
        Assert.True(receiver.Spans.Count > 50 && json.Length > 10_000 && text.Length > 2_000, "too little was played for the test to say anything");
        AssertClean("what the gateway says", told.ToString());
        AssertClean("the JSON log", Encoding.UTF8.GetString(json.ToArray()));
        AssertClean("the text log", Encoding.UTF8.GetString(text.ToArray()));
        foreach (var (path, body, _) in receiver.Received) AssertClean(path, Encoding.Latin1.GetString(body));
    }

    private static void AssertClean(string where, string text)
    {
        var at = text.IndexOf(Mark, StringComparison.OrdinalIgnoreCase);
        Assert.True(at < 0, $"{where} holds a secret: …{(at < 0 ? "" : text[Math.Max(at - 120, 0)..Math.Min(at + 40, text.Length)])}…");
    }

    private static string Headers() =>
        $"authorization: Bearer client-{Mark}\r\ncookie: session={Mark}\r\nx-custom: {Mark}\r\nidempotency-key: {Mark}\r\nx-understudy-session: {Mark}\r\nuser-agent: {Mark}/1.0\r\nbaggage: user={Mark}\r\n";

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
