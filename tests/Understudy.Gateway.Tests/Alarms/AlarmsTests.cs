using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Understudy.Alarms;
using Understudy.Configuration;
using Understudy.Hosting.Receivers;
using Understudy.Gateway.Tests.Support;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Gateway.Tests.Alarms;

/// <summary>A provider dies under traffic: who hears of it, what they are sent, and how it ends.</summary>
public sealed class AlarmsTests
{
    private const string Token = "admin-token-0123456789";
    private const string Auth = $"authorization: Bearer {Token}\r\n";
    private const string RoutingKey = "0123456789abcdef0123456789abcdef";
    private const string Secret = "whsec-hunter2-hunter2";
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":50,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";

    private static Task<GatewayStage> StageAsync(ManualTime time, Func<AlarmsModel, AlarmsModel> alarms) =>
        GatewayStage.StartAsync(change: (policy, _) => policy with { AdminToken = Token, Retry = new() { AttemptsPerTarget = 1 }, Alarms = alarms(policy.Alarms) } /* a backoff would wait for a clock that stands */, time: time);

    private static Task<RawResponse> CallAsync(GatewayStage stage) => RawClient.PostAsync(stage.Url, "/v1/messages", Ask);

    private static async Task<JsonObject> AlertsAsync(GatewayStage stage) => (await RawClient.AskAsync(stage.Url, $"GET /admin/alerts HTTP/1.1\r\nHost: 127.0.0.1\r\n{Auth}\r\n")).Json;

    private static Task<RawResponse> AckAsync(GatewayStage stage, string id, string body) => RawClient.PostAsync(stage.Url, $"/admin/alerts/{id}/ack", body, Auth);

    /// <summary>Lets the gateway's clock go on, in steps no longer than its rules are looked at.</summary>
    private static void Pass(ManualTime time, double seconds)
    {
        for (; seconds > 0; seconds -= 5) time.Advance(TimeSpan.FromSeconds(Math.Min(seconds, 5)));
    }

    private static async Task KillClaudeAsync(GatewayStage stage)
    {
        stage.Claude.Faults.Set("status");
        for (var i = 0; i < 6; i++) Assert.Equal("openai/gpt-4o", (await CallAsync(stage))["x-understudy-served-by"]);
    }

