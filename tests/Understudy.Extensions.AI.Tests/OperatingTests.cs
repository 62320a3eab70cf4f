using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Understudy.Configuration;
using Understudy.Extensions.AI.Tests.Support;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.PolicyFile;

namespace Understudy.Extensions.AI.Tests;

/// <summary>What surrounds the calls: settings and their mistakes, levers, budgets, services, shutdown, numbers.</summary>
public sealed class OperatingTests
{
    public static TheoryData<string, ChatOptions> Mistakes => new()
    {
        { "no route of the policy serves 'claud-3'", new() { ModelId = "claud-3" } },
        { "did you mean 'claude-*'", new ChatOptions { ModelId = "x" }.With(new() { Route = "claude-" }) },
        { "did you mean 'short'", new ChatOptions { ModelId = ProgramStage.Claude45 }.With(new() { UseCase = "shortt" }) },
        { "is no client", new ChatOptions { ModelId = ProgramStage.Claude45 }.With(new() { Client = "website" }) },
        { "Deadline", new ChatOptions { ModelId = ProgramStage.Claude45 }.With(new() { Deadline = TimeSpan.Zero }) },
        { "ConversationId", new() { ModelId = ProgramStage.Claude45, ConversationId = "conv_1" } },
        { "RawRepresentationFactory", new() { ModelId = ProgramStage.Claude45, RawRepresentationFactory = _ => null } },
        { "run by one vendor", new() { ModelId = ProgramStage.Claude45, Tools = [new HostedWebSearchTool()] } },
        { "is none of the tools", new() { ModelId = ProgramStage.Claude45, Tools = [AIFunctionFactory.Create(() => 1, "one")], ToolMode = ChatToolMode.RequireSpecific("two") } },
        { "Temperature", new() { ModelId = ProgramStage.Claude45, Temperature = float.NaN } },
        { "MaxOutputTokens", new() { ModelId = ProgramStage.Claude45, MaxOutputTokens = 0 } },
        { "which model", new() },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public async Task ASettingThatCannotBeKept_IsNamed_AndNobodyIsAsked(string word, ChatOptions options)
    {
        await using var stage = await ProgramStage.StartAsync();

        var whole = await Assert.ThrowsAnyAsync<Exception>(() => stage.Chat.GetResponseAsync("x", options, TestContext.Current.CancellationToken));
        var streamed = await Assert.ThrowsAnyAsync<Exception>(() => stage.Chat.GetStreamingResponseAsync("x", options, TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken));

        Assert.True(whole is ArgumentException or NotSupportedException, whole.ToString());
        Assert.Contains(word, whole.Message, StringComparison.Ordinal);
        Assert.Equal(whole.Message, streamed.Message);
        Assert.Equal((0, 0), (stage.Received, stage.Runtime.InFlight));
    }

    [Fact]
    public async Task AContentThatNobodyElseCouldTake_IsNamedWithItsPlace()
    {
        await using var stage = await ProgramStage.StartAsync();

        var thrown = await Assert.ThrowsAsync<NotSupportedException>(() => stage.Chat.GetResponseAsync(
            [new(ChatRole.User, "x"), new(ChatRole.User, [new TextContent("y"), new HostedFileContent("file_1")])], new() { ModelId = ProgramStage.Claude45 }, TestContext.Current.CancellationToken));

        Assert.Contains("messages[1].Contents[1]: HostedFileContent", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AKilledProvider_GetsNothing_AndTheNextOneAnswers()
    {
        await using var stage = await ProgramStage.StartAsync();
        await stage.Runtime.Operator.KillAsync("claude", "ana", "test");

        Assert.Equal("openai/gpt-4o", (await stage.AskAsync()).ServedBy);
        Assert.Equal(0, stage.Claude.Stats.Calls);
        var health = stage.Runtime.Operator.Status.Providers.Single(provider => provider.Name == "claude");
        Assert.False(health.Available);

        Assert.Equal(1, await stage.Runtime.Operator.ReviveAsync("claude", "ana", "test"));
        Assert.Equal("claude/claude-sonnet-4-5", (await stage.AskAsync()).ServedBy);
    }

    [Fact]
    public async Task KilledWithWhatIsInFlight_TheAnswerGoesOnElsewhere()
    {
        await using var stage = await ProgramStage.StartAsync();
        using var hold = stage.Claude.Gate.PauseNextCall(3);
        var streaming = stage.StreamAsync();
        await hold.Reached.WaitAsync(TestContext.Current.CancellationToken);

        await stage.Runtime.Operator.KillAsync("claude", "ana", "test", inFlight: true);

        Assert.Equal(ProgramStage.Whole(), (await streaming).Response.Text);
    }

    [Fact]
    public async Task APin_PutsATargetOnTop_AndUnknownNamesAreRefused()
    {
        await using var stage = await ProgramStage.StartAsync();
        var until = DateTimeOffset.UtcNow.AddHours(1);
        await stage.Runtime.Operator.PinAsync("claude-*", "openai/gpt-4o", until, "ana", "test");

        Assert.Equal("openai/gpt-4o", (await stage.AskAsync()).ServedBy);
        var wrong = await Assert.ThrowsAsync<ArgumentException>(() => stage.Runtime.Operator.PinAsync("claude-*", "openai/gpt-4", until, "ana", "test"));
        Assert.Contains("did you mean 'openai/gpt-4o'", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("did you mean 'claude'", (await Assert.ThrowsAsync<ArgumentException>(() => stage.Runtime.Operator.KillAsync("cloude", "ana", "test"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AClientsBudget_IsHeld()
    {
        ClientModel poor = new() { Name = "poor", KeyHash = SHA256.HashData(Encoding.UTF8.GetBytes("k")), Budget = new() { PerDay = Usd.FromDollars(0.000001m) } };
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) => policy with { Clients = [poor], Prices = PolicyReader.Read("providers: { local: { protocol: openai, base_url: 'http://127.0.0.1:1/v1' } }", "x.yaml", PolicyEnvironment.Empty).Policy!.Prices });

        var thrown = await Assert.ThrowsAsync<UnderstudyException>(() => stage.AskAsync(options: new ChatOptions().With(new() { Client = "poor" })));

        Assert.Equal((FailureKind.BudgetSpent, 0), (thrown.Kind, stage.Received));
        Assert.Equal(ProgramStage.Whole(), (await stage.AskAsync()).Text);
    }

    [Fact]
    public async Task ADeadlineOfItsOwn_EndsTheCall()
    {
        await using var stage = await ProgramStage.StartAsync();
        stage.FailAll("hang");

        var thrown = await Assert.ThrowsAsync<UnderstudyException>(() => stage.AskAsync(options: new ChatOptions().With(new() { Deadline = TimeSpan.FromMilliseconds(300) })));

        Assert.Contains(thrown.Kind, (FailureKind[])[FailureKind.DeadlineSpent, FailureKind.FirstTokenTimeout]);
    }

    /// <summary>"No limit", as people write it.</summary>
    [Fact]
    public async Task ADeadlineThatNeverComes_IsNone()
    {
        await using var stage = await ProgramStage.StartAsync();

        await using var patient = await ProgramStage.StartAsync(ProgramStage.Patient with { Deadline = TimeSpan.MaxValue });
        Assert.Equal(ProgramStage.Whole(), (await patient.AskAsync()).Text);
        foreach (var never in (TimeSpan[])[TimeSpan.FromDays(90), TimeSpan.MaxValue])
        {
            Assert.Equal(ProgramStage.Whole(), (await stage.AskAsync(options: new ChatOptions().With(new() { Deadline = never }))).Text);
        }
    }

    [Fact]
    public async Task ALogThatThrows_EndsNeitherTheCallNorTheProgram()
    {
        await using var stage = await ProgramStage.StartAsync();
        using var logger = new BrokenLog();
        await using var runtime = UnderstudyRuntime.Start(stage.Policy, new() { Logger = logger });

        await runtime.Operator.KillAsync("claude", "ana", "test");
        await logger.Thrown.WaitAsync(TestContext.Current.CancellationToken);

        var answer = await runtime.ChatClient().GetResponseAsync(ProgramStage.Prompt, new() { ModelId = ProgramStage.Claude45 }, TestContext.Current.CancellationToken);
        Assert.Equal(ProgramStage.Whole(), answer.Text);
    }

    /// <summary>Patience is over: the runtime goes, and whoever waits for an answer hears that there will be none.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DisposedOfBeforeACallHasEnded_ItEnds(bool stream)
    {
        await using var stage = await ProgramStage.StartAsync();
        var runtime = UnderstudyRuntime.Start(stage.Policy, new() { Patience = TimeSpan.FromMilliseconds(50) });
        using var hold = stage.Claude.Gate.HoldNextCall();
        var chat = runtime.ChatClient();
        var options = new ChatOptions { ModelId = ProgramStage.Claude45 };
        var asking = stream ? chat.GetStreamingResponseAsync(ProgramStage.Prompt, options, TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken) : chat.GetResponseAsync(ProgramStage.Prompt, options, TestContext.Current.CancellationToken);
        await hold.Reached.WaitAsync(TestContext.Current.CancellationToken);

        await runtime.DisposeAsync();

        var thrown = await Assert.ThrowsAsync<UnderstudyException>(() => asking);
        Assert.False(thrown.IsBug);
    }

    /// <summary>Whoever listens to spans is the program's own, and may have bugs.</summary>
    [Fact]
    public async Task AListenerThatThrows_CostsItsSpan_AndNoOther()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thrown = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Understudy",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.GetTagItem("understudy.use_case") is not "throwing") return;
                if (Interlocked.Increment(ref thrown) == 1) throw new InvalidOperationException("a bug of the program's");
                stopped.TrySetResult();
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) => policy with { UseCases = [.. policy.UseCases, ProgramStage.Patient with { Name = "throwing" }] });

        for (var i = 0; i < 2; i++) Assert.Equal(ProgramStage.Whole(), (await stage.AskAsync(options: new ChatOptions().With(new() { UseCase = "throwing" }))).Text);

        await stopped.Task.WaitAsync(TestContext.Current.CancellationToken);
        await stage.Runtime.DisposeAsync();
    }

    /// <summary>So may whoever counts, or listens to the journal: in line, where a call ends.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AListenerOfRecordsThatThrows_TakesNoAnswerAway_AndTheOthersHear(bool stream)
    {
        using var meters = new MeterListener { InstrumentPublished = (instrument, me) => { if (instrument.Name == "understudy.requests") me.EnableMeasurementEvents(instrument); } };
        meters.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach (var tag in tags) if (tag is { Key: "use_case", Value: "miscounted" }) throw new InvalidOperationException("a bug of the program's");
        });
        meters.Start();
        await using var stage = await ProgramStage.StartAsync(ProgramStage.Patient with { Name = "miscounted" });
        var heard = 0;
        stage.Runtime.Journal.CallBegan += _ => throw new InvalidOperationException("another");
        stage.Runtime.Journal.CallEnded += _ => throw new InvalidOperationException("another");
        stage.Runtime.Journal.CallEnded += _ => heard++;
        stage.Runtime.Journal.Happened += _ => throw new InvalidOperationException("another");

        Assert.Equal(ProgramStage.Whole(), (await stage.AskAsync(stream)).Text);

        Assert.Equal((1, 0), (heard, stage.Runtime.InFlight));
        Assert.Contains("InvalidOperationException", Assert.Single(stage.Happenings, happening => happening.Kind == "bug").Text, StringComparison.Ordinal); // once, however often
        Assert.DoesNotContain(stage.Happenings, happening => happening.Text.Contains("another", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhereARouteSaysSo_WhatWasSaidIsCaptured_WithoutSecrets(bool stream)
    {
        using var folder = new Gateway.Tests.Support.StoreFolder();
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) => policy with { Store = folder.Store, Routes = [.. policy.Routes.Select(route => route with { Capture = new() })] });
        var kept = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Runtime.Engine.Captures.Ended += (id, isKept) => kept.TrySetResult(isKept ? id : "");

        var answer = await stage.AskAsync(stream, "Write to ana@example.com: why does the curtain rise?");

        Assert.Equal(answer.RequestId, await kept.Task.WaitAsync(TestContext.Current.CancellationToken));
        var captured = (await stage.Runtime.Engine.Captures.Store!.FindAsync(answer.RequestId!))!;
        Assert.Contains("Write to [redacted: e-mail]: why does the curtain rise?", captured.RequestSensitive, StringComparison.Ordinal);
        Assert.Contains(answer.Text[..40], captured.AnswerSensitive, StringComparison.Ordinal);
        Assert.Equal(200, captured.Status);
        Assert.True((await stage.OnlyRecordAsync()).IsCaptured);
    }

    [Fact]
    public async Task ACall_HasASpan_BelowTheProgramsOwn_AndNumbers()
    {
        var spans = new List<Activity>();
        using var listener = new ActivityListener { ShouldListenTo = source => source.Name is "Understudy" or "test", Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded, ActivityStopped = span => { lock (spans) spans.Add(span); } };
        ActivitySource.AddActivityListener(listener);
        var counted = 0L;
        using var meters = new MeterListener { InstrumentPublished = (instrument, me) => { if (instrument.Name == "understudy.requests") me.EnableMeasurementEvents(instrument); } };
        meters.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var tag in tags) if (tag is { Key: "use_case", Value: "counted" }) Interlocked.Add(ref counted, value);
        });
        meters.Start();
        using var source = new ActivitySource("test");
        string trace;
        ActivitySpanId above;
        await using (var stage = await ProgramStage.StartAsync(ProgramStage.Patient with { Name = "counted" }))
        {
            using var mine = source.StartActivity("mine")!;
            trace = mine.TraceId.ToString();
            above = mine.SpanId;
            await stage.AskAsync();
        }

        lock (spans)
        {
            var ours = spans.Where(span => span.TraceId.ToString() == trace && span.Source.Name == "Understudy").ToList();
            Assert.Equal(3, ours.Count); // the call, its rung, its attempt
            Assert.Contains(ours, span => span.DisplayName == "chat claude-sonnet-4-5" && span.ParentSpanId == above);
        }

        Assert.Equal(1, counted);
    }

