using System.Collections.Concurrent;
using Understudy.Configuration;

namespace Understudy.Routing;

/// <summary>The routes of one policy, ready to be asked. Immutable but for a bounded memory of model names seen.</summary>
/// <param name="routes">The routes, first match first.</param>
/// <param name="targetOf">Gives the live target of a provider and a model.</param>
public sealed class RouteTable(IReadOnlyList<RouteModel> routes, Func<ProviderModel, string, Target> targetOf)
{
    /// <summary>Clients choose model names; what is remembered of them is bounded.</summary>
    private const int MaxRemembered = 1024;

    private readonly ConcurrentDictionary<string, Route?> _byModel = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Route, string Model), Route> _byName = new();

    /// <summary>The route for <paramref name="model"/>; null where none matches.</summary>
    public Route? Find(string model) => _byModel.TryGetValue(model, out var known) ? known : FirstFind(model);

    /// <summary>The route of that name, for <paramref name="model"/>; null where there is none. For callers that choose by <c>x-understudy-route</c>.</summary>
    public Route? FindByName(string name, string model) => _byName.TryGetValue((name, model), out var known) ? known : FirstFindByName(name, model);

    // Apart, because a method whose lambda captures makes the capture at every call, hit or not.
    private Route? FirstFind(string model)
    {
        var match = routes.FirstOrDefault(route => route.Match.Any(pattern => ModelPattern.Matches(pattern, model)));
        var route = match is null ? null : Resolve(match, model);
        if (_byModel.Count < MaxRemembered) _byModel.TryAdd(model, route);
        return route;
    }

    private Route? FirstFindByName(string name, string model)
    {
        var match = routes.FirstOrDefault(route => string.Equals(route.Name, name, StringComparison.OrdinalIgnoreCase));
        if (match is null) return null;
        var route = Resolve(match, model);
        if (_byName.Count < MaxRemembered) _byName.TryAdd((name, model), route);
        return route;
    }

    private Route Resolve(RouteModel route, string model) => new(route, [.. route.Ladder.Select((rung, number) => new Rung(rung, rung is TargetRung targets
        ? [.. targets.Targets.Select(target => targetOf(target.Provider, target.Model ?? model))]
        : []) { Number = number })]);
}

/// <summary>A route, resolved for one model.</summary>
/// <param name="Model">What the operator wrote.</param>
/// <param name="Rungs">Its ladder.</param>
public sealed record Route(RouteModel Model, IReadOnlyList<Rung> Rungs)
{
    /// <summary>Whether there is but one target on the whole ladder: nobody can stand in for it.</summary>
    public bool HasOneTarget { get; } = Rungs.Sum(rung => rung.Targets.Count) == 1;

    /// <summary>Its cache rung; null where it has none.</summary>
    public CacheRung? Cache { get; } = Rungs.Select(rung => rung.Model).OfType<CacheRung>().FirstOrDefault();

    /// <summary>Its defer rung; null where it has none.</summary>
    public DeferRung? Defer { get; } = Rungs.Select(rung => rung.Model).OfType<DeferRung>().FirstOrDefault();
    /// <summary>How long its calls may wait for people, on all its rungs together; none where it asks nobody.</summary>
    public TimeSpan HumanWait { get; } = Rungs.Select(rung => rung.Model).OfType<HumanRung>().Aggregate(TimeSpan.Zero, (sum, rung) => sum + rung.Wait);

    /// <summary>The notice at its end; null where it has none.</summary>
    public NoticeRung? Notice { get; } = Rungs is [.., { Model: NoticeRung notice }] ? notice : null;
}

/// <summary>A rung, resolved for one model.</summary>
/// <param name="Model">What the operator wrote.</param>
/// <param name="Targets">Its targets; none for a rung without a model.</param>
public sealed record Rung(RungModel Model, IReadOnlyList<Target> Targets)
{
    /// <summary>Its place in the ladder that the operator wrote, from 0: an order may have moved it.</summary>
    public int Number { get; init; }
}
