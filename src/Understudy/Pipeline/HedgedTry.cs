using Understudy.CircuitBreaker;
using Understudy.Failures;
using Understudy.Hedging;

namespace Understudy.Pipeline;

/// <summary>
/// An attempt beside which a second one is made where its first content is late: the first content wins, the other attempt
/// is given up. Only before the commit point, where nobody has seen anything yet.
/// </summary>
/// <param name="engine">The engine.</param>
/// <param name="walk">The ladder.</param>
/// <param name="step">The first attempt's step.</param>
/// <param name="after">When its content is late.</param>
/// <param name="budget">What bounds hedges.</param>
/// <param name="sameTarget">Whether the only target may be asked twice.</param>
internal sealed class HedgedTry(Engine engine, LadderWalk walk, Step step, TimeSpan after, HedgeBudget budget, bool sameTarget)
{
    /// <summary>Makes an attempt, or two.</summary>
    /// <param name="attempt">The first one.</param>
    /// <param name="make">Makes the second one.</param>
    /// <param name="run">Runs one to its end.</param>
    /// <returns>
    /// How the attempt that counts has failed, and which one it is; the walk stands there. Null where the client has its whole
    /// answer from it.
    /// </returns>
    public async ValueTask<(Failure? Failure, Attempt Attempt)> RunAsync(Attempt attempt, Func<Step, Attempt> make, Func<Step, Attempt, ValueTask<Failure?>> run)
    {
        var race = new HedgeRace(attempt);
        attempt.Race = race;
        var first = run(step, attempt).AsTask();
        if (first.IsCompleted || !await race.IsSlowAsync(first, after, engine.Time).ConfigureAwait(false) || Beside() is not { } beside)
        {
            return (await first.ConfigureAwait(false), attempt);
        }

        var second = make(beside);
        second.Race = race;
        if (!race.TryEnter(second))
        {
            walk.StepBack();
            beside.Target.Breaker.Report(beside.Permit, BreakerVerdict.Neutral);
            budget.Return();
            await second.DisposeAsync().ConfigureAwait(false);
            return (await first.ConfigureAwait(false), attempt);
        }

        try
        {
            return await DecideAsync(race, (first, attempt), (run(beside, second).AsTask(), second)).ConfigureAwait(false);
        }
        catch
        {
            // A bug: neither may go on behind the back of a call that has ended.
            attempt.Overtaken();
            second.Overtaken();
            throw;
        }
    }

    /// <summary>Whom to ask beside, if there is anybody and the budget allows it.</summary>
    private Step? Beside()
    {
        if (!budget.TryWithdraw()) return null;
        if (walk.Beside(sameTarget) is { } beside) return beside;
        budget.Return();
        return null;
    }

    private async ValueTask<(Failure? Failure, Attempt Attempt)> DecideAsync(
        HedgeRace race, (Task<Failure?> Ended, Attempt Attempt) first, (Task<Failure?> Ended, Attempt Attempt) second)
    {
        await Task.WhenAny(first.Ended, second.Ended).ConfigureAwait(false);
        if (race.Winner is null)
        {
            // What no other target could change (the client's own mistake, its leaving) ends both.
            var (done, other) = first.Ended.IsCompleted ? (first, second) : (second, first);
            if (await done.Ended.ConfigureAwait(false) is { Traits.TryElsewhere: false }) other.Attempt.Overtaken();
        }

        var failure = await first.Ended.ConfigureAwait(false);
        var failure2 = await second.Ended.ConfigureAwait(false);
        var firstCounts = race.Winner == first.Attempt || (race.Winner is null && failure is { Traits.TryElsewhere: false });
        if (firstCounts) walk.StepBack();
        else if (race.Winner is null) walk.HoldOff(step.Target, failure!);
        await (firstCounts ? second : first).Attempt.DisposeAsync().ConfigureAwait(false);
        return firstCounts ? (failure, first.Attempt) : (failure2, second.Attempt);
    }
}
