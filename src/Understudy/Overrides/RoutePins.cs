using System.Globalization;
using Understudy.Observation;

namespace Understudy.Overrides;

/// <summary>The operator's pins in force. A call asks <see cref="Of"/> once, which costs a read while nothing is pinned. Thread-safe.</summary>
/// <param name="time">The time.</param>
/// <param name="journal">Hears of every pin.</param>
public sealed class RoutePins(TimeProvider time, Journal journal) : IDisposable
{
    /// <summary>Timers take no longer one; the clock may be set meanwhile, too.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private Pin[] _inForce = [];
    private IPinStore? _store;
    private ITimer? _ends;

    /// <summary>The pins in force, in the order in which they were ordered.</summary>
    public IReadOnlyList<Pin> InForce => Volatile.Read(ref _inForce);

    /// <summary>The pin of a route; null where there is none.</summary>
    public Pin? Of(string route)
    {
        foreach (var pin in Volatile.Read(ref _inForce))
        {
            if (Same(pin.Route, route)) return pin;
        }

        return null;
    }

    /// <summary>From here on pins are kept in <paramref name="store"/>; those it held come in force again.</summary>
    /// <param name="store">The store.</param>
    /// <param name="kept">What it held; what has ended meanwhile is left out.</param>
    public void Attach(IPinStore store, IReadOnlyList<Pin> kept)
    {
        lock (_lock)
        {
            _store = store;
            Replace_NeedsLock([.. kept.Where(pin => pin.Until > time.GetUtcNow()), .. _inForce]);
        }

        foreach (var pin in InForce) Tell("pin", pin.Route, $"route {pin.Route} is still pinned to {pin.Target}: ordered by {pin.Who}, until {At(pin.Until)}: {pin.Why}");
    }

    /// <summary>Pins a route, in place of an earlier pin. In force for the next call when this returns.</summary>
    /// <returns>Whether it is kept over a restart; null where there is no store.</returns>
    public Task<bool?> PinAsync(Pin pin)
    {
        lock (_lock) Replace_NeedsLock([.. _inForce.Where(other => !Same(other.Route, pin.Route)), pin]);
        Tell("pin", pin.Route, $"route {pin.Route} was pinned to {pin.Target} by {pin.Who}, until {At(pin.Until)}: {pin.Why}");
        return SaveAsync(new(pin.At, pin.Who, "pin", $"route {pin.Route} to {pin.Target}", pin.Why, pin.Until));
    }

    /// <summary>Takes a pin back, or with <c>all</c> every one.</summary>
    /// <returns>How many there were, and whether that is kept over a restart.</returns>
    public async Task<(int Ended, bool? Kept)> ReviveAsync(string route, string who, string why)
    {
        int ended;
        lock (_lock)
        {
            var left = Same(route, "all") ? [] : _inForce.Where(pin => !Same(pin.Route, route)).ToArray();
            ended = _inForce.Length - left.Length;
            if (ended > 0) Replace_NeedsLock(left);
        }

        if (ended == 0) return (0, null);
        var what = Same(route, "all") ? "every pinned route" : $"route {route}";
        var action = new OverrideAction(time.GetUtcNow(), who, "revive", what, why);
        Tell("revive", route, $"{what} goes its own way again, by {who}: {why}");
        return (ended, await SaveAsync(action).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock) _ends?.Dispose();
    }

    private void End()
    {
        Pin[] ended;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            ended = [.. _inForce.Where(pin => pin.Until <= now)];
            Replace_NeedsLock([.. _inForce.Except(ended)]);
        }

        foreach (var pin in ended)
        {
            Tell("revive", pin.Route, $"route {pin.Route} goes its own way again: the time of its pin to {pin.Target} by {pin.Who} is up");
            _ = SaveAsync(new(time.GetUtcNow(), "the clock", "ended", $"route {pin.Route} to {pin.Target}", pin.Why));
        }
    }

    private async Task<bool?> SaveAsync(OverrideAction action) =>
        _store is { } store ? await store.SavePinsAsync(InForce, action).ConfigureAwait(false) : null;

    private void Replace_NeedsLock(Pin[] inForce)
    {
        Volatile.Write(ref _inForce, inForce);
        _ends?.Dispose();
        _ends = null;
        if (inForce.Length == 0) return;
        var wait = inForce.Min(pin => pin.Until) - time.GetUtcNow();
        wait = wait < TimeSpan.Zero ? TimeSpan.Zero : wait > LongestSleep ? LongestSleep : wait;
        _ends = time.CreateTimer(_ => End(), null, TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    private void Tell(string kind, string route, string text) => journal.Tell(new(time.GetUtcNow(), kind, route, text));

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private static string At(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
