using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Observation;

namespace Understudy.Drills.Tests.Machine;

/// <summary>What the machine has found, each in the smallest run that shows it. Where it takes an unlucky moment, all moments are tried.</summary>
public sealed class FoundByTheMachineTests
{
    private static readonly ProviderModel Claude = Rehearsed.Provider("claude", WireProtocol.AnthropicMessages);
    private static readonly ProviderModel OpenAI = Rehearsed.Provider("openai", WireProtocol.OpenAIChat);
    private static readonly ProviderModel Gemini = Rehearsed.Provider("gemini", WireProtocol.Gemini);

    [Fact]
    public void ClientThatLeavesDuringABackoff_EndsItsCallThereAndThen()
    {
        var policy = Rehearsed.Policy(UseCaseModel.Interactive, OpenAI) with { Retry = new() { BaseDelay = TimeSpan.FromSeconds(8) }, Join = JoinModel.Off };
        // The first error comes within three seconds, and the wait after it is drawn from eight: at ten it either waits or has asked again.
        for (ulong seed = 1; seed <= 10; seed++)
        {
            var run = Rehearsed.Run(policy, [Rehearsed.Wish(1) with { Patience = TimeSpan.FromSeconds(4) }], [Rehearsed.Outage("openai", 0, 60, "http_500")], seed: seed);
            Assert.Empty(run.Findings);
            Assert.InRange(run.Calls[0].Record.Duration, TimeSpan.Zero, TimeSpan.FromSeconds(4));
        }
    }

    [Fact]
    public void ProcessDiesWhilePutOffWorkIsDone_EachPieceIsDoneOnce()
    {
        var policy = Rehearsed.Policy(UseCaseModel.Interactive, OpenAI);
        policy = policy with { Routes = [policy.Routes[0] with { Ladder = [.. policy.Routes[0].Ladder, new DeferRung { Words = new() { Text = PolicyMaker.Later } }] }] };
        var wishes = Enumerable.Range(1, 10).Select(at => Rehearsed.Wish(at) with { Question = at, WantsLater = at % 2 == 0 }).ToList();
        // The outage ends at 20 s, the breaker lets the first through after a minute and a half: from there on every moment is tried.
        for (var dies = 19.0; dies < 260; dies += 3.7)
        {
            var run = Rehearsed.Run(policy, wishes, [Rehearsed.Outage("openai", 0, 20, "http_500")], crashes: [new(TimeSpan.FromSeconds(dies), TimeSpan.FromSeconds(2))], length: TimeSpan.FromMinutes(20));
            Assert.Empty(run.Findings);
            Assert.Equal((10, 10), run.PutOff);
        }
    }

    [Fact]
    public void PutOffWorkThatHangsBeyondItsDeadline_IsBrokenOff()
    {
        var policy = Rehearsed.Policy(UseCaseModel.Interactive, OpenAI);
        policy = policy with { Routes = [policy.Routes[0] with { Ladder = [.. policy.Routes[0].Ladder, new DeferRung { Deadline = TimeSpan.FromMinutes(3), Words = new() { Text = PolicyMaker.Later } }] }] };
        // It is begun when all seems well, and the provider never answers it: a replay has half an hour's patience.
        var run = Rehearsed.Run(policy, [Rehearsed.Wish(25) with { WantsLater = true }], [Rehearsed.Outage("openai", 20, 3000, "hang")]);
        Assert.Empty(run.Findings);
        Assert.Equal((1, 0), run.PutOff);
    }

    [Fact]
    public void WhatIsTakenBack_IsNotDone()
    {
        var policy = Rehearsed.Policy(UseCaseModel.Interactive, OpenAI);
        policy = policy with { Routes = [policy.Routes[0] with { Ladder = [.. policy.Routes[0].Ladder, new DeferRung { Words = new() { Text = PolicyMaker.Later } }] }] };
        var wishes = Enumerable.Range(1, 6).Select(at => Rehearsed.Wish(at) with { Question = at, CancelsAfter = TimeSpan.FromSeconds(at) }).ToList();
        var run = Rehearsed.Run(policy, wishes, [Rehearsed.Outage("openai", 0, 60, "http_500")], length: TimeSpan.FromMinutes(20));
        Assert.Empty(run.Findings);
        Assert.Equal((6, 0), run.PutOff);
    }

