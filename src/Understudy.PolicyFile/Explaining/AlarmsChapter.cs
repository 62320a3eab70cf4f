using System.Globalization;
using System.Text;
using Understudy.Alarms;
using Understudy.Configuration;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Explaining;

/// <summary>The chapter on alarms: what fires, and who is woken.</summary>
internal static class AlarmsChapter
{
    public static void Write(StringBuilder page, Policy policy)
    {
        var alarms = policy.Alarms;
        page.Append("\n## Who is woken, and when\n\n");
        page.Append(alarms.Receivers.Count == 0
            ? "Nobody: no receivers are named. Alarms are in the control room, under `GET /admin/alerts` and in the events.\n"
            : string.Create(CultureInfo.InvariantCulture, $"By {string.Join(", ", alarms.Receivers.Select(receiver => $"{PolicyExplainer.Code(receiver.Name)} ({receiver.Kind})"))}. What has one cause comes in one message, {DurationText.Write(alarms.GroupWait)} after the first.\n"));
        page.Append("\n| alarm | fires when | over when | how bad | who is told |\n| --- | --- | --- | --- | --- |\n");
        foreach (var rule in AlarmWords.Rules)
        {
            var model = alarms.Rule(rule);
            page.Append(CultureInfo.InvariantCulture, $"| {PolicyExplainer.Code(AlarmWords.Of(rule))} | {PolicyExplainer.Text(RuleText.Of(rule, alarms))} | {(model.Enabled ? PolicyExplainer.Text(RuleText.Over(rule, alarms)) : "")} | {(model.Enabled ? AlarmWords.Of(model.Severity) : "")} | {(model.Enabled ? Told(alarms, alarms.NotifyOf(rule, model.Severity)) : "")} |\n");
        }

        page.Append(CultureInfo.InvariantCulture, $"\nThe objective is that {Share(alarms.Objective)} of the calls are answered, over 30 days{Others(policy)}. An alarm that somebody acknowledges is not told again; each is told once more when it is over.\n");
    }

    private static string Told(AlarmsModel alarms, NotifyModel notify)
    {
        if (alarms.Receivers.Count == 0 || notify.To.Count == 0) return "nobody";
        var again = notify.RepeatEvery is { } every ? $", again every {DurationText.Write(every)}" : "";
        var others = notify.EscalateTo.Count > 0 ? $", after {DurationText.Write(notify.EscalateAfter)} {string.Join(", ", notify.EscalateTo.Select(PolicyExplainer.Code))}" : "";
        return $"{string.Join(", ", notify.To.Select(PolicyExplainer.Code))}{again}{others}";
    }

    private static string Others(Policy policy)
    {
        var own = policy.Routes.Where(route => route.Objective is not null).Select(route => $"{Share(route.Objective!.Value)} on route {PolicyExplainer.Code(route.Name)}").ToList();
        return own.Count == 0 ? "" : $"; {string.Join(", ", own)}";
    }

    private static string Share(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.###} %");
}
