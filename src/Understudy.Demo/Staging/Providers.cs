using Understudy.Simulator;

namespace Understudy.Demo.Staging;

/// <summary>Makes the simulated providers.</summary>
internal static class Providers
{
    /// <summary>The seed of them all: one question has one answer, whoever gives it, so that a cut one can be gone on with by another.</summary>
    public const ulong Seed = 20260602;

    /// <summary>A simulated Claude.</summary>
    /// <param name="plan">The stage; with its script.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<SimulatedProvider> ClaudeAsync(StagePlan plan, CancellationToken cancellationToken) =>
        SimulatedProvider.StartAsync(Options(plan, SimulatedProtocol.Anthropic, plan.Script), cancellationToken);

    /// <summary>A simulated OpenAI; every other provider here speaks its protocol too.</summary>
    /// <param name="plan">The stage.</param>
    /// <param name="anyModel">Whether it takes any model's name, as Ollama does, and Gemini's OpenAI-compatible surface for Gemini's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<SimulatedProvider> OpenAIAsync(StagePlan plan, bool anyModel, CancellationToken cancellationToken)
    {
        var options = Options(plan, SimulatedProtocol.OpenAI, script: null);
        options.AnyModel = anyModel;
        return SimulatedProvider.StartAsync(options, cancellationToken);
    }

    private static SimulatorOptions Options(StagePlan plan, SimulatedProtocol protocol, Simulator.Scenarios.ScenarioScript? script) => new()
    {
        Protocol = protocol,
        Seed = Seed,
        FirstTokenDelay = plan.Pace.FirstWord,
        TokenInterval = plan.Pace.BetweenWords,
        Time = plan.Time,
        Script = script,
        SpeedFactor = plan.Pace.SpeedFactor,
    };
}
