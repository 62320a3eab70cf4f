using System.Globalization;
using Understudy.Configuration;
using Understudy.Drills.Rungs;
using Understudy.Drills.Scenarios;
using Understudy.Drills.Traffic;

namespace Understudy.Drills.Reporting;

/// <summary>What a drill assumes, in words that a reader can check.</summary>
internal static class Assumptions
{
    /// <summary>The list.</summary>
    public static IReadOnlyList<string> Of(DrillSetup setup)
    {
        var culture = CultureInfo.InvariantCulture;
        List<string> said =
        [
            $"The outage's times are from the public record; the shares of each kind of failure are {Evidence(setup.Scenario)}.",
            "Providers that are not sick never fail here. Their speed is ours (first token 0.6 to 0.8 s in the median, 70 to 130 tokens a second); prices are the policy's, those for large prompts included, without discounts or caches.",
            "A hang swallows the answer, not the work: the prompt and what would have been generated until the caller gave up are billed. A call that is given up is billed the same way; Gemini bills the whole answer. Error statuses are not billed. Where vendors' texts differ this is the dearer reading.",
            "Wasted is what was billed for requests that did not end in a whole answer, the paid part of a cut and continued answer included.",
            string.Create(culture, $"Each account may use {setup.QuotaPerMinute:N0} tokens a minute, one and a half times what the busiest minute of the same traffic needs; a request that fails has used its share all the same."),
            "A session noticed if a call of it failed, was cut, or waited more than ten seconds for its first token; a session has eight calls in the mean. For an answer that is not streamed, the time that its tokens take is not counted as waiting.",
            string.Create(culture, $"Every unanswered call loses its share of ${setup.RevenuePerHour:N0} an hour."),
            "Rivals that have a limit at all are given the article's thirty seconds. They meet the same calls, and the same fate for each call and attempt.",
        ];
        var rungs = setup.Policy.Routes.SelectMany(route => route.Ladder).ToList();
        if (setup.CommonShare > 0) said.Add(string.Create(culture, $"{100 * setup.CommonShare:0} % of calls ask one of {TrafficPlan.CommonQuestions} questions word for word; all others ask something of their own. A cache without repeated questions gives nothing."));
        if (rungs.OfType<HumanRung>().Any()) said.Add(string.Create(culture, $"{DrillPeople.Count} people look after all inboxes, from 9 to 17 o'clock UTC on weekdays; an answer takes one of them one to five minutes, the oldest question first. The drill begins on Tuesday, 2 June 2026, 06:04 UTC."));
        if (rungs.OfType<DeferRung>().Any()) said.Add("What is put off is kept on a disk that never fails and done by one gateway, at the pace of the recovery. The drill ends 40 minutes after the last call: what waits then is told as waiting.");
        if (setup.Scenario.Phases.Any(phase => phase.Capacity is { StampedeSlowsIt: true }))
        {
            said.Add("While capacity comes back, a second in which more was asked than could be served does not count towards recovery; the traffic of this drill stands for all of the provider's callers.");
        }

        if (setup.Scenario.Phases.Any(phase => phase.End.ShareOf(outcome => outcome.Kind == OutcomeKind.Garbled) > 0 || phase.Start.ShareOf(outcome => outcome.Kind == OutcomeKind.Garbled) > 0))
        {
            said.Add("Wrong content in a well-formed answer cannot be seen on the wire: no strategy here sees it. It is counted because the model's words are known beforehand.");
        }

        return said;
    }

    private static string Evidence(Scenario scenario)
    {
        var published = scenario.Phases.Count(phase => phase.Evidence.StartsWith("published", StringComparison.Ordinal));
        return published == scenario.Phases.Count ? "published, splits between them assumed"
            : published == 0 ? "ours"
            : "partly published, partly ours (see the phases)";
    }
}