    [Fact]
    public async Task DisposedOf_CallsUnderWayEnd_AndNewOnesAreTurnedAway()
    {
        await using var stage = await ProgramStage.StartAsync();
        using var hold = stage.Claude.Gate.HoldNextCall();
        var asking = stage.AskAsync();
        await hold.Reached.WaitAsync(TestContext.Current.CancellationToken);

        var stopping = stage.Runtime.DisposeAsync().AsTask();
        var late = await Assert.ThrowsAsync<UnderstudyException>(() => stage.AskAsync());
        Assert.False(stopping.IsCompleted);
        hold.Release();

        Assert.Equal(ProgramStage.Whole(), (await asking).Text);
        await stopping;
        Assert.Equal(FailureKind.Saturated, late.Kind);
    }

    [Fact]
    public async Task OneLine_InAContainer_WithNamedClients()
    {
        await using var stage = await ProgramStage.StartAsync();
        var services = new ServiceCollection();
        services.AddUnderstudy(stage.Policy).AddUnderstudyChatClient("cheap", new() { Route = "gpt-*", ModelId = "gpt-4o-mini" });
        await using var provider = services.BuildServiceProvider();
        foreach (var hosted in provider.GetServices<IHostedService>()) await hosted.StartAsync(TestContext.Current.CancellationToken);

        var answer = await provider.GetRequiredService<IChatClient>().GetResponseAsync(ProgramStage.Prompt, new() { ModelId = ProgramStage.Claude45 }, TestContext.Current.CancellationToken);
        var cheap = await provider.GetRequiredKeyedService<IChatClient>("cheap").GetResponseAsync(ProgramStage.Prompt, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(("claude/claude-sonnet-4-5", "openai/gpt-4o-mini"), (answer.ServedBy, cheap.ServedBy));
        foreach (var hosted in provider.GetServices<IHostedService>()) await hosted.StopAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<UnderstudyException>(() => provider.GetRequiredService<IChatClient>().GetResponseAsync("x", new() { ModelId = ProgramStage.Claude45 }));
    }

    [Fact]
    public async Task AFile_IsReadAndReadAgain_AndItsMistakesAreToldWithTheirPlace()
    {
        await using var stage = await ProgramStage.StartAsync();
        var folder = Directory.CreateTempSubdirectory("understudy-library");
        try
        {
            var file = Path.Combine(folder.FullName, "understudy.yaml");
            string Yaml(string notice) => $$"""
                providers:
                  claude: { protocol: anthropic, key: sk-of-the-provider, base_url: '{{stage.Claude.BaseUrl}}' }
                routes:
                  - match: [claude-*]
                    ladder: [{ target: claude/= }, { notice: {{notice}} }]
                """;
            await File.WriteAllTextAsync(file, Yaml("The theatre is closed tonight."), TestContext.Current.CancellationToken);
            var reread = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var journal = new Journal();
            journal.Happened += happening => { if (happening.Kind == "reload") reread.TrySetResult(); };
            await using var runtime = UnderstudyRuntime.Load(file, new() { Journal = journal });
            stage.FailAll();
            Assert.Equal("The theatre is closed tonight.", (await runtime.ChatClient().GetResponseAsync("x", new() { ModelId = ProgramStage.Claude45 })).Text);

            await File.WriteAllTextAsync(file, Yaml("The theatre opens on Friday."), TestContext.Current.CancellationToken);
            await reread.Task.WaitAsync(TestContext.Current.CancellationToken);
            Assert.Equal("The theatre opens on Friday.", (await runtime.ChatClient().GetResponseAsync("x", new() { ModelId = ProgramStage.Claude45 })).Text);

            await File.WriteAllTextAsync(file, "providers: { claude: { protocl: anthropic } }", TestContext.Current.CancellationToken);
            var thrown = Assert.Throws<PolicyMistakesException>(() => UnderstudyRuntime.Load(file));
            Assert.Contains("understudy.yaml:1:", thrown.Message, StringComparison.Ordinal);
            Assert.Contains("did you mean 'protocol'?", thrown.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task WithoutAFile_TheKeysInTheEnvironmentServe()
    {
        await using var stage = await ProgramStage.StartAsync();
        var environment = PolicyEnvironment.Of(new Dictionary<string, string>
        {
            ["ANTHROPIC_API_KEY"] = "sk-of-the-provider",
            ["ANTHROPIC_BASE_URL"] = stage.Claude.BaseUrl.ToString(),
            ["OPENAI_API_KEY"] = "sk-of-the-provider",
            ["OPENAI_BASE_URL"] = stage.OpenAI.BaseUrl + "v1",
        });
        await using var runtime = UnderstudyRuntime.Load(environment: environment);
        stage.Claude.Faults.Set("refuse");

        var answer = await runtime.ChatClient().GetResponseAsync(ProgramStage.Prompt, new() { ModelId = ProgramStage.Claude45 }, TestContext.Current.CancellationToken);

        Assert.Equal(ProgramStage.Whole(), answer.Text);
        Assert.StartsWith("openai/", answer.ServedBy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NothingThatMayBeLogged_HoldsContentOrKeys()
    {
        const string secret = "my-very-own-secret-4711";
        await using var stage = await ProgramStage.StartAsync();
        stage.FailAll();

        var thrown = await Assert.ThrowsAsync<UnderstudyException>(() => stage.AskAsync(secret));

        Assert.DoesNotContain(secret, thrown.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sk-of-the-provider", thrown.ToString(), StringComparison.Ordinal);
        Assert.All(stage.Happenings, happening => Assert.DoesNotContain(secret, happening.Text, StringComparison.Ordinal));
    }

    /// <summary>A log whose disk is full.</summary>
    private sealed class BrokenLog : Microsoft.Extensions.Logging.ILogger, IDisposable
    {
        private readonly TaskCompletionSource _thrown = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Thrown => _thrown.Task;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            _thrown.TrySetResult();
            throw new IOException("No space left on device");
        }

        public void Dispose()
        {
        }
    }
}
