using System.Text;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Gateway;
using Understudy.Simulator;

namespace Understudy.ControlRoom.Tests.Support;

/// <summary>A gateway with two simulated providers, operators at its door, and callers that go on calling.</summary>
internal sealed class RoomStage : IAsyncDisposable
{
    public const string Token = "PLANTED-admin-token-0123456789";
    public const string Password = "PLANTED the curtain rises again";
    public const string Prompt = "PLANTED-prompt: why does the curtain rise?";
    public const string ProviderKey = "sk-PLANTED-of-the-provider";

    private static readonly TimeSpan CallEvery = TimeSpan.FromMilliseconds(40);
    private static readonly PasswordHash Hash = PasswordHash.TryParse(PasswordHash.Make(Password), out var hash, out _) ? hash : PasswordHash.OfNobody;

    private readonly CancellationTokenSource _end = new();
    private readonly HttpClient _http = new() { DefaultRequestHeaders = { { "anthropic-version", "2023-06-01" } } };
    private Task _traffic = Task.CompletedTask;

    private RoomStage(SimulatedProvider claude, SimulatedProvider openai)
    {
        Claude = claude;
        OpenAI = openai;
    }

    public SimulatedProvider Claude { get; }

    public SimulatedProvider OpenAI { get; }

    public GatewayServer Gateway { get; private set; } = null!;

    public Policy Policy { get; private set; } = null!;

    public static async Task<RoomStage> StartAsync(bool traffic = true, Func<Policy, Policy>? change = null)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var stage = new RoomStage(
            await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.Anthropic, Key = ProviderKey, AnyModel = true }, cancellation),
            await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.OpenAI, Key = ProviderKey, AnyModel = true }, cancellation));
        stage.Policy = (change ?? (same => same))(stage.DefaultPolicy());
        stage.Gateway = await GatewayServer.StartAsync(stage.Policy, new() { Chance = new(11) }, cancellation);
        if (traffic) stage._traffic = stage.CallAsync();
        return stage;
    }

    /// <summary>One call, as an SDK would make it.</summary>
    public async Task<string> AskAsync()
    {
        using var body = new StringContent($$"""{"model":"claude-sonnet-4-5","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"{{Prompt}}"}]}""", Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(new Uri(Gateway.BaseUrl, "v1/messages"), body, _end.Token);
        return await response.Content.ReadAsStringAsync(_end.Token);
    }

    /// <summary>What a Prometheus would read now.</summary>
    public Task<string> ScrapeAsync() => _http.GetStringAsync(new Uri(Gateway.BaseUrl, "metrics"), _end.Token);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _traffic;
        await Gateway.DisposeAsync();
        await Claude.DisposeAsync();
        await OpenAI.DisposeAsync();
        _http.Dispose();
        _end.Dispose();
    }

    private async Task CallAsync()
    {
        // The rhythm of the traffic, not a wait of a test's.
        using var rhythm = new PeriodicTimer(CallEvery, TimeProvider.System);
        try
        {
            while (await rhythm.WaitForNextTickAsync(_end.Token)) await AskAsync();
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private Policy DefaultPolicy()
    {
        var useCase = new UseCaseModel { Name = "patient", Deadline = TimeSpan.FromSeconds(60), FirstToken = TimeSpan.FromSeconds(30), Idle = TimeSpan.FromSeconds(30) };
        ProviderModel claude = new() { Name = "claude", Protocol = WireProtocol.AnthropicMessages, BaseUrl = Claude.BaseUrl, Key = ProviderKey };
        ProviderModel openai = new() { Name = "openai", Protocol = WireProtocol.OpenAIChat, BaseUrl = new(OpenAI.BaseUrl, "v1"), Key = ProviderKey };
        return new()
        {
            Listen = "127.0.0.1:0",
            AdminToken = Token,
            Operators =
            [
                new() { Name = "ana", Password = Hash, Role = OperatorRole.Admin },
                new() { Name = "eve", Password = Hash },
            ],
            Providers = [claude, openai],
            UseCases = [useCase],
            Routes =
            [
                new()
                {
                    Name = "claude-*",
                    Match = ["claude-*"],
                    UseCase = useCase,
                    Ladder =
                    [
                        new TargetRung { Targets = [new() { Provider = claude }] },
                        new TargetRung { Targets = [new() { Provider = openai, Model = "gpt-5" }] },
                    ],
                },
            ],
            Retry = new() { BaseDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(10) },
            // Seconds where a real house takes minutes.
            Breaker = new()
            {
                OpenFor = TimeSpan.FromSeconds(1),
                MaxOpenFor = TimeSpan.FromSeconds(2),
                GoodProbes = 2,
                ProbeEvery = TimeSpan.FromMilliseconds(200),
                Ramp = [50],
                RampCalls = 2,
                RampFor = TimeSpan.FromSeconds(1),
                MaxRampFor = TimeSpan.FromSeconds(2),
                SuspectFor = TimeSpan.FromSeconds(1),
            },
        };
    }
}
