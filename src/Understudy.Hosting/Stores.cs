using Understudy.Configuration;
using Understudy.Observation;
using Understudy.Overrides;
using Understudy.Pipeline;
using Understudy.Storage;
using Understudy.Storage.Sqlite;

namespace Understudy.Hosting;

/// <summary>Opens the store of a policy and gives the engine back what an earlier process left in it.</summary>
internal static class Stores
{
    /// <summary>The store; null where the policy names none that this version serves.</summary>
    /// <exception cref="StoreException">It cannot be used.</exception>
    public static SqliteStore? Open(Policy policy, Engine engine)
    {
        if (policy.Store is not { Kind: StoreKind.Sqlite, Location: var path }) return null;
        var store = SqliteStore.Open(path, new()
        {
            Time = engine.Time,
            HealthChanged = health => Tell(engine, path, health),
            CacheKey = policy.Cache.Key,
            CacheBytes = policy.Cache.MaxBytes,
            CacheOldest = Engine.LongestKept(policy),
        });
        engine.Journal.Recall(store.Actions.Select(Happening));
        engine.Overrides.Attach(store, store.Overrides);
        engine.Pins.Attach(store, store.Pins);
        engine.SpendKeeper.Attach(store, store.Spent);
        engine.Cache.Attach(store, store.CachedAnswers);
        engine.Deferral.Attach(store.Deferral);
        engine.Captures.Attach(store.Captures);
        engine.Chaos.Attach(store, store.Experiments);
        if (store.UnreadableAnswers > 0)
        {
            engine.Journal.Tell(new(engine.Time.GetUtcNow(), "store", path, $"{store.UnreadableAnswers} cached answers in {path} are sealed under another cache key, or under none: they were dropped"));
        }

        return store;
    }

    private static void Tell(Engine engine, string path, StoreHealth health) => engine.Journal.Tell(new(health.Since, "store", path, health.Trouble is { } trouble
        ? $"the store {path} takes nothing in: {trouble}. Calls go on; orders and cached answers are in memory only until it is well, and nothing is accepted for later"
        : $"the store {path} is well again"));

    private static Happening Happening(OverrideAction action) => new(action.At, action.Action is "ended" ? "revive" : action.Action is "answer" or "hand-back" or "drop" ? "inbox" : action.Action, action.What, $"{action.What}: {action.Action} by {action.Who}: {action.Why} (before the last start)");
}
