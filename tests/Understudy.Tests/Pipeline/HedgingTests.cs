using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;

namespace Understudy.Tests.Pipeline;

/// <summary>A second target beside one that is late: the first content wins, and nobody is asked more often than was allowed.</summary>
public sealed class HedgingTests
{
    private const string Claude = "claude/claude-sonnet-4-5";
    private const string OpenAI = "openai/gpt-5";
    private const string Spare = "spare/claude-x";

    /// <summary>After one second, and as often as wanted: what each test changes it says.</summary>
    private static readonly HedgeModel AfterASecond = new() { After = TimeSpan.FromSeconds(1), Share = 1 };

    private static readonly Reply Late = Reply.Say("From ", "Claude.") with { Delay = TimeSpan.FromSeconds(5) };

    [Fact]
    public void SecondIsSooner_ItWins_AndTheFirstIsGivenUpWithoutBlame()
    {
        var stage = On(AfterASecond);
        stage.Script(Claude, Late);
        stage.Script(OpenAI, Chat.Say("From OpenAI."));
        var client = stage.Call();
        Assert.Equal("From OpenAI.", client.Text);
        Assert.Equal((OpenAI, 2), (client.Head.ServedBy, client.Head.Attempts));
        Assert.Equal(1, client.Count("event: message_start"));
        Assert.Equal([(Claude, 0d), (OpenAI, 1d)], stage.Received.Select(call => (call.Target, call.At.TotalSeconds)));
        Assert.Equal(1.3, stage.Time.Elapsed.TotalSeconds, 6);
        Assert.Equal(1, stage.Aborted);
        var (first, second) = (stage.Records.Single().Attempts[0], stage.Records.Single().Attempts[1]);
        Assert.Equal((FailureKind.HedgeLost, WasteReason.HedgeLost, false), (first.Failure!.Kind, first.Waste, first.Hedge));
        Assert.Equal((null, WasteReason.None, true, 1), (second.Failure, second.Waste, second.Hedge, second.Rung));
        for (var i = 0; i < 20; i++) stage.Call();
        Assert.Equal(BreakerState.Closed, BreakerOf(stage, Claude).State);
    }

    [Fact]
    public void FirstIsSooner_TheSecondIsGivenUp()
    {
        var stage = On(AfterASecond);
        stage.Script(Claude, Reply.Say("From ", "Claude.") with { Delay = TimeSpan.FromSeconds(1.5) });
        stage.Script(OpenAI, Chat.Say("From OpenAI.") with { Delay = TimeSpan.FromSeconds(3) });
        var client = stage.Call();
        Assert.Equal("From Claude.", client.Text);
        Assert.Equal(string.Concat(Late.Pieces), client.Body); // its bytes are still the upstream's own
        Assert.Equal((Claude, 1.5), (client.Head.ServedBy, stage.Time.Elapsed.TotalSeconds));
        var record = stage.Records.Single();
        Assert.Equal((CallOutcome.Answered, Claude, 2), (record.Outcome, record.ServedBy, record.Sent));
        Assert.Equal((FailureKind.HedgeLost, WasteReason.HedgeLost), (record.Attempts[1].Failure!.Kind, record.Attempts[1].Waste));
        Assert.Equal(0, record.Attempts[0].Rung);
    }

    [Fact]
    public void FirstIsInTime_NobodyElseIsAsked()
    {
        var stage = On(AfterASecond);
        stage.Script(Claude, Reply.Say("From Claude.") with { Delay = TimeSpan.FromSeconds(0.9), Pace = TimeSpan.FromSeconds(0.01) });
        stage.Call();
        Assert.Single(stage.Received);
    }

    [Fact]
    public void WholeAnswers_AreHedgedToo()
    {
        var stage = On(AfterASecond, (Stage.Claude, null), (Stage.Spare, "claude-x"));
        stage.Script(Claude, Reply.Json(Anthropic.Message) with { Delay = TimeSpan.FromSeconds(5) });
        stage.Script(Spare, Reply.Json(Anthropic.Message));
        var client = stage.Call(stream: false);
        Assert.Equal((Anthropic.Message, Spare), (client.Body, client.Head.ServedBy));
        Assert.Equal(1.3, stage.Time.Elapsed.TotalSeconds, 6);
    }

