using System.Globalization;
using Understudy.Configuration;

namespace Understudy.PolicyFile.Keys;

/// <summary>The keys below <c>alarms</c>; a part of the one table (<see cref="PolicyKeys"/>).</summary>
internal static class AlarmKeys
{
    private const double Day = 24 * 3600;

    private static readonly AlarmsModel _alarms = new();
    private static readonly NotifyModel _notify = new() { To = [] };

    /// <summary>The words of <c>severity</c>.</summary>
    private static readonly string[] _severities = [AlarmWords.Of(AlarmSeverity.Warning), AlarmWords.Of(AlarmSeverity.Critical)];

    /// <summary>What may be set of each rule.</summary>
    public static IReadOnlyDictionary<AlarmRule, KeyShape> RuleShapes { get; } = AlarmWords.Rules.ToDictionary(rule => rule, ShapeOf);

    public static KeyShape Rules { get; } = new("'rules'", [.. AlarmWords.Rules.Select(rule => new Key(AlarmWords.Of(rule), KeyKind.TextOrObject, MeaningOf(rule)) { Shape = RuleShapes[rule], Words = [PolicyKeys.Off], Default = "watched" })]);

    public static KeyShape Receiver { get; } = new("a receiver",
    [
        new("name", KeyKind.Text, "Its name.") { Required = true, Example = "oncall" },
        new("slack", KeyKind.Secret, "The URL of a Slack incoming webhook.") { Elsewhere = ["slack_url", "api_url"], Example = "${SLACK_WEBHOOK}" },
        new("pagerduty", KeyKind.Secret, "The routing key of a PagerDuty integration (Events API v2).") { Elsewhere = ["routing_key", "service_key", "integration_key"], Example = "${PAGERDUTY_KEY}" },
        new("pagerduty_url", KeyKind.Text, "Where its events go, for accounts elsewhere.") { Default = "PagerDuty's own", Example = "https://events.eu.pagerduty.com/v2/enqueue" },
        new("webhook", KeyKind.Secret, "The URL of a program of your own.") { MayBeLiteral = true, Elsewhere = ["url", "webhook_url"], Example = "https://ops.example.com/understudy" },
        new("secret", KeyKind.Secret, "The secret under which the webhook's messages are signed.") { Default = "not signed", Elsewhere = ["signing_secret", "hmac"], Example = "${WEBHOOK_SECRET}" },
        new("email", KeyKind.TextOrList, "Mailboxes.") { Elsewhere = ["to", "mail", "email_to"], Example = "[ops@example.com]" },
        new("from", KeyKind.Text, "Whom the mails come from.") { Default = "the first mailbox", Elsewhere = ["email_from", "sender"], Example = "understudy@example.com" },
        new("smtp", KeyKind.Text, "The mail server, as host:port; 465 is TLS from the start.") { Elsewhere = ["smtp_host", "smarthost", "server"], Example = "mail.example.com:587" },
        new("starttls", KeyKind.Flag, "Whether the connection must be encrypted before anything is said on it.") { Default = "true", Elsewhere = ["require_tls", "tls"] },
        new("user", KeyKind.Text, "The account at the mail server.") { Default = "none", Elsewhere = ["username", "auth_username"], Example = "understudy" },
        new("password", KeyKind.Secret, "Its password.") { Elsewhere = ["auth_password"], Example = "${SMTP_PASSWORD}" },
    ]);

    public static KeyShape Notify { get; } = new("an entry of 'notify'",
    [
        new("to", KeyKind.TextOrList, "The receivers that are told, by name.") { Required = true, Elsewhere = ["receiver", "receivers"], Example = "[oncall, team]" },
        new("rules", KeyKind.TextOrList, "The rules that it is for.") { Default = "all", Elsewhere = ["rule", "match"], Example = "[spend_rate, quota_low]" },
        new("severity", KeyKind.Word, "The least severity that it is for.") { Words = _severities, Default = AlarmWords.Of(_notify.Severity) },
        new("repeat", KeyKind.Duration, "After how long they are told again while nobody acknowledges.") { Default = DurationText.Write(_notify.RepeatEvery!.Value), Words = [PolicyKeys.Off], Most = 30 * Day, Elsewhere = ["repeat_interval"] },
        new("escalate_to", KeyKind.TextOrList, "Who is told besides where nobody acknowledges.") { Default = "nobody", Elsewhere = ["escalation"], Example = "[lead]" },
        new("escalate_after", KeyKind.Duration, "After how long they are.") { Default = DurationText.Write(_notify.EscalateAfter), Most = 30 * Day },
    ]);

