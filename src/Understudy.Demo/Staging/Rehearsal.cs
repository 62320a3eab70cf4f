using Understudy.Demo.Traffic;
using Understudy.Simulator.Faults;

namespace Understudy.Demo.Staging;

/// <summary>
/// A short run on a stage of its own, with nothing counted: the runtime compiles every path once, and the machine shows
/// how fast it is.
/// </summary>
internal static class Rehearsal
{
    private const int MeasuredCalls = 15;
    private static readonly TimeSpan RehearsalPatience = TimeSpan.FromSeconds(15);

    /// <summary>Rehearses.</summary>
    /// <returns>The slowest first word when all was well.</returns>
    public static async Task<TimeSpan> RunAsync(Pace pace, TimeProvider time, CancellationToken cancellationToken)
    {
        var plan = new StagePlan { Pace = pace with { Patience = RehearsalPatience }, Listen = "127.0.0.1:0", Time = time };
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
        var rate = pace.GatewayRate + (2 * pace.UnprotectedRate);
        var loop = new OpenLoop(askers, rate, prompts, tally, time);
        await loop.BeginCallsAsync(TimeSpan.FromSeconds(MeasuredCalls / rate), cancellationToken, cancellationToken);
        await loop.WaitForCallsAsync();
        return tally.Score.SlowestFirstWord;
    }
}