    [Fact]
    public void BreakerThatCallsHadToProbe_IsProbedOnceAReloadSaysSo()
    {
        var policy = Rehearsed.Policy(UseCaseModel.Interactive, OpenAI) with { Breaker = new() { Probe = ProbeKind.Traffic } };
        var reload = new Act { At = TimeSpan.FromSeconds(90), Kind = ActKind.Reload, Policy = policy with { Breaker = new() } };
        var run = Rehearsed.Run(policy, [.. Enumerable.Range(1, 8).Select(at => Rehearsed.Wish(at))], [Rehearsed.Outage("openai", 0, 60, "http_500")], [reload]);
        Assert.Empty(run.Findings);
    }

    [Fact]
    public void CallThatProbesDuringSuchAReload_IsFollowedByProbes()
    {
        var policy = Rehearsed.Policy(UseCaseModel.Interactive, OpenAI) with { Breaker = new() { Probe = ProbeKind.Traffic } };
        var reload = new Act { At = TimeSpan.FromSeconds(90), Kind = ActKind.Reload, Policy = policy with { Breaker = new() } };
        // The eighth is a user's probe that hangs over the reload, and its client gives it up.
        var probe = Rehearsed.Wish(85) with { Question = 2, Patience = TimeSpan.FromSeconds(7) };
        var run = Rehearsed.Run(policy, [.. Enumerable.Range(1, 7).Select(at => Rehearsed.Wish(at)), probe], [Rehearsed.Outage("openai", 0, 60, "http_500"), Rehearsed.Outage("openai", 80, 100, "hang")], [reload]);
        Assert.Equal(1, run.Calls[^1].Record.Sent);
        Assert.Empty(run.Findings);
    }

    [Fact]
    public void ClientThatNeverReads_DoesNotHoldItsCallBeyondTheDeadline()
    {
        var policy = Rehearsed.Policy(UseCaseModel.Interactive with { Deadline = TimeSpan.FromSeconds(4) }, OpenAI);
        var run = Rehearsed.Run(policy, [Rehearsed.Wish(1) with { Reads = TimeSpan.MaxValue, Patience = TimeSpan.FromSeconds(50) }]);
        Assert.Equal((CallOutcome.Failed, 4), (run.Calls[0].Record.Outcome, Math.Round(run.Calls[0].Record.Duration.TotalSeconds)));
        Assert.Empty(run.Findings);
    }

    [Theory]
    [InlineData(WireProtocol.Gemini)]
    [InlineData(WireProtocol.OpenAIChat)]
    [InlineData(WireProtocol.AnthropicMessages)]
    public void SlowReaderAtItsDeadline_IsToldTheTruthAtEveryMoment(WireProtocol protocol)
    {
        var outcomes = new HashSet<CallOutcome>();
        for (var tenth = 20; tenth < 300; tenth++)
        {
            var policy = Rehearsed.Policy(UseCaseModel.Interactive with { Deadline = TimeSpan.FromSeconds(tenth / 10.0) }, Gemini);
            var run = Rehearsed.Run(policy, [Rehearsed.Wish(1, protocol) with { Reads = TimeSpan.FromSeconds(3) }]);
            Assert.Empty(run.Findings);
            outcomes.Add(run.Calls[0].Record.Outcome);
        }

        Assert.Equal([CallOutcome.Answered, CallOutcome.Failed], outcomes.Order());
    }