    public static KeyShape Alarms { get; } = new("'alarms'",
    [
        new("objective", KeyKind.Percent, "The share of calls that is to be answered, over 30 days; a route may have its own.") { Default = Percent(_alarms.Objective), Least = 0.5, Most = 0.99999, Elsewhere = ["slo", "target"], Example = "99.9%" },
        new("group_wait", KeyKind.Duration, "How long the first alarm of a cause waits for the others that come with it.") { Default = DurationText.Write(_alarms.GroupWait), Most = 600 },
        new("group_interval", KeyKind.Duration, "How long later alarms of a cause are gathered before they are told; a worse one is told at once.") { Default = DurationText.Write(_alarms.GroupInterval), Most = Day },
        new("rules", KeyKind.Object, "What fires; 'off' for what is not watched.") { Shape = Rules, Default = "all, as below", Elsewhere = ["alerts"] },
        new("receivers", KeyKind.ObjectList, "Who can be told.") { Shape = Receiver, Default = "nobody", Elsewhere = ["alerting", "channels", "contact_points"] },
        new("notify", KeyKind.ObjectList, "Who is told of what; the first entry that matches.") { Shape = Notify, Default = "every receiver of everything", Elsewhere = ["routes", "route", "policies"] },
    ]);

    /// <summary>Every shape with its path.</summary>
    public static IReadOnlyList<(string Path, KeyShape Shape)> All { get; } =
    [
        ("alarms.", Alarms), ("alarms.rules.", Rules), .. RuleShapes.Select(pair => ($"alarms.rules.{AlarmWords.Of(pair.Key)}.", pair.Value)),
        ("alarms.receivers[].", Receiver), ("alarms.notify[].", Notify),
    ];

    /// <summary>The key of a rule's limit, and of the one that it has to come back to; null where it has none.</summary>
    public static string? LimitOf(AlarmRule rule) => rule switch
    {
        AlarmRule.QuotaLow => "below",
        AlarmRule.BreakerFlapping => "opens",
        AlarmRule.ErrorRate or AlarmRule.FallbackShare or AlarmRule.StallRate or AlarmRule.SpendRate or AlarmRule.DeferredAge => "above",
        AlarmRule.ProviderUnavailable or AlarmRule.BurnFast or AlarmRule.BurnSlow or AlarmRule.KeyRefused or AlarmRule.StoreLost or AlarmRule.DrillFailed or AlarmRule.ReceiverDead => null,
    };

    /// <summary>Whether the limit and what it has to come back to are two.</summary>
    public static bool HasClear(AlarmRule rule) => LimitOf(rule) is not null && rule != AlarmRule.BreakerFlapping;

    private static KeyShape ShapeOf(AlarmRule rule) => new($"the rule '{AlarmWords.Of(rule)}'", [.. KeysOf(rule, AlarmRuleModel.Default(rule))]);

