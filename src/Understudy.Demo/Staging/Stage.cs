using Understudy.Gateway;
using Understudy.Observation;
using Understudy.Simulator;

namespace Understudy.Demo.Staging;

/// <summary>Four simulated providers and a gateway before them.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly List<SimulatedProvider> _providers = [];
    private readonly DirectoryInfo _kept = Directory.CreateTempSubdirectory("understudy-demo-");
    private GatewayServer? _gateway;

    private Stage()
    {
    }

    /// <summary>The star, who falls ill.</summary>
    public SimulatedProvider Claude => _providers[0];

    /// <summary>The cast, by the names that the policy gives them.</summary>
    public IReadOnlyList<Player> Cast =>
    [
        new("claude", "claude-sonnet-4-5", _providers[0]),
        new("openai", "gpt-5", _providers[1]),
        new("gemini", "gemini-2.5-pro", _providers[2]),
        new("local", "llama3.1", _providers[3]),
    ];

    /// <summary>The gateway.</summary>
    public GatewayServer Gateway => _gateway!;

    /// <summary>What the gateway tells.</summary>
    public Journal Journal { get; } = new();

    /// <summary>Starts everything.</summary>
    /// <param name="plan">What is to stand there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<Stage> RaiseAsync(StagePlan plan, CancellationToken cancellationToken)
    {
        var stage = new Stage();
        try
        {
            stage._providers.Add(await Providers.ClaudeAsync(plan, cancellationToken));
            stage._providers.Add(await Providers.OpenAIAsync(plan, anyModel: false, cancellationToken));
            stage._providers.Add(await Providers.OpenAIAsync(plan, anyModel: true, cancellationToken));
            stage._providers.Add(await Providers.OpenAIAsync(plan, anyModel: true, cancellationToken));
            stage._gateway = await stage.OpenAsync(plan, cancellationToken);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DrainAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
            await _gateway.DisposeAsync();
        }

        foreach (var provider in _providers) await provider.DisposeAsync();
        _kept.Delete(recursive: true);
    }

    private async Task<GatewayServer> OpenAsync(StagePlan plan, CancellationToken cancellationToken)
    {
        try
        {
            return await StartAsync(plan.Listen);
        }
        catch (IOException)
        {
            return await StartAsync(plan.Listen[..plan.Listen.LastIndexOf(':')] + ":0"); // taken: a demo takes what is free
        }

        Task<GatewayServer> StartAsync(string listen) => GatewayServer.StartAsync(
            StagePolicy.Read(plan, listen, Path.Combine(_kept.FullName, "understudy.db"), _providers[0], _providers[1], _providers[2], _providers[3]),
            new() { Journal = Journal, Time = plan.Time },
            cancellationToken);
    }
}
