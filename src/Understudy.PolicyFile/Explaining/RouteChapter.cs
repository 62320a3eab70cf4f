using System.Globalization;
using System.Text;
using Understudy.Configuration;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Explaining;

/// <summary>The chapter of one route: its ladder as a diagram, its clocks, its worst case, and what each loss leads to.</summary>
internal static class RouteChapter
{
    public static void Write(StringBuilder page, RouteModel route, Policy policy)
    {
        page.Append(CultureInfo.InvariantCulture, $"\n## Route {PolicyExplainer.Code(route.Name)}\n\n");
        page.Append(CultureInfo.InvariantCulture, $"Calls for {string.Join(", ", route.Match.Select(PolicyExplainer.Code))}, as use case {PolicyExplainer.Code(route.UseCase.Name)} (priority {PriorityOf(route.UseCase)}).\n\n");
        LadderSteps.Write(page, route, policy);
        Diagram(page, route, policy);
        Clocks(page, route);
        Worst(page, route, policy);
        Joined(page, route, policy);
        Hedged(page, route);
        Losses(page, route, policy);
        Cache(page, route);
        Person(page, route);
        Deferred(page, route, policy);
        Notice(page, route);
    }

    private static string PriorityOf(UseCaseModel useCase) => useCase.Priority switch
    {
        CallPriority.Low => "low: shed first",
        CallPriority.Normal => "normal",
        CallPriority.High => "high: shed last",
    };

