using Understudy.Demo.Traffic;
using Understudy.Simulator;

namespace Understudy.Demo.Staging;

/// <summary>A client without a gateway, and a simulated Claude of its own, so that what it costs is counted apart. Same script, same seed.</summary>
internal sealed class Unprotected : IAsyncDisposable
{
    private readonly AnthropicAsker _sdk;

    private Unprotected(SimulatedProvider claude, AnthropicAsker sdk, IAsker asker, Tally tally)
    {
        _sdk = sdk;
        Claude = claude;
        Asker = asker;
        Tally = tally;
    }

    /// <summary>Its Claude.</summary>
    public SimulatedProvider Claude { get; }

    /// <summary>The client.</summary>
    public IAsker Asker { get; }

    /// <summary>What it lives through.</summary>
    public Tally Tally { get; }

    /// <summary>The client that calls and hopes.</summary>
    public static Task<Unprotected> NaiveAsync(StagePlan plan, TimeLine line, CancellationToken cancellationToken) =>
        StartAsync("Naive client", plan, line, sdk => sdk, cancellationToken);

    /// <summary>The client that tries again.</summary>
    public static Task<Unprotected> RetryingAsync(StagePlan plan, TimeLine line, CancellationToken cancellationToken) =>
        StartAsync($"{plan.Pace.Retries} retries", plan, line, sdk => new RetryingAsker(sdk, plan.Pace.Retries, plan.Pace.RetryGap, plan.Time), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _sdk.Dispose();
        await Claude.DisposeAsync();
    }

    private static async Task<Unprotected> StartAsync(string name, StagePlan plan, TimeLine line, Func<AnthropicAsker, IAsker> dress, CancellationToken cancellationToken)
    {
        var claude = await Providers.ClaudeAsync(plan, cancellationToken);
        var sdk = new AnthropicAsker(claude.BaseUrl, maxRetries: 0);
        return new(claude, sdk, dress(sdk), new(name, line, Providers.Seed));
    }
}
