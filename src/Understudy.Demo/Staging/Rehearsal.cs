using Understudy.Demo.Traffic;
using Understudy.Simulator.Faults;

namespace Understudy.Demo.Staging;

/// <summary>
/// A short run on a stage of its own, with nothing counted: the runtime compiles every path once, and the machine shows
/// how fast it is. Clocks that a slow machine breaks when all is well would tell of the machine, not of the outage.
/// </summary>
internal static class Rehearsal
{
    private const int MeasuredCalls = 15;
    private const int Margin = 5;

    /// <summary>Rehearses.</summary>
    /// <returns>The slowest first word when all was well, and the clock that leaves it room.</returns>
    public static async Task<(TimeSpan SlowestFirstWord, TimeSpan Patience)> RunAsync(Pace pace, TimeProvider time, CancellationToken cancellationToken)
    {
        var plan = new StagePlan { Pace = pace, Patience = TimeSpan.FromSeconds(15), Listen = "127.0.0.1:0", Time = time };
        await using var stage = await Stage.RaiseAsync(plan, cancellationToken);
        using var anthropic = new AnthropicAsker(stage.Gateway.BaseUrl);
        IAsker[] askers = [anthropic, new OpenAIAsker(stage.Gateway.BaseUrl)];
        var prompts = new Prompts();

        // 1. Every way that an answer can take: passed through, translated, moved to another, continued by another.
        foreach (var fault in (FaultSpec?[])[null, new() { Kind = "status", Code = 529 }, new() { Kind = "cut", After = 5 }])
        {
            stage.Claude.Faults.Set(fault is null ? [] : [fault]);
            foreach (var asker in askers) await asker.AskAsync(new(prompts.Next(), time), cancellationToken);
        }

        // 2. All is well, at the rate of the show.
        stage.Claude.Faults.Clear();
        foreach (var state in stage.Gateway.Engine.Targets.All) state.Breaker.Reset();
        var tally = new Tally("rehearsal", new(TimeSpan.FromSeconds(1), time), Providers.Seed);
        var loop = new OpenLoop(askers, pace.GatewayRate + (2 * pace.UnprotectedRate), prompts, tally, time);
        await loop.BeginCallsAsync(TimeSpan.FromSeconds(MeasuredCalls / (pace.GatewayRate + (2 * pace.UnprotectedRate))), cancellationToken, cancellationToken);
        await loop.WaitForCallsAsync();
        var slowest = tally.Score.SlowestFirstWord;
        var wanted = slowest * Margin;
        return (slowest, wanted > pace.LeastPatience ? wanted : pace.LeastPatience);
    }
}
