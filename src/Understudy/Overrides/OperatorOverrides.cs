using System.Globalization;
using Understudy.Configuration;
using Understudy.Observation;

namespace Understudy.Overrides;

/// <summary>
/// The operator's orders in force: kills and drains. A call asks <see cref="Covers"/> before each attempt, which costs a
/// read and a comparison while nothing is ordered. Thread-safe.
/// </summary>
/// <param name="time">The time.</param>
/// <param name="journal">Hears of every order.</param>
public sealed class OperatorOverrides(TimeProvider time, Journal journal) : IDisposable
{
    /// <summary>Timers take no longer one; the clock may be set meanwhile, too.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private Override[] _inForce = [];
    private KillSwitch _switch = KillSwitch.None;
    private IOverrideStore? _store;
    private ITimer? _ends;

    /// <summary>The orders in force, in the order in which they were given.</summary>
    public IReadOnlyList<Override> InForce => Volatile.Read(ref _inForce);

    /// <summary>Whether nothing may be sent to the target.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="target"><c>provider/model</c>.</param>
    public bool Covers(string provider, string target) => Volatile.Read(ref _switch).Covers(provider, target);

    /// <summary>The order that keeps calls from a target; null where there is none.</summary>
    public Override? Of(string provider, string target) =>
        InForce.FirstOrDefault(order => new KillSwitch([order.What]).Covers(provider, target));

    /// <summary>From here on orders are kept in <paramref name="store"/>; those it held come in force again.</summary>
    /// <param name="store">The store.</param>
    /// <param name="kept">What it held; what has ended meanwhile is left out.</param>
    public void Attach(IOverrideStore store, IReadOnlyList<Override> kept)
    {
        lock (_lock)
        {
            _store = store;
            Replace_NeedsLock([.. kept.Where(order => order.Until is not { } until || until > time.GetUtcNow()), .. _inForce]);
        }

        foreach (var order in InForce) journal.Tell(new(time.GetUtcNow(), Word(order.Kind), order.What, $"{order.What} is still {Participle(order.Kind)}: ordered by {order.Who}, {At(order.At)}{Ends(order.Until)}: {order.Why}"));
    }

    /// <summary>Gives an order, in place of an earlier one on the same name. In force when this returns.</summary>
    /// <returns>Whether it is kept over a restart; null where there is no store.</returns>
    public Task<bool?> OrderAsync(Override order)
    {
        var action = new OverrideAction(order.At, order.Who, Word(order.Kind), order.What, order.Why, order.Until);
        lock (_lock) Replace_NeedsLock([.. _inForce.Where(other => !Same(other.What, order.What)), order]);
        journal.Tell(new(order.At, action.Action, order.What, $"{order.What} was {Participle(order.Kind)} by {order.Who}{Ends(order.Until)}: {order.Why}"));
        return SaveAsync(action);
    }

    /// <summary>Writes an act of an operator's into the audit that orders nothing.</summary>
    /// <returns>Whether it is kept; null where there is no store.</returns>
    public Task<bool?> NoteAsync(OverrideAction action) => SaveAsync(action);

    /// <summary>Takes orders back: the one on this name, or with <c>all</c> every one.</summary>
    /// <returns>How many there were, and whether that is kept over a restart.</returns>
    public async Task<(int Ended, bool? Kept)> ReviveAsync(string what, string who, string why)
    {
        int ended;
        lock (_lock)
        {
            var left = Same(what, "all") ? [] : _inForce.Where(order => !Same(order.What, what)).ToArray();
            ended = _inForce.Length - left.Length;
            if (ended > 0) Replace_NeedsLock(left);
        }

        if (ended == 0) return (0, null);
        var action = new OverrideAction(time.GetUtcNow(), who, "revive", what, why);
        journal.Tell(new(action.At, "revive", what, $"{what} was revived by {who}: {why}"));
        return (ended, await SaveAsync(action).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock) _ends?.Dispose();
    }

    private void End()
    {
        Override[] ended;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            ended = [.. _inForce.Where(order => order.Until <= now)];
            Replace_NeedsLock([.. _inForce.Except(ended)]);
        }

        foreach (var order in ended)
        {
            journal.Tell(new(time.GetUtcNow(), "revive", order.What, $"{order.What} is called again: the time of its {Word(order.Kind)} by {order.Who} is up"));
            _ = SaveAsync(new(time.GetUtcNow(), "the clock", "ended", order.What, order.Why));
        }
    }

    private async Task<bool?> SaveAsync(OverrideAction action) =>
        _store is { } store ? await store.SaveAsync(InForce, action).ConfigureAwait(false) : null;

    private void Replace_NeedsLock(Override[] inForce)
    {
        Volatile.Write(ref _inForce, inForce);
        Volatile.Write(ref _switch, inForce.Length == 0 ? KillSwitch.None : new(inForce.Select(order => order.What)));
        _ends?.Dispose();
        _ends = null;
        if (inForce.Min(order => order.Until) is not { } first) return;
        var wait = first - time.GetUtcNow();
        wait = wait < TimeSpan.Zero ? TimeSpan.Zero : wait > LongestSleep ? LongestSleep : wait;
        _ends = time.CreateTimer(_ => End(), null, TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private static string Word(OverrideKind kind) => kind switch { OverrideKind.Kill => "kill", OverrideKind.Drain => "drain" };

    private static string Participle(OverrideKind kind) => kind switch { OverrideKind.Kill => "killed", OverrideKind.Drain => "drained" };

    private static string Ends(DateTimeOffset? until) => until is { } end ? $", until {At(end)}" : "";

    private static string At(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