    [Fact]
    public async Task ProviderDies_EveryoneIsTold_InTheirOwnWords_UntilItIsOver()
    {
        await using var slack = await HttpReceiver.StartAsync();
        await using var duty = await HttpReceiver.StartAsync();
        await using var desk = await HttpReceiver.StartAsync();
        slack.Answer(200);
        var time = new ManualTime();
        await using var stage = await StageAsync(time, alarms => alarms with
        {
            Receivers =
            [
                new SlackReceiver { Name = "team", Url = new(slack.Url, "/services/T0/B0/hunter2") },
                new PagerDutyReceiver { Name = "oncall", RoutingKey = RoutingKey, Url = new(duty.Url, "/v2/enqueue") },
                new WebhookReceiver { Name = "desk", Url = new(desk.Url, "/alarms"), Secret = Secret },
            ],
        });
        await KillClaudeAsync(stage);
        Pass(time, 80); // a minute, and ten seconds for what comes with it

        // 1. Slack: a text for notifications, blocks for the channel.
        var post = (await slack.UntilAsync(1))[0];
        Assert.Equal(("POST", "/services/T0/B0/hunter2", "application/json"), (post.Method, post.Path, post.Headers["content-type"]));
        Assert.Contains("provider claude is unavailable", (string)post.Json["text"]!, StringComparison.Ordinal);
        var blocks = post.Json["blocks"]!.AsArray();
        Assert.Equal(["header", "section", "section", "context"], blocks.Select(block => (string?)block!["type"]));
        Assert.Equal("plain_text", (string?)blocks[0]!["text"]!["type"]);
        Assert.Equal("mrkdwn", (string?)blocks[1]!["text"]!["type"]);

        // 2. PagerDuty: an event with every field that it requires.
        var trigger = (await duty.UntilAsync(1))[0].Json;
        Assert.Equal((RoutingKey, "trigger", "understudy.claude"), ((string?)trigger["routing_key"], (string?)trigger["event_action"], (string?)trigger["dedup_key"]));
        var payload = (JsonObject)trigger["payload"]!;
        Assert.Equal(("understudy", "critical", "claude"), ((string?)payload["source"], (string?)payload["severity"], (string?)payload["component"]));
        Assert.InRange(((string)payload["summary"]!).Length, 1, 1024);
        Assert.True(DateTimeOffset.TryParse((string?)payload["timestamp"], out _));
        Assert.IsType<JsonObject>(payload["custom_details"]);

        // 3. The desk: signed, with a timestamp.
        var told = (await desk.UntilAsync(1))[0];
        Assert.Equal(("understudy.alarm/1", "trigger"), ((string?)told.Json["form"], (string?)told.Json["kind"]));
        Assert.Equal(SignatureOf(told), told.Headers["x-understudy-signature"]);
        Assert.Contains("provider_unavailable.claude", told.Json["alerts"]!.AsArray().Select(alert => (string?)alert!["id"]));

        // 4. Somebody takes it on: all hear of it, and of nothing more.
        foreach (var alert in (await AlertsAsync(stage))["alerts"]!.AsArray())
        {
            var taken = await AckAsync(stage, (string)alert!["id"]!, """{"why":"I am on it","by":"rosa"}""");
            Assert.Equal((200, "acknowledged", "rosa (127.0.0.1)"), (taken.Status, (string?)taken.Json["state"], (string?)taken.Json["acknowledged"]!["by"]));
        }

        var acknowledged = (await duty.UntilAsync(2))[1].Json;
        Assert.Equal(("acknowledge", "understudy.claude"), ((string?)acknowledged["event_action"], (string?)acknowledged["dedup_key"]));

        // 5. It is well again: traffic and probes are the evidence, and all hear the end.
        stage.Claude.Faults.Clear();
        await duty.UntilAsync(3, async () =>
        {
            Pass(time, 5);
            await CallAsync(stage);
        });
        var resolved = duty.All[2].Json;
        Assert.Equal(("resolve", "understudy.claude"), ((string?)resolved["event_action"], (string?)resolved["dedup_key"]));
        Assert.Equal(["trigger", "acknowledge", "resolve"], (await desk.UntilAsync(3)).Select(one => (string?)one.Json["kind"]));
        Assert.Contains("over", (string)(await slack.UntilAsync(3))[2].Json["text"]!, StringComparison.Ordinal);
        Assert.Empty((await AlertsAsync(stage))["alerts"]!.AsArray());
        Assert.NotEmpty((await AlertsAsync(stage))["resolved"]!.AsArray());
        Assert.Equal(3, duty.All.Count);

        // 6. Nothing of it told a secret, or anything that was asked.
        var said = string.Concat(slack.All.Concat(desk.All).Select(one => one.Text)) + await AlertsAsync(stage) + string.Concat(stage.Happenings);
        foreach (var secret in (string[])[RoutingKey, "hunter2", GatewayStage.ProviderKey, Token, "curtain"]) Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReceiverIsShakyFirst_ItIsTriedAgain_AndItsWaitIsObeyed()
    {
        await using var desk = await HttpReceiver.StartAsync();
        desk.Answer(500);
        desk.Limit("40");
        var time = new ManualTime();
        await using var stage = await StageAsync(time, alarms => alarms with { Receivers = [new WebhookReceiver { Name = "desk", Url = desk.Url }] });
        await KillClaudeAsync(stage);
        Pass(time, 80);
        await desk.UntilAsync(2, () => StepAsync(time, 1));
        var asked = time.GetUtcNow();
        await desk.UntilAsync(3, () => StepAsync(time, 1));
        Assert.True(time.GetUtcNow() - asked >= TimeSpan.FromSeconds(40), $"it was asked again after {time.GetUtcNow() - asked}");
        Assert.Equal([500, 429, 202], desk.All.Select(one => one.Answered));
        Assert.False(desk.All[0].Headers.ContainsKey("x-understudy-signature"));
        Assert.DoesNotContain("receiver_dead", string.Concat(stage.Gateway.Engine.Journal.Recent), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(302)]
    public async Task DeadReceiver_IsAnAlarmOnTheOthers(int answer)
    {
        await using var duty = await HttpReceiver.StartAsync();
        await using var desk = await HttpReceiver.StartAsync();
        duty.Answer(answer);
        var time = new ManualTime();
        await using var stage = await StageAsync(time, alarms => alarms with
        {
            Receivers = [new PagerDutyReceiver { Name = "oncall", RoutingKey = RoutingKey, Url = duty.Url }, new WebhookReceiver { Name = "desk", Url = desk.Url }],
            Notify = [new() { To = ["oncall"] }],
        });
        await KillClaudeAsync(stage);
        Pass(time, 80);
        await duty.UntilAsync(1);
        await desk.UntilAsync(1, () => StepAsync(time, 5));
        Assert.Equal("receiver oncall", (string?)desk.All[0].Json["cause"]);
        Assert.Contains($"it answered {answer}", (string)desk.All[0].Json["summary"]!, StringComparison.Ordinal);
        var receivers = (await AlertsAsync(stage))["receivers"]!.AsArray();
        Assert.Equal(("oncall", "dead", "well"), ((string?)receivers[0]!["name"], (string?)receivers[0]!["state"], (string?)receivers[1]!["state"]));
        Assert.Single(duty.All); // what it refuses once it would refuse again
    }

    [Fact]
    public async Task NobodyListens_ItIsTriedUntilSomebodyDoes()
    {
        var gone = await HttpReceiver.StartAsync();
        var address = gone.Url;
        await gone.DisposeAsync();
        await using var desk = await HttpReceiver.StartAsync();
        var time = new ManualTime();
        await using var stage = await StageAsync(time, alarms => alarms with
        {
            Receivers = [new WebhookReceiver { Name = "gone", Url = address }, new WebhookReceiver { Name = "desk", Url = desk.Url }],
        });
        await KillClaudeAsync(stage);
        Pass(time, 80);
        await desk.UntilAsync(2, () => StepAsync(time, 1));
        Assert.Contains("receiver gone does not take alarms: no connection", desk.All[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mail_ByAServerWithoutTls_OnlyWhereThatIsAllowed()
    {
        await using var server = new SmtpListener();
        var time = new ManualTime();
        await using var stage = await StageAsync(time, alarms => alarms with
        {
            Receivers = [new EmailReceiver { Name = "lead", To = ["lead@example.com", "deputy@example.com"], From = "understudy@example.com", Host = "127.0.0.1", Port = server.Port, StartTls = false }],
        });
        await KillClaudeAsync(stage);
        Pass(time, 80);
        var letter = await server.First;
        Assert.Equal("<understudy@example.com>", letter.From.Split(' ')[0]);
        Assert.Equal(["<lead@example.com>", "<deputy@example.com>"], letter.To);
        Assert.Contains("Subject: [critical] claude: provider claude is unavailable", letter.Text.Replace("\n ", " ", StringComparison.Ordinal).Replace("\n\t", " ", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("provider_unavailable.claude", letter.Text, StringComparison.Ordinal);
        Assert.Contains("Auto-Submitted: auto-generated", letter.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mail_StartTlsAndPassword_AndNothingBeforeTheEncryption()
    {
        await using var server = new SmtpListener(offersTls: true);
        var receiver = new EmailReceiver { Name = "lead", To = ["lead@example.com"], From = "understudy@example.com", Host = "127.0.0.1", Port = server.Port, User = "understudy", Password = "hunter2" };
        var delivery = await Mail.SendAsync(receiver, Message(), (_, certificate, _, _) => certificate?.GetCertHashString() == server.Certificate.GetCertHashString(), TestContext.Current.CancellationToken);
        Assert.Null(delivery.Trouble);
        var letter = await server.First;
        Assert.Equal((true, "|understudy|hunter2"), (letter.WasEncrypted, letter.User));
    }

    [Fact]
    public async Task Mail_ServerThatIsNotTrusted_OrOffersNoTls_OrRefuses_IsTrouble()
    {
        var receiver = new EmailReceiver { Name = "lead", To = ["lead@example.com"], From = "understudy@example.com", Host = "127.0.0.1", User = "u", Password = "hunter2" };
        await using (var untrusted = new SmtpListener(offersTls: true))
        {
            Assert.Equal("its certificate is not trusted, or TLS failed", (await Mail.SendAsync(receiver with { Port = untrusted.Port }, Message(), null, TestContext.Current.CancellationToken)).Trouble);
        }

        await using (var plain = new SmtpListener())
        {
            Assert.Equal("it offers no STARTTLS", (await Mail.SendAsync(receiver with { Port = plain.Port }, Message(), null, TestContext.Current.CancellationToken)).Trouble);
        }

        await using (var refusing = new SmtpListener(refusal: "550 no"))
        {
            var delivery = await Mail.SendAsync(receiver with { Port = refusing.Port, StartTls = false, User = null }, Message(), null, TestContext.Current.CancellationToken);
            Assert.Equal(("it answered 550", true), (delivery.Trouble, delivery.IsFinal));
        }
    }

    [Fact]
    public async Task Acknowledge_WhatDoesNotFire_OrIsNotUnderstood()
    {
        var time = new ManualTime();
        await using var stage = await StageAsync(time, alarms => alarms);
        await KillClaudeAsync(stage);
        Pass(time, 80);
        var unknown = await AckAsync(stage, "provider_unavailable.cluade", "{}");
        Assert.Equal(404, unknown.Status);
        Assert.Contains("did you mean 'provider_unavailable.claude'?", unknown.Text.Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(400, (await AckAsync(stage, "provider_unavailable.claude", """{"wy":"x"}""")).Status);
        Assert.Equal(400, (await AckAsync(stage, "provider_unavailable.claude", "no json")).Status);
        Assert.Equal(401, (await RawClient.PostAsync(stage.Url, "/admin/alerts/provider_unavailable.claude/ack", "{}")).Status);
        Assert.Equal(200, (await AckAsync(stage, "provider_unavailable.claude", "{}")).Status);
        Assert.Equal("no reason given", (string?)(await AlertsAsync(stage))["alerts"]![0]!["acknowledged"]!["why"]);
    }

    private static async Task StepAsync(ManualTime time, double seconds)
    {
        Pass(time, seconds);
        await Task.Yield(); // deliveries run on other threads
    }

    private static string SignatureOf(HttpReceiver.Taken told)
    {
        var signed = Encoding.ASCII.GetBytes($"{told.Headers["x-understudy-timestamp"]}.").Concat(told.Bytes).ToArray();
        return $"v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), signed))}";
    }

    private static AlarmMessage Message() => new()
    {
        Receiver = "lead",
        Kind = AlarmMessageKind.Trigger,
        Key = "understudy.claude",
        Cause = "claude",
        Severity = AlarmSeverity.Critical,
        At = DateTimeOffset.UnixEpoch,
        Alarms =
        [
            new()
            {
                Id = "provider_unavailable.claude",
                Rule = AlarmRule.ProviderUnavailable,
                Subject = "claude",
                Cause = "claude",
                Severity = AlarmSeverity.Critical,
                State = AlarmState.Firing,
                Since = DateTimeOffset.UnixEpoch,
                FiredAt = DateTimeOffset.UnixEpoch,
                Text = "provider claude is unavailable",
                Value = 1,
            },
        ],
    };
}
