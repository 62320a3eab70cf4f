using System.Collections;
using Understudy.Calls;
using Understudy.Drills.Measuring;
using Understudy.Drills.Providers;

namespace Understudy.Drills.Traffic;

/// <summary>One call on its way through one strategy.</summary>
/// <param name="plan">What was planned.</param>
/// <param name="seed">The drill's seed.</param>
public sealed class DrillCall(in PlannedCall plan, ulong seed) : IRostered
{
    /// <summary>Keeps the seeds of sessions apart from those of calls.</summary>
    private const ulong OfSessions = 1UL << 63;

    private readonly ulong _seed = Seeds.Mix(seed, (ulong)plan.Number);

    /// <summary>What was planned.</summary>
    public PlannedCall Plan { get; } = plan;

    /// <inheritdoc/>
    int IRostered.Place { get; set; } = -1;

    /// <summary>How often a provider was asked for it.</summary>
    public int Attempts { get; private set; }

    /// <summary>The last request that was made for it; null before the first.</summary>
    public Exchange? Last { get; set; }

    /// <summary>The next attempt, as a provider sees it.</summary>
    /// <param name="provider">Who is asked.</param>
    /// <param name="model">For which model.</param>
    public Question Ask(string provider, string model) => new()
    {
        Model = model,
        InputTokens = Plan.InputTokens,
        OutputTokens = Plan.OutputTokens,
        Stream = Plan.Stream,
        Seed = Seeds.Mix(Seeds.Mix(_seed, provider), (ulong)++Attempts),
        SessionSeed = Seeds.Mix(seed, OfSessions + (ulong)Plan.Session),
    };
}

/// <summary>The headers of a drilled call's request: commonly none. They tell the modelled transport whose call it carries, as a header would, without one on the wire.</summary>
/// <param name="call">The call.</param>
/// <param name="fields">Its true headers.</param>
internal sealed class CallMark(DrillCall call, params HeaderField[] fields) : IReadOnlyList<HeaderField>
{
    public DrillCall Call { get; } = call;

    public int Count => fields.Length;

    public HeaderField this[int index] => fields[index];

    public IEnumerator<HeaderField> GetEnumerator() => fields.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