    private static IEnumerable<Key> KeysOf(AlarmRule rule, AlarmRuleModel standard)
    {
        var limit = LimitOf(rule);
        if (rule == AlarmRule.DeferredAge)
        {
            yield return new(limit!, KeyKind.Duration, "How long the oldest may wait.") { Default = Seconds(standard.Limit), Most = 365 * Day, Elsewhere = ["max_age"] };
            yield return new("clear", KeyKind.Duration, "What it has to come back to.") { Default = Seconds(standard.Clear), Most = 365 * Day };
        }
        else if (rule == AlarmRule.BreakerFlapping)
        {
            yield return new(limit!, KeyKind.Whole, "So often in the window.") { Default = Number(standard.Limit), Least = 2, Most = 1000, Elsewhere = ["above", "times"] };
        }
        else if (limit is not null)
        {
            var most = rule == AlarmRule.SpendRate ? 100 : 1;
            var meaning = rule == AlarmRule.SpendRate ? "The limit, as a share of the plan: 150% is half as much again." : "The limit, as a share.";
            yield return new(limit, KeyKind.Percent, meaning) { Default = Percent(standard.Limit), Least = 0, MoreThanLeast = true, Most = most, Elsewhere = ["threshold", "limit"], Example = Percent(standard.Limit) };
            yield return new("clear", KeyKind.Percent, "What it has to come back to before it is over.") { Default = Percent(standard.Clear), Least = 0, Most = most, Elsewhere = ["resolve", "resolve_below"], Example = Percent(standard.Clear) };
        }

        if (rule == AlarmRule.SpendRate) yield return new("usd_per_hour", KeyKind.Number, "What all calls together are planned to cost in an hour; without it only budgets are watched.") { Default = "none", Least = 0, MoreThanLeast = true, Most = 1e9, Elsewhere = ["plan"] };
        if (standard.Factors.Count > 0) yield return new("factors", KeyKind.NumberList, "How much faster than allowed the error budget may burn, the shorter windows first.") { Default = $"[{string.Join(", ", standard.Factors.Select(Number))}]", Least = 0, MoreThanLeast = true, Most = 1000, Example = "[14.4, 6]" };
        if (standard.Over > TimeSpan.Zero) yield return new("over", KeyKind.Duration, "The window that is counted.") { Default = DurationText.Write(standard.Over), Most = 3 * Day, Elsewhere = ["window"] };
        if (rule is not (AlarmRule.BurnFast or AlarmRule.BurnSlow or AlarmRule.KeyRefused or AlarmRule.BreakerFlapping or AlarmRule.DrillFailed or AlarmRule.ReceiverDead))
        {
            yield return new("for", KeyKind.Duration, standard.For > TimeSpan.Zero ? "How long it has to be so before it fires." : "How long it has to be so before it fires; without it at once.") { Default = Span(standard.For), Most = Day };
        }

        yield return new("hold", KeyKind.Duration, standard.Hold > TimeSpan.Zero ? "How long it has to be well again before it is over." : "How long it has to be well again before it is over; without it at once.") { Default = Span(standard.Hold), Most = Day, Elsewhere = ["keep_firing_for"] };
        if (standard.MinCalls > 0) yield return new("min_calls", KeyKind.Whole, "Calls in the window below which it says nothing.") { Default = Number(standard.MinCalls), Least = 1, Most = 1e9, Elsewhere = ["minimum_calls", "min_requests"] };
        yield return new("severity", KeyKind.Word, "How bad it is.") { Words = _severities, Default = AlarmWords.Of(standard.Severity) };
    }

    private static string MeaningOf(AlarmRule rule) => rule switch
    {
        AlarmRule.ErrorRate => "Too many calls are not answered.",
        AlarmRule.ProviderUnavailable => "None of a provider's targets is called.",
        AlarmRule.BurnFast => "A route's error budget burns so fast that it is gone within days.",
        AlarmRule.BurnSlow => "A route's error budget burns faster than it may, or just as fast.",
        AlarmRule.FallbackShare => "Too many of a route's answers come from another than was meant.",
        AlarmRule.SpendRate => "Money is spent faster than planned.",
        AlarmRule.QuotaLow => "A rate limit, or the account's money, is nearly gone.",
        AlarmRule.StallRate => "Too many requests to a provider hang, fall silent or are cut.",
        AlarmRule.BreakerFlapping => "A breaker opens again and again.",
        AlarmRule.KeyRefused => "A provider refuses the gateway's own key.",
        AlarmRule.StoreLost => "The store takes nothing in.",
        AlarmRule.DeferredAge => "Work that was put off waits too long.",
        AlarmRule.DrillFailed => "A scheduled drill shows that the policy would not survive an outage.",
        AlarmRule.ReceiverDead => "A receiver of alarms does not take them; the others are told.",
    };

    private static string? Span(TimeSpan span) => span > TimeSpan.Zero ? DurationText.Write(span) : null;

    private static string Seconds(double seconds) => DurationText.Write(TimeSpan.FromSeconds(seconds));

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.###}%");

    private static string Number(double number) => number.ToString(CultureInfo.InvariantCulture);
}