    [Theory]
    [InlineData(WireProtocol.Gemini)]
    [InlineData(WireProtocol.OpenAIChat)]
    public void SlowReaderWhoseProviderIsKilled_IsToldTheTruthAtEveryMoment(WireProtocol protocol)
    {
        var policy = Rehearsed.Policy(UseCaseModel.Interactive with { Deadline = TimeSpan.FromMinutes(5) }, Gemini);
        for (var tenth = 10; tenth < 300; tenth++)
        {
            var kill = new Act { At = TimeSpan.FromSeconds(tenth / 10.0), Kind = ActKind.Kill, What = "gemini" };
            Assert.Empty(Rehearsed.Run(policy, [Rehearsed.Wish(1, protocol) with { Reads = TimeSpan.FromSeconds(3) }], acts: [kill]).Findings);
        }
    }

    [Fact]
    public void SlowReaderThatFellBehind_OutlivesTheAttemptItWasReading()
    {
        var useCase = UseCaseModel.Interactive with { Deadline = TimeSpan.FromSeconds(120), Idle = TimeSpan.FromSeconds(2) };
        var policy = Rehearsed.Policy(useCase, Claude, OpenAI);
        var slow = Rehearsed.Wish(1) with { HasKey = true, Reads = TimeSpan.FromSeconds(6) };
        var run = Rehearsed.Run(policy, [slow, slow with { At = TimeSpan.FromSeconds(1.5), Reads = TimeSpan.Zero }], [Rehearsed.Outage("claude", 0, 60, "stream_stall")]);
        Assert.Equal(run.Calls[0].Record.Id, run.Calls[1].Record.JoinedTo);
        Assert.True(run.Calls[0].Record.Continued);
        Assert.Equal(CallOutcome.Answered, run.Calls[0].Record.Outcome);
        Assert.Empty(run.Findings);
    }

    [Fact]
    public void CallerThatNeverReads_DoesNotHoldAPersonsCallBeyondItsTime()
    {
        var policy = Rehearsed.Policy(UseCaseModel.Interactive with { Deadline = TimeSpan.FromSeconds(4) }, OpenAI);
        var route = policy.Routes[0];
        policy = policy with { Routes = [route with { Ladder = [.. route.Ladder, new HumanRung { Wait = TimeSpan.FromSeconds(30) }, new TargetRung { Targets = [new() { Provider = Claude, Model = "claude-1" }] }] }], Providers = [OpenAI, Claude] };
        // The seed's person comes too late.
        var run = Rehearsed.Run(policy, [Rehearsed.Wish(1) with { Reads = TimeSpan.MaxValue, Patience = TimeSpan.FromSeconds(200) }], [Rehearsed.Outage("openai", 0, 60, "http_401")], seed: 3);
        Assert.True(run.Calls[0].Record.AskedPerson);
        Assert.InRange(run.Calls[0].Record.Duration, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(34.1));
        Assert.Empty(run.Findings);
    }

    [Fact]
    public void KeyThatIsChangedDuringAnOutage_LeavesOneBreakerToCallsOfBothPolicies()
    {
        var useCase = UseCaseModel.Interactive with { Deadline = TimeSpan.FromSeconds(120) };
        var policy = Rehearsed.Policy(useCase, OpenAI) with { Retry = new() { BaseDelay = TimeSpan.FromSeconds(8), MaxDelay = TimeSpan.FromSeconds(8) } };
        var rotated = Rehearsed.Policy(useCase, OpenAI with { Key = "another" }) with { Retry = policy.Retry };
        // Calls of the old policy try again and again while calls of the new one open the breaker: then nobody gets through.
        var wishes = Enumerable.Range(0, 40).Select(i => Rehearsed.Wish(5 + (i * 0.25)) with { Question = i }).ToList();
        var run = Rehearsed.Run(policy, wishes, [Rehearsed.Outage("openai", 0, 60, "http_500")], [new() { At = TimeSpan.FromSeconds(6), Kind = ActKind.Reload, Policy = rotated }]);
        Assert.Empty(run.Findings);
        Assert.InRange(run.Calls.Sum(call => call.Record.Sent), 5, 40);
    }
}
