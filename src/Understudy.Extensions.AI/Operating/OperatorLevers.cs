using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Hosting;
using Understudy.Overrides;
using Understudy.Pipeline;
using Understudy.PolicyFile.Reading;

namespace Understudy.Extensions.AI.Operating;

/// <summary>An operator's levers: what they say is in force for the next call, survives a restart where there is a store, and is in the audit.</summary>
public sealed class OperatorLevers
{
    private readonly EngineHost _host;
    private readonly CallGate _gate;

    internal OperatorLevers(EngineHost host, CallGate gate)
    {
        _host = host;
        _gate = gate;
    }

    private Engine Engine => _host.Engine;

    /// <summary>How everything is, at this moment. No content, no secrets.</summary>
    public UnderstudyStatus Status => new(
        _host.Providers(),
        Engine.Overrides.InForce,
        Engine.Pins.InForce,
        _gate.InFlight,
        Engine.Inboxes.Waiting.Count,
        Engine.Deferral.Tally.Count(DeferredState.Waiting),
        _host.Firing.Active.Count,
        _host.Store?.Health.Trouble);

    /// <summary>Sends nothing more there, retries and probes included.</summary>
    /// <param name="what">A provider, a target as <c>provider/model</c>, or <c>all</c>.</param>
    /// <param name="who">Who orders it.</param>
    /// <param name="why">Why.</param>
    /// <param name="until">When it ends by itself; null for never.</param>
    /// <param name="inFlight">Whether calls under way are broken off: they go on elsewhere.</param>
    /// <returns>Whether it survives a restart.</returns>
    /// <exception cref="ArgumentException">No such provider.</exception>
    public Task<bool> KillAsync(string what, string who, string why, DateTimeOffset? until = null, bool inFlight = false)
    {
        var saving = OrderAsync(OverrideKind.Kill, what, who, why, until);
        if (inFlight) Engine.BreakOff(what);
        return KeptAsync(saving);
    }

    /// <summary>Sends nothing more there; what is under way ends by itself.</summary>
    /// <returns>Whether it survives a restart.</returns>
    /// <exception cref="ArgumentException">No such provider.</exception>
    public Task<bool> DrainAsync(string what, string who, string why, DateTimeOffset? until = null) => KeptAsync(OrderAsync(OverrideKind.Drain, what, who, why, until));

    /// <summary>Takes orders back: those on that name, a route's pin, or with <c>all</c> every one.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> ReviveAsync(string what, string who, string why)
    {
        var orders = await Engine.Overrides.ReviveAsync(what, who, why).ConfigureAwait(false);
        var pins = await Engine.Pins.ReviveAsync(what, who, why).ConfigureAwait(false);
        return orders.Ended + pins.Ended;
    }

    /// <summary>Puts one target of a route's ladder on top.</summary>
    /// <param name="route">The route's name.</param>
    /// <param name="target">The target, as the ladder writes it.</param>
    /// <param name="until">When the pin ends: what should stay belongs into the policy.</param>
    /// <param name="who">Who orders it.</param>
    /// <param name="why">Why.</param>
    /// <returns>Whether it survives a restart.</returns>
    /// <exception cref="ArgumentException">No such route, or no such target on its ladder, or a time that is over.</exception>
    public Task<bool> PinAsync(string route, string target, DateTimeOffset until, string who, string why)
    {
        var now = Engine.Time.GetUtcNow();
        if (until <= now) throw new ArgumentException("A pin ends at a time to come.", nameof(until));
        var routes = Engine.Model.Policy.Routes;
        var found = routes.FirstOrDefault(one => Same(one.Name, route)) ?? throw Unknown(route, "is no route of the policy", routes.Select(one => one.Name), nameof(route));
        var targets = found.Ladder.OfType<TargetRung>().SelectMany(rung => rung.Targets).Select(one => one.ToString()).ToList();
        var onLadder = targets.Find(one => Same(one, target)) ?? throw Unknown(target, $"is no target of the ladder of {found.Name}", targets, nameof(target));
        return KeptAsync(Engine.Pins.PinAsync(new() { Route = found.Name, Target = onLadder, At = now, Who = who, Why = why, Until = until }));
    }

    private Task<bool?> OrderAsync(OverrideKind kind, string what, string who, string why, DateTimeOffset? until)
    {
        var now = Engine.Time.GetUtcNow();
        if (until <= now) throw new ArgumentException("An order ends at a time to come.", nameof(until));
        var providers = Engine.Model.Policy.Providers.Select(provider => provider.Name).ToList();
        var provider = what.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? what[..slash] : what;
        if (!Same(what, "all") && !providers.Exists(one => Same(one, provider))) throw Unknown(what, "is no provider and no target of the policy", [.. providers, "all"], nameof(what));
        return Engine.Overrides.OrderAsync(new() { What = what, Kind = kind, At = now, Who = who, Why = why, Until = until });
    }

    private static async Task<bool> KeptAsync(Task<bool?> saving) => await saving.ConfigureAwait(false) ?? false;

    private static ArgumentException Unknown(string wrong, string what, IEnumerable<string> known, string parameter)
    {
        var words = known.ToList();
        return new($"'{WrongWord.Shown(wrong)}' {what}. Known: {string.Join(", ", words)}{WrongWord.DidYouMean(wrong, words)}", parameter);
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}

/// <summary>How everything is.</summary>
/// <param name="Providers">The providers, with their targets and breakers.</param>
/// <param name="Orders">Kills and drains in force.</param>
/// <param name="Pins">Pins in force.</param>
/// <param name="CallsUnderWay">Calls of this program under way.</param>
/// <param name="WaitingForPeople">Questions that wait for a person.</param>
/// <param name="WaitingForLater">Pieces of deferred work that wait.</param>
/// <param name="AlarmsFiring">Alarms that fire or are acknowledged.</param>
/// <param name="StoreTrouble">What is wrong with the store; null where it is well, or where there is none.</param>
public sealed record UnderstudyStatus(
    IReadOnlyList<ProviderHealth> Providers, IReadOnlyList<Override> Orders, IReadOnlyList<Pin> Pins, int CallsUnderWay, int WaitingForPeople, long WaitingForLater, int AlarmsFiring, string? StoreTrouble);