    [Fact]
    public void TwoTranslatedAttempts_DoNotWriteIntoOneAnswer()
    {
        var stage = On(AfterASecond, (Stage.OpenAI, "gpt-5"), (Stage.OpenAI, "gpt-6"));
        stage.Script(OpenAI, Reply.Stream(Chat.Role, Chat.Text("Lost.")) with { Pace = TimeSpan.FromSeconds(3) });
        stage.Script("openai/gpt-6", Chat.Say("Won.") with { Pace = TimeSpan.FromSeconds(0.5) });
        var client = stage.Call();
        Assert.Equal("Won.", client.Text);
        Assert.Equal(1, client.Count("event: message_start"));
        Assert.Equal(1, client.Count("event: message_stop"));
        Assert.Equal(0, client.Count("Lost"));
    }

    [Fact]
    public void FirstFailsWhileTheSecondRuns_ItCounts_AndTheSecondServes()
    {
        var stage = On(AfterASecond);
        stage.Script(Claude, Reply.Error(500, "api_error") with { Delay = TimeSpan.FromSeconds(2) });
        stage.Script(OpenAI, Chat.Say("From OpenAI.") with { Delay = TimeSpan.FromSeconds(3) });
        var client = stage.Call();
        Assert.Equal("From OpenAI.", client.Text);
        Assert.Equal(2, stage.Received.Count); // no retry of the first beside the second
        Assert.Equal(FailureKind.ProviderError, stage.Records.Single().Attempts[0].Failure!.Kind);
        for (var i = 0; i < 4; i++) stage.Call();
        Assert.Equal(BreakerState.Open, BreakerOf(stage, Claude).State);
    }

    [Fact]
    public void SecondFails_TheFirstStillServes()
    {
        var stage = On(AfterASecond);
        stage.Script(Claude, Late);
        stage.Script(OpenAI, Reply.Error(500, "api_error"));
        var client = stage.Call();
        Assert.Equal("From Claude.", client.Text);
        Assert.Equal((2, 5d), (stage.Received.Count, stage.Time.Elapsed.TotalSeconds));
        Assert.Equal(FailureKind.ProviderError, stage.Records.Single().Attempts[1].Failure!.Kind);
        Assert.Equal(WasteReason.None, stage.Records.Single().Attempts[1].Waste);
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(3, 0.5)]
    public void BothFail_TheLadderGoesOn(double first, double second)
    {
        var stage = On(AfterASecond, (Stage.Claude, null), (Stage.OpenAI, "gpt-5"), (Stage.Spare, "claude-x"));
        stage.Script(Claude, Reply.Error(400 + 29, "rate_limit_error", retryAfter: "30") with { Delay = TimeSpan.FromSeconds(first) });
        stage.Script(OpenAI, Reply.Error(401, "authentication_error") with { Delay = TimeSpan.FromSeconds(second) });
        stage.Script(Spare, Reply.Say("From the spare."));
        var client = stage.Call();
        Assert.Equal(("From the spare.", Spare, 3), (client.Text, client.Head.ServedBy, client.Head.Attempts));
        Assert.Equal([Claude, OpenAI, Spare], stage.Received.Select(call => call.Target));
        Assert.Equal(BreakerState.Open, BreakerOf(stage, Claude).State); // it asked to be left alone, and is
        Assert.Equal((BreakerState.Open, FailureKind.KeyRejected), (BreakerOf(stage, OpenAI).State, BreakerOf(stage, OpenAI).Cause)); // a key that never worked
    }

    [Fact]
    public void ClientsMistake_EndsBoth_AndGoesBackUnchanged()
    {
        var stage = On(AfterASecond);
        stage.Script(Claude, Reply.Error(400, "invalid_request_error") with { Delay = TimeSpan.FromSeconds(2) });
        stage.Script(OpenAI, Chat.Say("Never.") with { Delay = TimeSpan.FromSeconds(6) });
        var client = stage.Call();
        Assert.Equal((400, 2d), (client.Head.Status, stage.Time.Elapsed.TotalSeconds));
        Assert.Equal(Reply.Error(400, "invalid_request_error").Pieces[0], client.Body);
        Assert.Equal(CallOutcome.ClientError, stage.Records.Single().Outcome);
        Assert.Equal(1, stage.Aborted);
    }

