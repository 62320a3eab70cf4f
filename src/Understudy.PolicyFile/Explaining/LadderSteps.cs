using System.Globalization;
using System.Text;
using Understudy.Configuration;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Explaining;

/// <summary>A ladder step by step, for somebody who has to tell callers what happens and never saw a breaker.</summary>
internal static class LadderSteps
{
    public static void Write(StringBuilder page, RouteModel route, Policy policy)
    {
        page.Append("**Who answers, in this order:**\n\n");
        var number = 0;
        foreach (var rung in route.Ladder)
        {
            var text = Step(rung, policy);
            page.Append(CultureInfo.InvariantCulture, $"{++number}. {text}\n");
        }

        if (route.Ladder is not [.., NoticeRung]) page.Append(CultureInfo.InvariantCulture, $"{++number}. Nobody: the caller gets an honest error.\n");
        page.Append('\n');
    }

    private static string Step(RungModel rung, Policy policy) => rung switch
    {
        TargetRung targets => Models(targets, policy),
        CacheRung cache => $"The answer that the same question got before, if one is stored and at most {DurationText.Write(cache.MaxStale)} old.{(cache.Note is null ? "" : " The reader is told how old it is.")}",
        HumanRung human => $"A person of {PolicyExplainer.Code(human.Inbox)}: the caller waits up to {DurationText.Write(human.Wait)} for the answer.",
        DeferRung defer => $"Nobody now: the work is kept, and a model does it when one is well again, within {DurationText.Write(defer.Deadline ?? defer.Keep)}. The caller gets a number under which the answer will be.",
        NoticeRung notice => $"Nobody: the caller reads “{PolicyExplainer.Text(notice.Words.Text.Trim())}”",
        _ => rung.GetType().Name,
    };

    private static string Models(TargetRung rung, Policy policy)
    {
        var names = rung.Targets.Select(target => Name(target) + (policy.Kill.Covers(target.Provider.Name, target.ToString()) ? " (killed: never asked)" : "")).ToList();
        var pick = names.Count < 2 ? "" : rung.Pick switch
        {
            PickRule.InOrder => ", the first of them that is well",
            PickRule.Cheapest => ", the cheapest first",
            PickRule.Fastest => ", the fastest first",
            PickRule.Weighted => ", each for its share of the calls",
        };
        var list = names.Count == 0 ? "No model" : string.Join(" or ", names);
        list = char.ToUpperInvariant(list[0]) + list[1..];
        return $"{list}{pick}{(rung.Degraded ? ". The caller is told that it is less than what was asked for" : "")}.";
    }

    private static string Name(TargetModel target) =>
        $"{(target.Model is { } model ? PolicyExplainer.Code(model) : "the model that was asked for")} at {PolicyExplainer.Code(target.Provider.Name)}";
}
