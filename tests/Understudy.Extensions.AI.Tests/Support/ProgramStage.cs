using Microsoft.Extensions.AI;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;
using Understudy.Simulator;

namespace Understudy.Extensions.AI.Tests.Support;

/// <summary>
/// A program with Understudy in it, and three simulated providers that it calls over HTTP. Calls of <c>claude-*</c> go to
/// claude, openai, gemini; calls of <c>gpt-*</c> to openai, claude, gemini. All three have one seed, so a whole answer is
/// the same text whoever gives it.
/// </summary>
internal sealed class ProgramStage : IAsyncDisposable
{
    public const string Prompt = "Why does the curtain rise again?";
    public const string Claude45 = "claude-sonnet-4-5";
    private const string Key = "sk-of-the-provider";

    private readonly JournalEar _ear = new();

    private ProgramStage(SimulatedProvider claude, SimulatedProvider openai, SimulatedProvider gemini)
    {
        (Claude, OpenAI, Gemini) = (claude, openai, gemini);
    }

    public SimulatedProvider Claude { get; }

    public SimulatedProvider OpenAI { get; }

    public SimulatedProvider Gemini { get; }

    public IReadOnlyList<SimulatedProvider> Providers => [Claude, OpenAI, Gemini];

    public UnderstudyRuntime Runtime { get; private set; } = null!;

    public UnderstudyChatClient Chat { get; private set; } = null!;

    public Policy Policy { get; private set; } = null!;

    public IReadOnlyList<CallRecord> Records => _ear.Records;

    public IReadOnlyList<Happening> Happenings => _ear.Happenings;

    public int Received => Providers.Sum(provider => provider.Stats.Calls);

    public static string Whole(string prompt = Prompt) => AnswerText.For(AnswerText.Prompt(prompt), 1);

    public static UseCaseModel Patient { get; } = new() { Name = "patient", Deadline = TimeSpan.FromSeconds(60), FirstToken = TimeSpan.FromSeconds(30), Idle = TimeSpan.FromSeconds(30) };

    public static UseCaseModel Brisk { get; } = new() { Name = "brisk", Deadline = TimeSpan.FromSeconds(4), FirstToken = TimeSpan.FromMilliseconds(500), Idle = TimeSpan.FromMilliseconds(500) };

    public static async Task<ProgramStage> StartAsync(UseCaseModel? useCase = null, Func<Policy, ProgramStage, Policy>? change = null, TimeProvider? time = null)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var stage = new ProgramStage(
            await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.Anthropic, Key = Key, AnyModel = true }, cancellation),
            await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.OpenAI, Key = Key, AnyModel = true }, cancellation),
            await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.Gemini, Key = Key, AnyModel = true }, cancellation));
        stage.Policy = stage.DefaultPolicy(useCase ?? Patient);
        if (change is not null) stage.Policy = change(stage.Policy, stage);
        stage.Begin(time);
        return stage;
    }

    /// <summary>Stops the program's runtime, and begins a new one under the same policy: a restart.</summary>
    public async Task RestartAsync()
    {
        await Runtime.DisposeAsync();
        Begin(null);
    }

    public Task<ChatResponse> AskAsync(string prompt = Prompt, ChatOptions? options = null, string model = Claude45)
    {
        options = options?.Clone() ?? new();
        options.ModelId ??= model;
        return Chat.GetResponseAsync([new(ChatRole.User, prompt)], options, TestContext.Current.CancellationToken);
    }

    /// <summary>The answer of a streamed call, put together as a program would.</summary>
    public async Task<(ChatResponse Response, List<ChatResponseUpdate> Updates)> StreamAsync(string prompt = Prompt, ChatOptions? options = null, string model = Claude45)
    {
        options = options?.Clone() ?? new();
        options.ModelId ??= model;
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in Chat.GetStreamingResponseAsync([new(ChatRole.User, prompt)], options, TestContext.Current.CancellationToken)) updates.Add(update);
        return (updates.ToChatResponse(), updates);
    }

    public async Task<ChatResponse> AskAsync(bool stream, string prompt = Prompt, ChatOptions? options = null) =>
        stream ? (await StreamAsync(prompt, options)).Response : await AskAsync(prompt, options);

    public void FailAll(string kind = "status")
    {
        foreach (var provider in Providers) provider.Faults.Set(kind);
    }

    public void HealAll()
    {
        foreach (var provider in Providers) provider.Faults.Clear();
    }

    public Task WaitUntilAsync(Func<ProgramStage, bool> condition) => _ear.UntilAsync(() => condition(this));

    public async Task<CallRecord> OnlyRecordAsync()
    {
        await WaitUntilAsync(stage => stage.Records.Count > 0);
        return Assert.Single(Records);
    }

    public async ValueTask DisposeAsync()
    {
        await Runtime.DisposeAsync();
        foreach (var provider in Providers) await provider.DisposeAsync();
    }

    /// <summary>The ladder of every route gets these rungs below its models.</summary>
    public static Policy Below(Policy policy, params RungModel[] rungs) =>
        policy with { Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder, .. rungs] })] };

    private void Begin(TimeProvider? time)
    {
        var journal = new Journal();
        _ear.Listen(journal);
        Runtime = UnderstudyRuntime.Start(Policy, new() { Journal = journal, Chance = new(11), Time = time ?? TimeProvider.System, Patience = TimeSpan.FromSeconds(5) });
        Chat = Runtime.ChatClient();
    }

    private Policy DefaultPolicy(UseCaseModel useCase)
    {
        ProviderModel claude = new() { Name = "claude", Protocol = WireProtocol.AnthropicMessages, BaseUrl = Claude.BaseUrl, Key = Key };
        ProviderModel openai = new() { Name = "openai", Protocol = WireProtocol.OpenAIChat, BaseUrl = new(OpenAI.BaseUrl, "v1"), Key = Key };
        ProviderModel gemini = new() { Name = "gemini", Protocol = WireProtocol.Gemini, BaseUrl = Gemini.BaseUrl, Key = Key };
        return new()
        {
            Providers = [claude, openai, gemini],
            UseCases = [useCase, Brisk with { Name = "short" }],
            Retry = new() { BaseDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(10) },
            Routes =
            [
                Route("claude-*", useCase, (claude, null), (openai, "gpt-4o"), (gemini, "gemini-2.5-flash")),
                Route("gpt-*", useCase, (openai, null), (claude, Claude45), (gemini, "gemini-2.5-flash")),
            ],
        };
    }

    private static RouteModel Route(string match, UseCaseModel useCase, params (ProviderModel Provider, string? Model)[] targets) => new()
    {
        Name = match,
        Match = [match],
        UseCase = useCase,
        Ladder = [.. targets.Select(target => new TargetRung { Targets = [new() { Provider = target.Provider, Model = target.Model }] })],
    };
}