    [Fact]
    public void WinnerIsCut_TheLoserMayGoOn()
    {
        var stage = On(AfterASecond, (Stage.Claude, null), (Stage.Spare, "claude-x"));
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("Half of ")) with { End = End.Reset, Delay = TimeSpan.FromSeconds(1.5) }, Reply.Hang);
        stage.Script(Spare, Reply.Hang, Reply.Say("a sentence."));
        var client = stage.Call();
        Assert.Equal("Half of a sentence.", client.Text);
        Assert.Equal(1, client.Count("event: message_start"));
        Assert.Equal(1, client.Count("event: message_stop"));
        Assert.Equal([Claude, Spare, Claude, Spare], stage.Received.Select(call => call.Target));
    }

    [Fact]
    public void ClientLeaves_BothAreGivenUp()
    {
        var stage = On(AfterASecond, join: JoinModel.Off);
        stage.Script(Claude, Late);
        stage.Script(OpenAI, Reply.Hang);
        using var leaves = new CancellationTokenSource();
        var running = stage.Begin(new Client(), leaves: leaves.Token);
        stage.Time.Advance(TimeSpan.FromSeconds(2));
        leaves.Cancel();
        Assert.True(running.IsCompleted);
        Assert.Equal(2, stage.Aborted);
        Assert.Equal(CallOutcome.Cancelled, stage.Records.Single().Outcome);
    }

    [Fact]
    public void NobodyElseIsWell_NoHedge()
    {
        var stage = On(AfterASecond, (Stage.Claude, null), (Stage.OpenAI, "gpt-5"));
        stage.Script(Claude, Late);
        stage.Script(OpenAI, Reply.Error(500, "server_error")); // for the probes
        stage.Engine.Targets.Get(Stage.OpenAI, "gpt-5", new()).Breaker.Trip(FailureKind.ProviderError, TimeSpan.FromMinutes(1));
        Assert.Equal("From Claude.", stage.Call().Text);
        stage.Time.Advance(TimeSpan.FromMinutes(2)); // being tried now: a hedge is no probe
        stage.Call();

        stage.Engine.Apply(stage.Engine.Model.Policy with { Kill = KillSwitch.Parse("openai") });
        stage.Engine.Targets.Get(Stage.OpenAI, "gpt-5", new()).Breaker.Reset();
        stage.Call();
        Assert.Equal(3, stage.Received.Count(call => call.Target == Claude));
        Assert.DoesNotContain(stage.Records.SelectMany(record => record.Attempts), attempt => attempt.Hedge);
    }

    [Fact]
    public void DegradedRung_DoesNotRaceWithAnUndegradedOne()
    {
        var route = Stage.Route((Stage.Claude, null), (Stage.OpenAI, "gpt-5")) with { Hedge = AfterASecond };
        route = route with { Ladder = [route.Ladder[0], route.Ladder[1] with { Degraded = true }] };
        var stage = new Stage(policy => policy with { Routes = [route] });
        stage.Script(Claude, Late);
        Assert.Equal("false", stage.Call().Head.Degraded ? "true" : "false");
        Assert.Single(stage.Received);
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public void Alone_TheSameTargetIsAskedTwice_OnlyWhereThatIsAllowed(bool allowed, int calls)
    {
        var stage = On(AfterASecond with { SameTarget = allowed }, (Stage.Claude, null));
        stage.Script(Claude, Late, Reply.Say("From Claude."));
        Assert.Equal("From Claude.", stage.Call().Text);
        Assert.Equal(calls, stage.Received.Count);
    }

    [Fact]
    public void AttemptsOfTheCall_BoundHedgesToo()
    {
        var stage = new Stage(policy => policy with { Routes = [policy.Routes[0] with { Hedge = AfterASecond, MaxAttempts = 1 }] });
        stage.Script(Claude, Late);
        stage.Call();
        Assert.Single(stage.Received);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.3)]
    public void Hedges_AreNoMoreThanTheirShareOfCalls(double share)
    {
        var stage = On(AfterASecond with { Share = share });
        stage.Script(Claude, Late with { Pieces = Reply.Say("x").Pieces });
        stage.Script(OpenAI, Chat.Say("x"));
        for (var calls = 1; calls <= 300; calls++)
        {
            stage.Call();
            var hedges = stage.Received.Count - calls;
            Assert.True(hedges <= share * calls, $"{hedges} hedges of {calls} calls");
        }

        Assert.True(stage.Received.Count - 300 >= (int)(share * 300) - 1, "the share is not used");
    }

    [Fact]
    public void AdaptiveTime_ComesFromTheTargetsOwnTimes_AndOfEnoughOfThem()
    {
        var stage = On(new() { Quantile = 0.9, Share = 1 });
        stage.Script(OpenAI, Chat.Say("x"));
        stage.Script(Claude, Reply.Say("x") with { Delay = TimeSpan.FromSeconds(4) });
        stage.Call();
        Assert.Single(stage.Received); // nothing is known yet

        stage.Script(Claude, Reply.Say("x") with { Delay = TimeSpan.FromSeconds(0.4) });
        for (var i = 0; i < 60; i++) stage.Call();
        Assert.Equal(61, stage.Received.Count);
        stage.Received.Clear();
        stage.Script(Claude, Reply.Say("x") with { Delay = TimeSpan.FromSeconds(4) });
        var before = stage.Time.Elapsed;
        stage.Call();
        Assert.Equal([Claude, OpenAI], stage.Received.Select(call => call.Target));
        Assert.InRange((stage.Received[1].At - before).TotalSeconds, 0.4, 0.4 * 1.2);
    }

    [Fact]
    public void OvertakenAttempts_AreLearntFrom_ElseTheEstimateWouldSink()
    {
        var stage = On(new() { Quantile = 0.5, Share = 1 });
        stage.Script(OpenAI, Chat.Say("x"));
        stage.Script(Claude, Reply.Say("x") with { Delay = TimeSpan.FromSeconds(0.5) });
        for (var i = 0; i < 30; i++) stage.Call();
        stage.Script(Claude, Reply.Say("x") with { Delay = TimeSpan.FromSeconds(20) });
        for (var i = 0; i < 200; i++) stage.Call();
        var hedgedAt = stage.Engine.Targets.All.Single(target => target.Target.Name == Claude).FirstContents.Quantile(1, 0.5)!.Value;
        Assert.InRange(hedgedAt.TotalSeconds, 0.7, 20); // it was 0.5 to 0.6
    }

    /// <summary>Delays and failures as chance has them: the bound of design.md §6 holds, and every call ends once and well formed.</summary>
    [Fact]
    public void WhateverHappens_AttemptsStayWithinTheBound()
    {
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var chance = new Chance(seed);
            var stage = new Stage(policy => policy with
            {
                Routes = [Stage.Route((Stage.Claude, null), (Stage.OpenAI, "gpt-5"), (Stage.Spare, "claude-x")) with { Hedge = new() { After = TimeSpan.FromSeconds(1), Share = 0.2 } }],
                Retry = new() { BudgetFloorPerSecond = 0, BudgetRatio = 0.1 },
            });
            stage.Script(Claude, _ => Reply(chance, claude: true));
            stage.Script(OpenAI, _ => Reply(chance, claude: false));
            stage.Script(Spare, _ => Reply(chance, claude: true));
            const int Calls = 60;
            var running = new List<(Client Client, Task Task)>();
            for (var i = 0; i < Calls; i++)
            {
                var client = new Client();
                running.Add((client, stage.Begin(client)));
                stage.Time.Advance(TimeSpan.FromMilliseconds(chance.Next(2000)));
            }

            foreach (var (client, task) in running)
            {
                stage.Finish(task);
                Assert.True(client.Begun);
                Assert.True(client.Count("event: message_start") <= 1 && client.Count("event: message_stop") <= 1, $"seed {seed}: {client.Body}");
            }

            var attempts = stage.Records.SelectMany(record => record.Attempts).Where(attempt => attempt.Sent).ToList();
            Assert.Equal(stage.Received.Count, attempts.Count + stage.Engine.Targets.All.Sum(target => target.Probes.Sent));
            Assert.True(attempts.Count(attempt => attempt.Hedge) <= 0.2 * Calls, $"seed {seed}: {attempts.Count(attempt => attempt.Hedge)} hedges");
            // Beside hedges: one attempt a target and rung of the ladder, and what the retry budget allows; twice for a cut answer.
            Assert.All(stage.Records, record => Assert.True(record.Sent <= 6, $"seed {seed}: {record.Sent} attempts"));
            Assert.All(stage.Records, record => Assert.NotEqual(CallOutcome.Running, record.Outcome));
        }

        static Reply Reply(Chance chance, bool claude)
        {
            var delay = TimeSpan.FromMilliseconds(chance.Next(3000));
            return chance.Next(6) switch
            {
                0 => Pipeline.Reply.Error(500, "api_error") with { Delay = delay },
                1 => Pipeline.Reply.Hang,
                2 when claude => Pipeline.Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("One.")) with { End = End.Reset, Delay = delay },
                _ => claude ? Pipeline.Reply.Say("One.") with { Delay = delay } : Chat.Say("One.") with { Delay = delay },
            };
        }
    }

    private static Stage On(HedgeModel hedge, JoinModel? join = null) => On(hedge, join, (Stage.Claude, null), (Stage.OpenAI, "gpt-5"));

    private static Stage On(HedgeModel hedge, params (ProviderModel Provider, string? Model)[] targets) => On(hedge, null, targets);

    private static Stage On(HedgeModel hedge, JoinModel? join, params (ProviderModel Provider, string? Model)[] targets) =>
        new(policy => policy with { Routes = [Stage.Route(targets) with { Hedge = hedge, Join = join }] });

    private static Breaker BreakerOf(Stage stage, string target) => stage.Engine.Targets.All.Single(one => one.Target.Name == target).Breaker;
}
