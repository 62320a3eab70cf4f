using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Observation;
using Understudy.Simulator;

namespace Understudy.Gateway.Tests.Moving;

/// <summary>
/// An agent's conversation is moved to another vendor at every step: pictures, tool calls, failed ones, parallel ones,
/// reasoning. The simulated vendors refuse what the real ones refuse; none of them refuses anything, in any order.
/// </summary>
public sealed class MovedConversationTests
{
    private static readonly string[] Vendors = ["claude", "chat", "responses", "gemini"];

    private static readonly (string Text, bool Picture)[] Script =
    [
        ("Look at this, then call get_weather", true),
        ("Now call get_weather and get_time", false),
        ("Please call get_weather twice", false),
        ("explain what you do and call get_time", false),
        ("Thank you. What do you conclude?", false),
    ];

    public static TheoryData<WireProtocol, bool, bool> Table()
    {
        var table = new TheoryData<WireProtocol, bool, bool>();
        foreach (var protocol in WireProtocols.OfProviders)
        {
            foreach (var stream in (bool[])[false, true])
            {
                table.Add(protocol, stream, false);
                table.Add(protocol, stream, true);
            }
        }

        return table;
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task ConversationThatIsMovedAtEveryStep_IsTakenByEveryVendor(WireProtocol protocol, bool stream, bool newest)
    {
        await using var stage = await VendorsStage.StartAsync(newest);
        foreach (var order in Orders([.. Vendors]))
        {
            var agent = ScriptedAgent.Of(protocol, stage.Url, stream);
            var steps = 0;
            foreach (var (said, picture) in Script)
            {
                agent.Hear(said, picture);
                var turn = steps;
                bool goes;
                string text;
                do
                {
                    (goes, text) = await agent.StepAsync(order[steps++ % order.Length]);
                    Assert.True(steps - turn < 5, "The tools' results did not reach the model.");
                }
                while (goes);
                Assert.NotEmpty(text);
            }

            // Four turns with tools, one without.
            Assert.Equal(9, steps);
        }
    }

    private static IEnumerable<string[]> Orders(string[] left) =>
        left.Length == 1 ? [left] : left.SelectMany(first => Orders([.. left.Where(other => other != first)]).Select(rest => (string[])[first, .. rest]));

    /// <summary>A gateway with strict vendors behind it, and a route to each by its name.</summary>
    private sealed class VendorsStage : IAsyncDisposable
    {
        private readonly List<SimulatedProvider> _providers = [];
        private GatewayServer _gateway = null!;

        public Uri Url => _gateway.BaseUrl;

        public static async Task<VendorsStage> StartAsync(bool newest)
        {
            var stage = new VendorsStage();
            var anthropic = await stage.AddAsync(SimulatedProtocol.Anthropic);
            var openai = await stage.AddAsync(SimulatedProtocol.OpenAI);
            var gemini = await stage.AddAsync(SimulatedProtocol.Gemini);
            (ProviderModel Provider, string Model)[] targets =
            [
                (new() { Name = "claude", Protocol = WireProtocol.AnthropicMessages, BaseUrl = anthropic.BaseUrl }, newest ? "claude-opus-4-6" : "claude-sonnet-4-5"),
                (new() { Name = "chat", Protocol = WireProtocol.OpenAIChat, BaseUrl = new(openai.BaseUrl, "v1") }, newest ? "gpt-5" : "gpt-4o"),
                (new() { Name = "responses", Protocol = WireProtocol.OpenAIResponses, BaseUrl = new(openai.BaseUrl, "v1") }, newest ? "gpt-5.5" : "gpt-5"),
                (new() { Name = "gemini", Protocol = WireProtocol.Gemini, BaseUrl = gemini.BaseUrl }, newest ? "gemini-3-pro-preview" : "gemini-2.5-flash"),
            ];
            var policy = new Policy
            {
                Listen = "127.0.0.1:0",
                Providers = [.. targets.Select(target => target.Provider)],
                Routes =
                [
                    .. targets.Select(target => new RouteModel
                    {
                        Name = target.Provider.Name,
                        Match = ["*"],
                        UseCase = Support.GatewayStage.Patient,
                        Ladder = [new TargetRung { Targets = [new TargetModel { Provider = target.Provider, Model = target.Model }] }],
                    }),
                ],
                UseCases = [Support.GatewayStage.Patient],
                Retry = new() { AttemptsPerTarget = 1 },
                Breaker = new() { ConsecutiveFailures = int.MaxValue, MinimumCalls = int.MaxValue, Tolerate = null },
            };
            stage._gateway = await GatewayServer.StartAsync(policy, new() { Journal = new Journal(), Chance = new(3), Time = TimeProvider.System }, TestContext.Current.CancellationToken);
            return stage;
        }

        public async ValueTask DisposeAsync()
        {
            await _gateway.DisposeAsync();
            foreach (var provider in _providers) await provider.DisposeAsync();
        }

        private async Task<SimulatedProvider> AddAsync(SimulatedProtocol protocol)
        {
            var provider = await SimulatedProvider.StartAsync(new() { Protocol = protocol }, TestContext.Current.CancellationToken);
            _providers.Add(provider);
            return provider;
        }
    }
}
