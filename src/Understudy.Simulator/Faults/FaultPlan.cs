namespace Understudy.Simulator.Faults;

/// <summary>
/// What goes wrong, and how often: the same plan that <c>PUT /_sim/faults</c> sets. A call takes the first entry whose draw
/// hits; a change counts for the calls that come after it. Safe to use from any thread.
/// </summary>
public sealed class FaultPlan
{
    private readonly SimulatorChance _chance;
    private Entry[] _entries = [];

    internal FaultPlan(ulong seed) => _chance = new SimulatorChance(seed ^ 0xFA17);

    /// <summary>The kinds of fault there are.</summary>
    public static IReadOnlyCollection<string> Kinds => FaultCatalog.Names;

    /// <summary>The plan, in the order in which it is tried.</summary>
    public IReadOnlyList<FaultSpec> Current => [.. Volatile.Read(ref _entries).Select(entry => entry.Spec)];

    /// <summary>Replaces the plan.</summary>
    /// <param name="faults">The faults; none clears it.</param>
    /// <exception cref="ArgumentException">A kind there is not, or a number out of its range. The message names the nearest kind.</exception>
    public void Set(params IEnumerable<FaultSpec> faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        FaultSpec[] specs = [.. faults];
        foreach (var spec in specs)
        {
            if (FaultReader.Mistake(spec) is { } mistake) throw new ArgumentException(mistake, nameof(faults));
        }

        Volatile.Write(ref _entries, [.. specs.Select(spec => new Entry(spec))]);
    }

    /// <summary>Replaces the plan by one fault that hits every call.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="after">Pieces of content before it strikes, where it strikes in the middle.</param>
    public void Set(string kind, int after = 0) => Set(new FaultSpec { Kind = kind, After = after });

    /// <summary>Nothing goes wrong any more.</summary>
    public void Clear() => Volatile.Write(ref _entries, []);

    internal (string Kind, Fault Fault)? Draw(string model)
    {
        foreach (var entry in Volatile.Read(ref _entries))
        {
            if (!IsFor(entry.Spec, model)) continue;
            if (entry.Spec.Share < 1 && _chance.NextDouble() >= entry.Spec.Share) continue;
            if (entry.Take()) return (entry.Spec.Kind, entry.Fault);
        }

        return null;
    }

    internal static bool IsFor(FaultSpec spec, string model) => spec.Models is not { } models || models.Any(pattern =>
        pattern.EndsWith('*') ? model.StartsWith(pattern[..^1], StringComparison.Ordinal) : model == pattern);

    private sealed class Entry(FaultSpec spec)
    {
        private int _left = spec.Times ?? int.MaxValue;

        public FaultSpec Spec { get; } = spec;

        public Fault Fault { get; } = FaultCatalog.Create(spec);

        public bool Take() => Spec.Times is null || Interlocked.Decrement(ref _left) >= 0;
    }
}
