using Understudy.Drills.Traffic;

namespace Understudy.Drills.Strategies.Rivals;

/// <summary>
/// The article's circuit breaker: five failures in a row open it, calls fail at once for sixty seconds, then the next
/// ones are let through until one of them fails. Its calls have the article's limit of thirty seconds; nobody stands in.
/// </summary>
public sealed class FiveFailureBreaker(DrillWorld world) : Rival(world)
{
    private const int Threshold = 5;

    private static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(60);

    private readonly Dictionary<Candidate, Circuit> _circuits = [];

    /// <inheritdoc/>
    public override string Name => "breaker-5-60";

    /// <inheritdoc/>
    public override string Words => "breaker: five failures in a row, sixty seconds; timeout 30 s; nobody stands in";

    /// <inheritdoc/>
    protected override async ValueTask<Reply> AnswerAsync(DrillCall call, IReadOnlyList<Candidate> candidates)
    {
        var primary = candidates[0];
        if (!_circuits.TryGetValue(primary, out var circuit)) _circuits.Add(primary, circuit = new());
        if (circuit.Open)
        {
            if (Now - circuit.LastFailure < OpenFor) return Reply.NotTried;
            circuit.Open = false;
            Tell(primary, 1);
        }

        var reply = await AskAsync(call, primary, ArticleTimeout).ConfigureAwait(false);
        if (reply.Ok)
        {
            if (circuit.Failures >= Threshold) Tell(primary, 0); // also one that was still on its way when it opened
            circuit.Failures = 0;
            circuit.Open = false;
            return reply;
        }

        circuit.Failures++;
        circuit.LastFailure = Now;
        if (circuit.Failures >= Threshold && !circuit.Open)
        {
            circuit.Open = true;
            Tell(primary, 2);
        }

        return reply;
    }

    private sealed class Circuit
    {
        public int Failures { get; set; }

        public bool Open { get; set; }

        public TimeSpan LastFailure { get; set; }
    }
}
