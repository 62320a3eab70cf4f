using Understudy.Configuration;

namespace Understudy.Routing;

/// <summary>In which order the targets of a rung are tried.</summary>
public static class TargetOrder
{
    /// <summary>
    /// The share of calls under <see cref="PickRule.Fastest"/> that go first to another target than the fastest: what
    /// was slow once is measured again, and nothing is shunned for ever.
    /// </summary>
    public const double Exploration = 0.05;

    /// <summary>Orders the targets of <paramref name="rung"/>. Equals keep the operator's order.</summary>
    /// <param name="rung">The rung.</param>
    /// <param name="price">What a target would cost for this call; null where no price is known: it comes last, for it may cost anything.</param>
    /// <param name="chance">The source of chance.</param>
    public static IReadOnlyList<Target> Of(Rung rung, Func<Target, Usd?> price, Chance chance)
    {
        if (rung.Targets.Count < 2) return rung.Targets;
        var model = (TargetRung)rung.Model;
        return model.Pick switch
        {
            PickRule.InOrder => rung.Targets,
            PickRule.Cheapest => [.. rung.Targets.Select(target => (target, price: price(target))).OrderBy(pair => pair.price is null).ThenBy(pair => pair.price).Select(pair => pair.target)],
            // A target that was never tried counts as fastest: else it never would be.
            PickRule.Fastest => Explored([.. rung.Targets.OrderBy(target => target.FirstContent)], chance),
            // Efraimidis and Spirakis 2006: the largest u^(1/w) first is weighted sampling without replacement.
            PickRule.Weighted => [.. rung.Targets
                .Select((target, i) => (target, key: Math.Pow(chance.NextDouble(), 1 / model.Targets[i].Weight)))
                .OrderByDescending(pair => pair.key)
                .Select(pair => pair.target)],
        };
    }

    /// <summary>Puts one of the slower ones first, in a small share of calls.</summary>
    private static List<Target> Explored(List<Target> fastestFirst, Chance chance)
    {
        if (chance.NextDouble() >= Exploration) return fastestFirst;
        var explored = fastestFirst[1 + chance.Next(fastestFirst.Count - 1)];
        fastestFirst.Remove(explored);
        fastestFirst.Insert(0, explored);
        return fastestFirst;
    }
}
