using System.Globalization;
using System.Text;
using Understudy.Configuration;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Explaining;

/// <summary>The chapter on what is kept of what people write.</summary>
internal static class CaptureChapter
{
    public static void Write(StringBuilder page, Policy policy)
    {
        page.Append("\n## What is kept of what people write\n\n");
        var captured = policy.Routes.Where(route => route.Capture is not null).ToList();
        if (captured.Count == 0)
        {
            page.Append("Nothing is captured: no prompt and no answer is in a log, a metric, a trace, an event or an alarm. What waits in a cache, an inbox or a queue is kept for as long as it serves there.\n");
            return;
        }

        foreach (var route in captured)
            page.Append(CultureInfo.InvariantCulture, $"- Route {PolicyExplainer.Code(route.Name)}: {Which(route.Capture!)}, with what was said in them.\n");
        page.Append(CultureInfo.InvariantCulture, $"\nKept for {DurationText.Write(policy.Capture.Keep)} in the store, {SizeText.Write(policy.Capture.MaxBytes)} at the most, {(policy.Cache.Key is null ? "**readable on its disk**" : "sealed")}; keys, tokens, passwords, e-mail addresses and card numbers are taken out first{(policy.Capture.Redact.Count == 0 ? "" : $", and what {policy.Capture.Redact.Count} patterns of your own match")}. Only admins can read it, and each look is written down.\n");
    }

    private static string Which(CaptureRule rule)
    {
        var of = rule.Of switch
        {
            CaptureOf.All => "every call",
            CaptureOf.Trouble => "calls that took a second attempt or got less than they asked for",
            CaptureOf.Failed => "calls without an answer",
        };
        return rule.Share < 1 ? string.Create(CultureInfo.InvariantCulture, $"{of}, of {rule.Share * 100:0.###} % that are looked at") : of;
    }
}
