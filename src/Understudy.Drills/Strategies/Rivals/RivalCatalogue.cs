namespace Understudy.Drills.Strategies.Rivals;

/// <summary>The rivals by name, from the simplest to the best.</summary>
public static class RivalCatalogue
{
    private static readonly (string Name, Func<DrillWorld, Rival> Make)[] _all =
    [
        ("naive", world => new Naive(world)),
        ("try-except", world => new TryExcept(world)),
        ("retry-5x1s", world => new RetryFiveTimes(world)),
        ("exponential", world => new ExponentialRetry(world)),
        ("sdk-defaults", world => new SdkDefaults(world)),
        ("breaker-5-60", world => new FiveFailureBreaker(world)),
        ("sequential-fallback", world => new SequentialFallback(world)),
        ("gateway-cooldown", world => new CooldownGateway(world)),
    ];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. _all.Select(rival => rival.Name)];

    /// <summary>A rival in a world.</summary>
    /// <exception cref="ArgumentException">No rival has that name.</exception>
    public static Rival Make(string name, DrillWorld world)
    {
        foreach (var (known, make) in _all)
        {
            if (known == name) return make(world);
        }

        throw new ArgumentException($"there is no rival '{name}'", nameof(name));
    }
}
