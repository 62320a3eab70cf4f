using Understudy.Configuration;
using Understudy.Overrides;
using Understudy.Routing;

namespace Understudy.Pipeline;

/// <summary>
/// A route while an operator has pinned it: the same ladder with one of its targets on top. Only the order changes: breakers,
/// kills and budgets hold, and whoever stands below serves where the pinned target cannot.
/// </summary>
internal static class PinnedRoute
{
    /// <summary>The route as its calls go now.</summary>
    public static Route Of(RoutePins pins, Route route) => pins.Of(route.Model.Name) is { } pin ? Reordered(route, pin.Target) : route;

    /// <summary>Whether a ladder has that target, as it writes it.</summary>
    public static bool IsOn(RouteModel route, string target) => route.Ladder.OfType<TargetRung>().SelectMany(rung => rung.Targets).Any(one => Is(one, target));

    private static Route Reordered(Route route, string target)
    {
        foreach (var rung in route.Rungs)
        {
            if (rung.Model is not TargetRung targets) continue;
            for (var i = 0; i < rung.Targets.Count; i++)
            {
                if (Is(targets.Targets[i], target)) return route with { Rungs = OnTop(route, rung, targets, i) };
            }
        }

        return route; // a reload took it off the ladder: the pin has nothing to hold on to
    }

    private static List<Rung> OnTop(Route route, Rung rung, TargetRung targets, int at)
    {
        var top = new Rung(targets with { Targets = [targets.Targets[at]], Pick = PickRule.InOrder }, [rung.Targets[at]]) { Number = rung.Number };
        var rest = rung with
        {
            Model = targets with { Targets = [.. targets.Targets.Where((_, i) => i != at)] },
            Targets = [.. rung.Targets.Where((_, i) => i != at)],
        };
        return [top, .. route.Rungs.Select(other => ReferenceEquals(other, rung) ? rest : other)];
    }

    private static bool Is(TargetModel target, string written) => string.Equals(target.ToString(), written, StringComparison.OrdinalIgnoreCase);
}
