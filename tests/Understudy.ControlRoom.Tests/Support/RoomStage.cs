using System.Text;
using System.Text.Json.Nodes;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Gateway;
using Understudy.Rehearsals;
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

    public static async Task<RoomStage> StartAsync(bool traffic = true, Func<Policy, Policy>? change = null, Rehearse? rehearse = null)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var stage = new RoomStage(
            await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.Anthropic, Key = ProviderKey, AnyModel = true }, cancellation),
            await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.OpenAI, Key = ProviderKey, AnyModel = true }, cancellation));
        stage.Policy = (change ?? (same => same))(stage.DefaultPolicy());
        stage.Gateway = await GatewayServer.StartAsync(stage.Policy, new() { Chance = new(11), Rehearse = rehearse }, cancellation);
        if (traffic) stage.BeginTraffic();
        return stage;
    }

    /// <summary>One call, as an SDK would make it.</summary>
    public async Task<string> AskAsync() => (await CallAsync()).Text;

    /// <summary>One call: what came, and the id by which it can be found.</summary>
    /// <param name="model">The model that is asked for.</param>
    /// <param name="prompt">What is asked.</param>
    public async Task<(string Id, string Text)> CallAsync(string model = "claude-sonnet-4-5", string prompt = Prompt)
    {
        using var body = Body(model, prompt, stream: true);
        using var response = await _http.PostAsync(new Uri(Gateway.BaseUrl, "v1/messages"), body, _end.Token);
        return (response.Headers.GetValues("x-understudy-request-id").Single(), await response.Content.ReadAsStringAsync(_end.Token));
    }

    /// <summary>Hands work over for later.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> DeferAsync(string prompt = Prompt)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Gateway.BaseUrl, "v1/messages")) { Content = Body("claude-sonnet-4-5", prompt, stream: false), Headers = { { "prefer", "respond-async" } } };
        using var response = await _http.SendAsync(request, _end.Token);
        Assert.Equal(202, (int)response.StatusCode);
        return response.Headers.GetValues("x-understudy-deferred-id").Single();
    }

    /// <summary>How it stands with work that was put off.</summary>
    /// <param name="id">The work.</param>
    /// <param name="takeBack">Whether its owner takes it back.</param>
    public async Task<string> DeferredAsync(string id, bool takeBack = false)
    {
        using var request = new HttpRequestMessage(takeBack ? HttpMethod.Delete : HttpMethod.Get, new Uri(Gateway.BaseUrl, $"v1/deferred/{id}"));
        using var response = await _http.SendAsync(request, _end.Token);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(_end.Token))!["status"]!;
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

    /// <summary>Callers who go on calling from here on.</summary>
    public void BeginTraffic(string model = "claude-sonnet-4-5") => _traffic = GoOnAsync(model);

    private static StringContent Body(string model, string prompt, bool stream) =>
        new($$"""{"model":"{{model}}","max_tokens":64,"stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"{{prompt}}"}]}""", Encoding.UTF8, "application/json");

    private async Task GoOnAsync(string model)
    {
        // The rhythm of the traffic, not a wait of a test's.
        using var rhythm = new PeriodicTimer(CallEvery, TimeProvider.System);
        try
        {
            while (await rhythm.WaitForNextTickAsync(_end.Token)) await CallAsync(model);
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
