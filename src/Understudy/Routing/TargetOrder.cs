using Understudy.Configuration;

namespace Understudy.Routing;

/// <summary>In which order the targets of a rung are tried.</summary>
public static class TargetOrder
{
    /// <summary>Orders the targets of <paramref name="rung"/>.</summary>
    /// <param name="rung">The rung.</param>
    /// <param name="price">What a target would cost for this call; null where no price is known (it comes last).</param>
    /// <param name="chance">The source of chance.</param>
    public static IReadOnlyList<Target> Of(Rung rung, Func<Target, decimal?> price, Chance chance)
    {
        if (rung.Targets.Count < 2) return rung.Targets;
        var model = (TargetRung)rung.Model;
        return model.Pick switch
        {
            PickRule.InOrder => rung.Targets,
            PickRule.Cheapest => [.. rung.Targets.OrderBy(target => price(target) ?? decimal.MaxValue)],
            // A target that was never tried counts as fastest: else it never would be.
            PickRule.Fastest => [.. rung.Targets.OrderBy(target => target.FirstContent)],
            // Efraimidis and Spirakis 2006: the largest u^(1/w) first is weighted sampling without replacement.
            PickRule.Weighted => [.. rung.Targets
                .Select((target, i) => (target, key: Math.Pow(chance.NextDouble(), 1 / model.Targets[i].Weight)))
                .OrderByDescending(pair => pair.key)
                .Select(pair => pair.target)],
        };
    }
}
