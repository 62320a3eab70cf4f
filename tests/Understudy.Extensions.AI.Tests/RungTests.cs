using Microsoft.Extensions.AI;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Extensions.AI.Tests.Support;
using Understudy.Failures;
using Understudy.Gateway.Tests.Support;
using Understudy.HumanReview;
using Understudy.Observation;

namespace Understudy.Extensions.AI.Tests;

/// <summary>When no model answers: stale, later, a person, the honest word; each says what it is.</summary>
public sealed class RungTests : IDisposable
{
    private const string Resting = "Our assistant is resting for a while; please come again in the evening.";

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static NoticeRung Notice => new() { Words = new() { Text = Resting }, Degraded = true };

    private Task<ProgramStage> DeferringAsync(params RungModel[] below) =>
        ProgramStage.StartAsync(change: (policy, _) => ProgramStage.Below(policy with { Store = _folder.Store }, [new DeferRung(), .. below]));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stale_IsToldWithItsAge(bool stream)
    {
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) => ProgramStage.Below(policy, new CacheRung { Note = "(an older answer)" }, Notice));
        await stage.AskAsync(stream);
        stage.FailAll();

        var answer = await stage.AskAsync(stream);

        Assert.StartsWith(ProgramStage.Whole(), answer.Text, StringComparison.Ordinal);
        Assert.EndsWith("(an older answer)", answer.Text, StringComparison.Ordinal);
        Assert.Equal(("cache", true), (answer.ServedBy, answer.IsDegraded));
        Assert.True(answer.Age >= TimeSpan.Zero);
    }

    [Theory]
    [InlineData("seed")]
    [InlineData("penalty")]
    [InlineData("tool")]
    [InlineData("none")]
    public async Task WhateverChangesTheAnswer_IsNoSameCall(string change)
    {
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) => ProgramStage.Below(policy, new CacheRung { Fresh = TimeSpan.FromHours(1), Sampled = true }));
        await stage.AskAsync();
        var options = change switch
        {
            "seed" => new ChatOptions { Seed = 4 },
            "penalty" => new() { PresencePenalty = 0.5f },
            "tool" => new() { Tools = [AIFunctionFactory.Create(() => "x", "look")] },
            _ => new(),
        };

        var answer = await stage.AskAsync(options: options);

        Assert.Equal(change == "none" ? "cache" : "claude/claude-sonnet-4-5", answer.ServedBy);
        Assert.False(answer.IsDegraded);
    }

    [Theory]
    [InlineData(CacheUse.Renew)]
    [InlineData(CacheUse.None)]
    public async Task ACallThatWantsNoCache_AsksAModel(CacheUse use)
    {
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) => ProgramStage.Below(policy, new CacheRung { Fresh = TimeSpan.FromHours(1), Sampled = true }));
        await stage.AskAsync();

        Assert.Equal("claude/claude-sonnet-4-5", (await stage.AskAsync(options: new ChatOptions().With(new() { Cache = use }))).ServedBy);
        Assert.Equal(2, stage.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Notice_SaysWhatItIs_AndIsNeverToldToAModel(bool stream)
    {
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) => ProgramStage.Below(policy, Notice));
        stage.FailAll();

        var answer = await stage.AskAsync(stream);

        Assert.Equal((Resting, "notice", true), (answer.Text, answer.ServedBy, answer.IsDegraded));
        stage.HealAll();
        await stage.Runtime.Operator.ReviveAsync("all", "test", "test");
        var next = await stage.Chat.GetResponseAsync([new(ChatRole.User, ProgramStage.Prompt), .. answer.Messages, new(ChatRole.User, "And now?")], new() { ModelId = "gpt-4o" }, TestContext.Current.CancellationToken);
        var served = next.ServedBy!.StartsWith("openai", StringComparison.Ordinal) ? stage.OpenAI : stage.Claude;
        Assert.Contains("And now?", served.Stats.LastBody(), StringComparison.Ordinal);
        Assert.DoesNotContain("resting", served.Stats.LastBody(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AProgramThatWantsJson_GetsACleanError_InsteadOfANotice()
    {
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) => ProgramStage.Below(policy, Notice));
        stage.FailAll();

        var thrown = await Assert.ThrowsAsync<UnderstudyException>(() => stage.AskAsync(options: new() { ResponseFormat = ChatResponseFormat.Json }));

        Assert.Equal(FailureSide.Provider, thrown.Side);
        Assert.NotNull(thrown.RetryAfter);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EverythingIsGone_TheWorkIsKept_AndAnsweredAfterARestart(bool stream)
    {
        await using var stage = await DeferringAsync(Notice);
        await stage.Runtime.Operator.KillAsync("all", "ana", "test");

        var told = await stage.AskAsync(stream, options: new() { Seed = 7 });

        Assert.Equal(("defer", true), (told.ServedBy, told.IsDegraded));
        var id = Assert.IsType<string>(told.DeferredId);
        Assert.Contains(id, told.Text, StringComparison.Ordinal);
        Assert.Contains((await stage.Runtime.Deferred.FindAsync(id))!.State, (DeferredState[])[DeferredState.Waiting, DeferredState.Running]);

        await stage.RestartAsync();
        Assert.Single(stage.Runtime.Operator.Status.Orders); // it outlived the restart
        await stage.Runtime.Operator.ReviveAsync("all", "ana", "test");
        var done = await stage.Runtime.Deferred.WaitAsync(id, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(DeferredState.Done, done!.State);
        Assert.Equal(ProgramStage.Whole(), done.ResponseSensitive!.Text);
        Assert.Equal("claude/claude-sonnet-4-5", done.ResponseSensitive.ServedBy);
    }

    [Fact]
    public async Task HandedOverForLater_ByTheAbstractionsOwnWords()
    {
        await using var stage = await DeferringAsync();
        await stage.Runtime.Operator.KillAsync("all", "ana", "test");
        var options = new ChatOptions { ModelId = ProgramStage.Claude45, AllowBackgroundResponses = true };

        var kept = await stage.AskAsync(options: options);
        Assert.NotNull(kept.ContinuationToken);
        Assert.Empty(kept.Messages);
        options.ContinuationToken = kept.ContinuationToken;
        Assert.NotNull((await stage.AskAsync(options: options)).ContinuationToken);

        await stage.Runtime.Operator.ReviveAsync("all", "ana", "test");
        await stage.Runtime.Deferred.WaitAsync(kept.DeferredId!, cancellationToken: TestContext.Current.CancellationToken);
        var answer = await stage.AskAsync(options: options);
        Assert.Null(answer.ContinuationToken);
        Assert.Equal(ProgramStage.Whole(), answer.Text);
    }

    [Fact]
    public async Task HandedOver_TakenBack_AndForgotten()
    {
        await using var stage = await DeferringAsync();
        await stage.Runtime.Operator.KillAsync("all", "ana", "test");
        var work = await stage.Chat.DeferAsync([new(ChatRole.User, ProgramStage.Prompt)], new() { ModelId = ProgramStage.Claude45 });
        var waiting = stage.Runtime.Deferred.WaitAsync(work.Id, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(DeferredState.Cancelled, (await stage.Runtime.Deferred.CancelAsync(work.Id))!.State);
        Assert.Equal(DeferredState.Cancelled, (await waiting)!.State);
        Assert.NotNull(await stage.Runtime.Deferred.CancelAsync(work.Id));
        Assert.Null(await stage.Runtime.Deferred.FindAsync(work.Id));
        Assert.Null(await stage.Runtime.Deferred.FindAsync("dw_00000000000000000000000000000000"));
    }

    /// <summary>Who asks in another's name hears at once that there is no such work, and takes nobody else's waiting with him.</summary>
    [Fact]
    public async Task ManyWait_AndAllAreWoken_WhoeverElseAsks()
    {
        await using var stage = await DeferringAsync();
        await stage.Runtime.Operator.KillAsync("all", "ana", "test");
        var work = await stage.Chat.DeferAsync([new(ChatRole.User, ProgramStage.Prompt)], new() { ModelId = ProgramStage.Claude45 });
        var waiting = Enumerable.Range(0, 3).Select(_ => stage.Runtime.Deferred.WaitAsync(work.Id, cancellationToken: TestContext.Current.CancellationToken)).ToList();
        await stage.Runtime.Deferred.FindAsync(work.Id); // the store answers in order: all of them have looked

        Assert.Null(await stage.Runtime.Deferred.WaitAsync(work.Id, client: "somebody", TestContext.Current.CancellationToken));
        await stage.Runtime.Operator.ReviveAsync("all", "ana", "test");

        Assert.All(await Task.WhenAll(waiting), done => Assert.Equal(DeferredState.Done, done!.State));
    }

    [Fact]
    public async Task AllOfARoute_IsTakenBack_AndWhoWaitsHearsOfIt()
    {
        await using var stage = await DeferringAsync();
        await stage.Runtime.Operator.KillAsync("all", "ana", "test");
        await stage.Chat.DeferAsync([new(ChatRole.User, "The first, at which the worker may be.")], new() { ModelId = ProgramStage.Claude45 });
        var work = await stage.Chat.DeferAsync([new(ChatRole.User, ProgramStage.Prompt)], new() { ModelId = ProgramStage.Claude45 });
        var waiting = stage.Runtime.Deferred.WaitAsync(work.Id, cancellationToken: TestContext.Current.CancellationToken);
        await stage.Runtime.Deferred.FindAsync(work.Id);

        Assert.InRange(await stage.Runtime.Engine.Deferral.CancelLaneAsync("claude-*"), 1, 2);

        Assert.Equal(DeferredState.Cancelled, (await waiting)!.State);
    }

    [Fact]
    public async Task WorkThatMayTakeAYear_IsWaitedFor()
    {
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) => ProgramStage.Below(policy with { Store = _folder.Store }, new DeferRung { Keep = TimeSpan.FromDays(365) }));
        await stage.Runtime.Operator.KillAsync("all", "ana", "test");
        var work = await stage.Chat.DeferAsync([new(ChatRole.User, ProgramStage.Prompt)], new() { ModelId = ProgramStage.Claude45 });
        var waiting = stage.Runtime.Deferred.WaitAsync(work.Id, cancellationToken: TestContext.Current.CancellationToken);
        await stage.Runtime.Deferred.FindAsync(work.Id);

        await stage.Runtime.Operator.ReviveAsync("all", "ana", "test");

        Assert.Equal(DeferredState.Done, (await waiting)!.State);
    }

    /// <summary>What is written only when the disk has room again is told by nobody.</summary>
    [Fact]
    public async Task WhatNobodyTellsOf_IsSeenAMinuteLater()
    {
        var time = new Simulator.Tests.Support.ManualTime();
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) => ProgramStage.Below(policy with { Store = _folder.Store }, new DeferRung()), time: time);
        await stage.Runtime.Operator.KillAsync("all", "ana", "test");
        var work = await stage.Chat.DeferAsync([new(ChatRole.User, ProgramStage.Prompt)], new() { ModelId = ProgramStage.Claude45 });
        var waiting = stage.Runtime.Deferred.WaitAsync(work.Id, cancellationToken: TestContext.Current.CancellationToken);
        await stage.Runtime.Deferred.FindAsync(work.Id);

        Assert.True(await stage.Runtime.Engine.Deferral.Store!.EndAsync(work.Id, DeferredState.Failed, null, time.GetUtcNow()));
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(DeferredState.Failed, (await waiting)!.State);
    }

    /// <summary>The same options that handed the work over ask for it, as the abstractions have it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HandedOverInAClientsName_IsAskedForInIt(bool stream)
    {
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) =>
            ProgramStage.Below(policy with { Store = _folder.Store, Clients = [new() { Name = "website", KeyHash = new byte[32] }] }, new DeferRung()));
        await stage.Runtime.Operator.KillAsync("all", "ana", "test");
        var options = new ChatOptions { ModelId = ProgramStage.Claude45, AllowBackgroundResponses = true }.With(new() { Client = "website" });

        options.ContinuationToken = await TokenAsync();

        Assert.Equal(options.ContinuationToken!.ToBytes().ToArray(), (await TokenAsync())!.ToBytes().ToArray());
        options.AdditionalProperties!.Clear();
        await Assert.ThrowsAsync<UnderstudyException>(TokenAsync);

        async Task<ResponseContinuationToken?> TokenAsync() =>
            stream ? Assert.Single((await stage.StreamAsync(options: options)).Updates).ContinuationToken : (await stage.AskAsync(options: options)).ContinuationToken;
    }

    [Fact]
    public async Task OneKey_IsOnePieceOfWork_AndNobodyElses()
    {
        await using var stage = await DeferringAsync();
        await stage.Runtime.Operator.KillAsync("all", "ana", "test");
        var options = new ChatOptions { ModelId = ProgramStage.Claude45 }.With(new() { IdempotencyKey = "order 66" });

        var first = await stage.Chat.DeferAsync([new(ChatRole.User, ProgramStage.Prompt)], options);
        var second = await stage.Chat.DeferAsync([new(ChatRole.User, ProgramStage.Prompt)], options);

        Assert.Equal(first.Id, second.Id);
        Assert.Null(await stage.Runtime.Deferred.FindAsync(first.Id, client: "somebody"));
    }

    [Fact]
    public async Task ARouteThatCannotDefer_SaysSo()
    {
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) => policy with { Store = _folder.Store });

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => stage.Chat.DeferAsync([new(ChatRole.User, "x")], new() { ModelId = ProgramStage.Claude45 }));

        Assert.Contains("defer", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(0, stage.Runtime.InFlight);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task APersonAnswers(bool stream)
    {
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) => ProgramStage.Below(policy, new HumanRung { Inbox = "support", Degraded = true }));
        stage.FailAll();
        var asking = stage.AskAsync(stream);
        await stage.WaitUntilAsync(one => one.Happenings.Any(happening => happening.Kind == "inbox"));
        var question = Assert.Single(stage.Runtime.Inbox.WaitingSensitive);
        Assert.Equal((ProgramStage.Prompt, "support"), (question.QuestionSensitive.Question, question.Inbox));

        Assert.Equal(ReviewResult.Done, stage.Runtime.Inbox.Claim(question.Id, "rosa").Result);
        Assert.Equal(ReviewResult.Done, stage.Runtime.Inbox.Answer(question.Id, "rosa", "It rises at eight.").Result);

        var answer = await asking;
        Assert.Equal(("It rises at eight.", "human", true), (answer.Text, answer.ServedBy, answer.IsDegraded));
        Assert.Equal(ReviewResult.Ended, stage.Runtime.Inbox.Answer(question.Id, "ben", "No, at nine.").Result);
    }

    [Fact]
    public async Task APersonDropsIt_TheProgramHearsThePersonsWord()
    {
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) => ProgramStage.Below(policy, new HumanRung { Degraded = true }, Notice));
        stage.FailAll();
        var asking = stage.AskAsync();
        await stage.WaitUntilAsync(one => one.Happenings.Any(happening => happening.Kind == "inbox"));

        stage.Runtime.Inbox.Drop(stage.Runtime.Inbox.WaitingSensitive[0].Id, "rosa", "Please ring the box office.", "no answer by mail");

        var thrown = await Assert.ThrowsAsync<UnderstudyException>(() => asking);
        Assert.Equal(FailureKind.Dropped, thrown.Kind);
        Assert.Contains("Please ring the box office.", thrown.DetailSensitive, StringComparison.Ordinal);
        Assert.DoesNotContain("box office", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandedBack_AModelThatIsWellAgainAnswers()
    {
        await using var stage = await ProgramStage.StartAsync(change: (policy, _) => ProgramStage.Below(policy, new HumanRung { Degraded = true }));
        stage.FailAll();
        var asking = stage.AskAsync();
        await stage.WaitUntilAsync(one => one.Happenings.Any(happening => happening.Kind == "inbox"));
        stage.HealAll();

        stage.Runtime.Inbox.HandBack(stage.Runtime.Inbox.WaitingSensitive[0].Id, "rosa");

        Assert.Equal(ProgramStage.Whole(), (await asking).Text);
        Assert.Equal(CallOutcome.Answered, (await stage.OnlyRecordAsync()).Outcome);
    }

    [Fact]
    public async Task KeptForLater_APersonMayBeSooner()
    {
        await using var stage = await DeferringAsync(new HumanRung { Inbox = "support" });
        await stage.Runtime.Operator.KillAsync("all", "ana", "test");
        var shown = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Runtime.Inbox.Changed += change => shown.TrySetResult(change.Id);
        var work = await stage.Chat.DeferAsync([new(ChatRole.User, ProgramStage.Prompt)], new() { ModelId = ProgramStage.Claude45 });

        Assert.Equal(work.Id, await shown.Task.WaitAsync(TestContext.Current.CancellationToken));
        Assert.True(Assert.Single(stage.Runtime.Inbox.WaitingSensitive).IsDeferred);
        stage.Runtime.Inbox.Answer(work.Id, "rosa", "It rises at eight.");

        var done = await stage.Runtime.Deferred.WaitAsync(work.Id, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(("It rises at eight.", "human", true), (done!.ResponseSensitive!.Text, done.ResponseSensitive.ServedBy, done.ResponseSensitive.IsDegraded));
    }
}
