using System.Globalization;
using System.Text;
using Understudy.Configuration;
using Understudy.Spending;

namespace Understudy.PolicyFile.Explaining;

/// <summary>The chapter on money: what may be spent, what follows when it is, and what the named targets cost.</summary>
internal static class SpendingChapter
{
    public static void Write(StringBuilder page, Policy policy)
    {
        page.Append("\n## What it may cost\n\n");
        if (!Budgets.Any(policy)) page.Append("No budget is set: spending is counted, and nothing is refused for it.\n");
        else Caps(page, policy);
        Prices(page, policy);
        page.Append(policy.Quotas.LeaveBelow > 0
            ? string.Create(CultureInfo.InvariantCulture, $"\nWhere a provider tells of its rate limits, a target with less than {policy.Quotas.LeaveBelow * 100:0.##} % left of one of them is left for another, while there is one with more.\n")
            : "\nTargets are used until their providers say 429.\n");
    }

    private static void Caps(StringBuilder page, Policy policy)
    {
        page.Append("| whose | at most | once it is spent |\n| --- | --- | --- |\n");
        foreach (var (kind, name, budget) in SetBudgets.Of(policy))
        {
            var then = kind == AccountKind.Provider ? "its targets are passed over" : "only what is free is called; else an error that says when the window turns";
            page.Append(CultureInfo.InvariantCulture, $"| {kind.Word()} {PolicyExplainer.Code(name)} | {PolicyExplainer.Text(budget.ToString())} | {then} |\n");
        }
        page.Append("\nWindows are those of the calendar, in UTC. An attempt reserves what it will probably cost before it is sent, and is charged what it cost; one that was given up stays charged, for its provider may bill it.\n");
    }

    private static void Prices(StringBuilder page, Policy policy)
    {
        var targets = Budgets.Targets(policy).DistinctBy(target => target.ToString()).ToList();
        if (targets.Count == 0) return;
        page.Append("\n| target | question | answer |\n| --- | --- | --- |\n");
        foreach (var target in targets)
        {
            var price = policy.Prices.Find(target.Provider, target.Model!);
            page.Append(CultureInfo.InvariantCulture, $"| {PolicyExplainer.Code(target.ToString())} | {(price is null ? "unknown: counted by no budget" : Rate(price, price.Base.Input))} | {(price is null ? "" : Rate(price, price.Base.Output))} |\n");
        }
        page.Append("\nUS dollars for a million tokens. Caches, long questions, hours and announced prices are counted where they are known.\n");
    }

    private static string Rate(PriceModel price, Usd rate) => price.Rules.Count == 0 ? rate.ToString() : $"{rate} and other prices under conditions";
}