    private static void Diagram(StringBuilder page, RouteModel route, Policy policy)
    {
        page.Append("```mermaid\nflowchart TD\n    call([call])\n");
        var from = "call";
        var label = "";
        foreach (var (number, rung) in route.Ladder.Index())
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"rung{number + 1}");
            var text = rung is TargetRung targets
                ? string.Join("<br/>", targets.Targets.Select(target => Label(target.ToString()) + (policy.Kill.Covers(target.Provider.Name, target.ToString()) ? " (killed)" : ""))) + PickOf(targets)
                : Label(LadderText.Of(rung)) + (LadderText.IsServed(rung) ? "" : "<br/>(not served yet)");
            page.Append(CultureInfo.InvariantCulture, $"    {from} -->{label} {id}[\"{text}\"]\n");
            if (LadderText.IsServed(rung)) page.Append(CultureInfo.InvariantCulture, $"    {id} -->|answers| {(rung.Degraded ? "degraded([answered, marked degraded])" : "answered([answered])")}\n");
            from = id;
            label = rung is HumanRung ? "|nobody comes|" : LadderText.IsServed(rung) ? "|fails|" : "|passes on|";
        }
        if (route.Ladder is not [.., NoticeRung]) page.Append(CultureInfo.InvariantCulture, $"    {from} -->{label} error([\"honest error, in the caller's protocol\"])\n");
        page.Append("```\n\n");
    }

    private static string PickOf(TargetRung rung) => rung.Targets.Count < 2 ? "" : rung.Pick switch
    {
        PickRule.InOrder => "<br/>in this order",
        PickRule.Cheapest => "<br/>the cheapest first",
        PickRule.Fastest => "<br/>the fastest first",
        PickRule.Weighted => string.Create(CultureInfo.InvariantCulture, $"<br/>by chance, {string.Join(" : ", rung.Targets.Select(target => target.Weight))}"),
    };

    // A quote would end Mermaid's label; an angle bracket would be HTML.
    private static string Label(string text) => text.Replace("\"", "#quot;", StringComparison.Ordinal).Replace("<", "#lt;", StringComparison.Ordinal);

    private static void Clocks(StringBuilder page, RouteModel route)
    {
        var useCase = route.UseCase;
        page.Append(CultureInfo.InvariantCulture, $"""
            | clock | at most | what it ends |
            | --- | --- | --- |
            | connect | {DurationText.Write(useCase.Connect)} | one attempt |
            | first token | {DurationText.Write(useCase.FirstToken)} | one attempt that has said nothing yet |
            | idle | {DurationText.Write(useCase.Idle)} | one attempt that fell silent |
            | deadline | {DurationText.Write(useCase.Deadline)} | the whole call, streaming included |

            """);
        foreach (var human in route.Ladder.OfType<HumanRung>())
            page.Append(CultureInfo.InvariantCulture, $"| a person | {DurationText.Write(human.Wait)} | the wait in inbox {PolicyExplainer.Code(human.Inbox)}; the deadline is longer by it |\n");
        page.Append('\n');
    }

    private static void Worst(StringBuilder page, RouteModel route, Policy policy)
    {
        var worst = WorstCase.Of(route, policy);
        var end = route.Ladder.Any(rung => rung is NoticeRung) ? "the notice" : "an honest error";
        if (worst.Attempts == 0)
        {
            page.Append(CultureInfo.InvariantCulture, $"**Worst case:** no target may be called, so that every call ends in {end} at once.\n\n");
            return;
        }
        page.Append(CultureInfo.InvariantCulture, $"**Worst case:** {worst.Attempts} attempts ({policy.Retry.AttemptsPerTarget} a target, {route.MaxAttempts} a call), and the first word or {end} within **{LadderText.Bound(worst.FirstWord)}**; where every target hangs, within {LadderText.Bound(worst.AllHang)}, since a hang is not retried at the same target while there is another. Whatever happens, the call is over after {DurationText.Write(route.UseCase.Deadline)}{Longer(route)}.\n");
        if (worst.Unreached.Count > 0)
            page.Append(CultureInfo.InvariantCulture, $"\nWhere everything above is retried to the end, the attempts are used up before {string.Join(", ", worst.Unreached.Select(target => PolicyExplainer.Code(target.ToString())))}. Targets whose breaker is open cost no attempt.\n");
        page.Append('\n');
    }

    private static void Joined(StringBuilder page, RouteModel route, Policy policy)
    {
        var grace = (route.Join ?? policy.Join).Grace;
        page.Append(grace == TimeSpan.Zero
            ? "**When the client leaves:** its call is given up at once.\n\n"
            : string.Create(CultureInfo.InvariantCulture, $"**When the client leaves:** its call runs on for {DurationText.Write(grace)}, and its answer is kept as long: the client's own retry joins it and gets all of it, without a second call of a provider. If nobody comes, what it cost was for nothing.\n\n"));
        if (route.Share == ShareRule.Deterministic)
            page.Append(CultureInfo.InvariantCulture, $"Identical calls of the same moment that ask for temperature 0 share one call of a provider, {(route.ShareAcrossClients ? "also those of different clients" : "those of one client")}.\n\n");
    }

    private static void Hedged(StringBuilder page, RouteModel route)
    {
        if (route.Hedge is not { } hedge) return;
        var late = hedge.After is { } after
            ? $"has no first content after {DurationText.Write(after)}"
            : string.Create(CultureInfo.InvariantCulture, $"is slower to its first content than {hedge.Quantile * 100:0} % of its calls of that size were of late");
        page.Append(CultureInfo.InvariantCulture, $"**Hedging:** where a target {late}, the next one that is well and gives no less is asked beside it{(hedge.SameTarget ? ", or the same one again where there is no other" : "")}; the first content wins and the other attempt is given up. At most {hedge.Share * 100:0.##} % of this route's calls.\n\n");
    }

    private static void Losses(StringBuilder page, RouteModel route, Policy policy)
    {
        page.Append("| when this is gone | calls of this route are served by |\n| --- | --- |\n");
        page.Append(CultureInfo.InvariantCulture, $"| nothing | {Without(route, policy, [])} |\n");
        var providers = WorstCase.Living(route, policy).Select(target => target.Provider.Name).Distinct().ToList();
        foreach (var provider in providers) page.Append(CultureInfo.InvariantCulture, $"| {PolicyExplainer.Code(provider)} | {Without(route, policy, [provider])} |\n");
        if (providers.Count > 2)
        {
            var onlyLast = providers[..^1];
            page.Append(CultureInfo.InvariantCulture, $"| {string.Join(" and ", onlyLast.Select(PolicyExplainer.Code))} | {Without(route, policy, onlyLast)} |\n");
        }
        if (providers.Count > 1) page.Append(CultureInfo.InvariantCulture, $"| all of them | {Without(route, policy, providers)} |\n");
    }

    private static void Cache(StringBuilder page, RouteModel route)
    {
        if (route.Ladder.OfType<CacheRung>().FirstOrDefault() is not { } cache) return;
        page.Append(CultureInfo.InvariantCulture, $"\nWhole, undegraded answers of text are stored, {(cache.Shared ? "and may be given to every client" : "each for its own client")}; never those to a tool's result. ");
        page.Append(cache.Fresh is { } fresh
            ? string.Create(CultureInfo.InvariantCulture, $"A call that was answered at most {DurationText.Write(fresh)} ago gets that answer at once{(cache.Sampled ? "" : ", if it asks with temperature 0")}.\n")
            : "A stored answer is given only when the rungs above it are gone.\n");
    }

    private static void Deferred(StringBuilder page, RouteModel route, Policy policy)
    {
        if (route.Ladder.OfType<DeferRung>().FirstOrDefault() is not { } defer) return;
        page.Append(CultureInfo.InvariantCulture, $"\nWhat no model could answer is written to disk before its caller hears of it, and told with a number under which `GET /v1/deferred/…` gives the answer. A caller that sends `prefer: respond-async` is answered so at once, whether models are well or not; one that asked for JSON or must be given a tool call gets its protocol's error instead. ");
        page.Append(CultureInfo.InvariantCulture, $"Kept work is done by the models of this ladder, the most urgent and then the oldest first: one piece to begin with, more with each good answer, {policy.Deferred.Concurrency} at once at the most, and never with the last 30 % of a provider's rate limit. What is not done after {DurationText.Write(defer.Deadline ?? defer.Keep)} expires; an answer is kept for {DurationText.Write(defer.Keep)}.");
        if (route.Ladder.OfType<HumanRung>().FirstOrDefault() is { } human) page.Append(CultureInfo.InvariantCulture, $" While it waits, people see it in the inbox `{human.Inbox}` as well; whoever is sooner, a model or a person, gives the one answer.");
        page.Append(defer.Webhook is { } hook ? string.Create(CultureInfo.InvariantCulture, $" {PolicyExplainer.Text(hook.Url.Host)} is told when work is over, for a day if need be.\n") : "\n");
    }

    private static void Person(StringBuilder page, RouteModel route)
    {
        foreach (var human in route.Ladder.OfType<HumanRung>())
        {
            page.Append(CultureInfo.InvariantCulture, $"\n**A person, in inbox {PolicyExplainer.Code(human.Inbox)}.** When the call comes to this rung, the people of the inbox see the question, what was said before it, and why no model answered. The caller waits up to {DurationText.Write(human.Wait)}; one that reads a stream is told every 15 s that somebody is here. A person can answer (also by mending an older answer), hand the question back, or close it with a word to the caller, who then gets an error that is not tried again. ");
            page.Append(CultureInfo.InvariantCulture, $"When it is handed back, or nobody comes in time, the models are asked once more, and then {Below(route, human)}. At most {human.MaxWaiting} questions wait at a time; one more goes on at once. A caller that must be given a tool call is not shown to anybody; one that reads JSON only gets only JSON. If the caller leaves, the question goes.\n");
        }
    }

    private static string Longer(RouteModel route)
    {
        var waits = route.Ladder.OfType<HumanRung>().Aggregate(TimeSpan.Zero, (sum, rung) => sum + rung.Wait);
        return waits == TimeSpan.Zero ? "" : $"; where a person is asked, after {DurationText.Write(route.UseCase.Deadline + waits)}";
    }

    private static string Below(RouteModel route, HumanRung human)
    {
        var below = route.Ladder.SkipWhile(rung => rung != (RungModel)human).Skip(1).FirstOrDefault(LadderText.IsServed);
        return below switch
        {
            null => "the caller gets an honest error",
            NoticeRung => "the caller gets the notice",
            DeferRung => "the question is kept for later",
            _ => $"comes {PolicyExplainer.Text(LadderText.Of(below))}",
        };
    }

    private static void Notice(StringBuilder page, RouteModel route)
    {
        if (route.Ladder is not [.., NoticeRung notice]) return;
        var languages = notice.Words.Languages.Keys.Prepend(notice.Words.Language).Select(PolicyExplainer.Code);
        page.Append(CultureInfo.InvariantCulture, $"\nThe notice exists in {string.Join(", ", languages)}{(notice.UseCases.Count == 0 ? "" : $", with words of their own for {string.Join(", ", notice.UseCases.Keys.Select(PolicyExplainer.Code))}")}. ");
        page.Append(notice.Json is null ? "Callers that asked for JSON or must be given a tool call get their protocol's error instead. " : "Callers that asked for JSON get the notice's JSON; those that must be given a tool call get their protocol's error. ");
        page.Append("Sent back by a client as if the model had said it, it is taken out before a model reads it.\n");
    }

    private static string Without(RouteModel route, Policy policy, IReadOnlyList<string> gone)
    {
        var stored = "";
        foreach (var rung in route.Ladder)
        {
            if (rung is HumanRung human) stored += $"a person of inbox {PolicyExplainer.Code(human.Inbox)}, who has {DurationText.Write(human.Wait)} (marked degraded); else ";
            // Whether there is a stored answer only the call can tell: what comes below is told with it.
            if (rung is CacheRung cache) stored += $"the stored answer to the same call, if it is at most {DurationText.Write(cache.MaxStale)} old (marked degraded); else ";
            var text = rung switch
            {
                TargetRung targets => string.Join(" or ", targets.Targets.Where(target => !gone.Contains(target.Provider.Name) && !policy.Kill.Covers(target.Provider.Name, target.ToString())).Select(target => PolicyExplainer.Code(target.ToString()))),
                DeferRung defer => $"nobody at once: the call is kept for at most {DurationText.Write(defer.Deadline ?? defer.Keep)} and done when a model is well again",
                NoticeRung notice => $"the notice “{PolicyExplainer.Text(notice.Words.Text.Trim())}”",
                _ => "",
            };
            if (text.Length > 0) return stored + text + (rung.Degraded ? ", marked degraded" : "");
        }
        return stored + "nobody: an honest error in the caller's own protocol";
    }
}
