using Understudy.Calls;
using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Pipeline;

namespace Understudy.Tests.Pipeline;

/// <summary>From an outage back to full traffic, through the whole pipeline, with nobody doing anything.</summary>
public sealed class RecoveryTests
{
    private const string Claude = "claude/claude-sonnet-4-5";
    private const string OpenAI = "openai/gpt-5";

    private static readonly RouteModel _onlyClaude = Stage.Route((Stage.Claude, null));

    [Fact]
    public void Outage_Failover_Probes_Ramp_AndFullReturn()
    {
        var stage = new Stage();
        Sick(stage, Claude);
        Well(stage, OpenAI);
        Run(stage, TimeSpan.FromMinutes(5));
        var asked = UserCalls(stage, Claude);
        Assert.Equal(BreakerState.Open, Breaker(stage).State);
        Assert.InRange(asked, 5, 6);
        Assert.NotEmpty(Probes(stage, Claude));

        Well(stage, Claude);
        var well = stage.Time.Elapsed;
        while (Breaker(stage).State == BreakerState.Open) Run(stage, TimeSpan.FromSeconds(1));
        Assert.InRange((stage.Time.Elapsed - well).TotalSeconds, 20, 100);
        Assert.Equal(3, Probes(stage, Claude).Count(at => at > well)); // no user's request paid for finding out
        Assert.DoesNotContain(UserCallTimes(stage, Claude), at => at > well && at < Probes(stage, Claude)[^1]);

        var (begun, calls) = (stage.Time.Elapsed, stage.Records.Count);
        while (Breaker(stage).State == BreakerState.HalfOpen) Run(stage, TimeSpan.FromSeconds(1));
        Assert.Equal(BreakerState.Closed, Breaker(stage).State);
        Assert.InRange((stage.Time.Elapsed - begun).TotalSeconds, 60, 180);
        Assert.InRange(UserCalls(stage, Claude) - asked, 3, (stage.Records.Count - calls) / 4);
        Assert.Contains(stage.Records, record => record.Attempts[0].Failure?.Kind == FailureKind.Recovering);

        Run(stage, TimeSpan.FromSeconds(30));
        Assert.Equal(Claude, stage.Records[^1].ServedBy);
        Assert.All(stage.Records, record => Assert.Equal(CallOutcome.Answered, record.Outcome));
        Assert.Equal(
            ["being tried with 1 %", "being tried with 5 %", "being tried with 25 %", "well again"],
            Told(stage).Where(text => !text.Contains(" out ", StringComparison.Ordinal)).Select(text => text.Split(" is ")[1].Split(" of its")[0]));
        NothingUncounted(stage);
    }

    [Fact]
    public void Probes_CarryNothingOfAnyUser_AndAreCounted()
    {
        var stage = new Stage();
        Sick(stage, Claude);
        Well(stage, OpenAI);
        var ended = new List<ProbeRecord>();
        stage.Journal.ProbeEnded += ended.Add;
        Run(stage, TimeSpan.FromMinutes(3));
        var state = State(stage, Claude);
        Assert.Equal(ended.Count, state.Probes.Sent);
        Assert.Equal(0, state.Probes.Good);
        Assert.All(ended, probe => Assert.Equal(FailureKind.ProviderError, probe.Failure!.Kind));
        Assert.All(stage.Received.Where(call => IsProbe(call.Body)), call => Assert.DoesNotContain("Tell me", call.Body, StringComparison.Ordinal));
        Well(stage, Claude);
        Run(stage, TimeSpan.FromMinutes(2));
        Assert.NotEqual(0, state.Probes.Good);
        Assert.Equal(3 * state.Probes.Good, state.Probes.Usage.Output);
        Assert.DoesNotContain("secret", string.Concat(ended.Select(probe => probe.ToString())) + string.Concat(Told(stage)), StringComparison.Ordinal);
    }

    [Fact]
    public void GoodProbesButBadAnswers_NeverGetFullTraffic_AndCostFewUsers()
    {
        var stage = new Stage(policy => policy with { Retry = new() { AttemptsPerTarget = 1 } });
        stage.Script(Claude, body => IsProbe(body) ? Reply.Json(Anthropic.Message) : Reply.Error(529, "overloaded_error"));
        Well(stage, OpenAI);
        Run(stage, TimeSpan.FromHours(1));
        Assert.All(stage.Records, record => Assert.Equal(CallOutcome.Answered, record.Outcome));
        Assert.InRange(UserCalls(stage, Claude), 8, 16); // five to open it, and one in each ramp
        Assert.InRange(Breaker(stage).Relapses, 4, 10);
        Assert.DoesNotContain(Told(stage), text => text.EndsWith("well again", StringComparison.Ordinal));
    }

    [Fact]
    public void FlappingProvider_GetsNoFullTrafficWithinTenMinutesOfAGoodProbe()
    {
        // The shares are those of claude-2026-03-02: three waves with false recoveries between.
        var stage = new Stage(policy => policy with { Retry = new() { AttemptsPerTarget = 1 } });
        var chance = new Chance(42);
        double Ok() => stage.Time.Elapsed.TotalMinutes switch { < 238 => 0.55, < 326 => 0.97, < 335 => 0.6, < 367 => 0.95, < 378 => 0.6, < 389 => 0.95, < 425 => 0.6, < 567 => 0.9, _ => 1 };
        stage.Script(Claude, body => chance.NextDouble() < Ok() ? Good(Claude, body) : Reply.Error(500, "api_error"));
        Well(stage, OpenAI);
        var tried = TimeSpan.Zero;
        var returns = new List<TimeSpan>();
        Attend(stage);
        Breaker(stage).Changed += state =>
        {
            if (state == BreakerState.Open) tried = TimeSpan.Zero;
            if (state == BreakerState.HalfOpen && tried == TimeSpan.Zero) tried = stage.Time.Elapsed;
            if (state == BreakerState.Closed) returns.Add(stage.Time.Elapsed - tried);
        };
        Run(stage, TimeSpan.FromMinutes(700), every: TimeSpan.FromSeconds(3));
        Assert.NotEmpty(returns);
        Assert.All(returns, took => Assert.True(took >= TimeSpan.FromMinutes(10), $"full traffic {took} after a good probe"));
        Assert.Equal(BreakerState.Closed, Breaker(stage).State);
        Assert.All(stage.Records, record => Assert.Equal(CallOutcome.Answered, record.Outcome));
    }

    [Fact]
    public void LowTraffic_ComesBackByProbes_NotByItsHundredthCall()
    {
        var stage = new Stage(policy => policy with { Retry = new() { AttemptsPerTarget = 1 } });
        Sick(stage, Claude);
        Well(stage, OpenAI);
        Run(stage, TimeSpan.FromMinutes(50), every: TimeSpan.FromMinutes(5));
        // A call in five minutes fills no window: only failures in a row could open it.
        Assert.Equal(BreakerState.Open, Breaker(stage).State);
        Well(stage, Claude);
        Run(stage, TimeSpan.FromMinutes(15), every: TimeSpan.FromMinutes(5));
        Assert.Equal(BreakerState.Closed, Breaker(stage).State);
        Assert.Equal(Claude, stage.Records[^1].ServedBy);
    }

    [Fact]
    public void OnlyTarget_IsProbedSoon_AndServesEverybodyAgainWithinAMinute()
    {
        var stage = new Stage(policy => policy with { Routes = [_onlyClaude] });
        Sick(stage, Claude);
        Run(stage, TimeSpan.FromMinutes(30));
        Assert.Equal(BreakerState.Open, Breaker(stage).State);
        Well(stage, Claude);
        var (well, calls) = (stage.Time.Elapsed, stage.Records.Count);
        while (stage.Records[^1].Outcome != CallOutcome.Answered) Run(stage, TimeSpan.FromSeconds(1));
        Assert.InRange((stage.Time.Elapsed - well).TotalSeconds, 20, 45);
        // From the first answer on nobody is refused: one call at a time is within any bound.
        calls = stage.Records.Count;
        Run(stage, TimeSpan.FromMinutes(4));
        Assert.All(stage.Records.Skip(calls), record => Assert.Equal(CallOutcome.Answered, record.Outcome));
        Assert.Equal(BreakerState.Closed, Breaker(stage).State);
        NothingUncounted(stage);
    }

    [Fact]
    public void OnlyTarget_ComesBackToAHerd_WhichIsLetInByAndBy()
    {
        var stage = new Stage(policy => policy with { Routes = [_onlyClaude] });
        Sick(stage, Claude);
        Run(stage, TimeSpan.FromMinutes(2));
        Well(stage, Claude);
        while (Breaker(stage).State == BreakerState.Open) stage.Time.Advance(TimeSpan.FromSeconds(1));
        var served = new List<int>();
        for (var round = 0; round < 6; round++)
        {
            var herd = Enumerable.Range(0, 40).Select(_ => stage.Begin(new Client())).ToArray();
            foreach (var call in herd) stage.Finish(call);
            served.Add(stage.Records.TakeLast(40).Count(record => record.Outcome == CallOutcome.Answered));
        }

        Assert.Equal([2, 2, 5, 8, 17, 32], served); // doubled each round, and of 100 calls one by the ramp's share
    }

    [Fact]
    public void OthersOut_TheTargetThatComesBackFirst_TakesWhatItCan()
    {
        var stage = new Stage();
        Sick(stage, Claude);
        Sick(stage, OpenAI);
        Run(stage, TimeSpan.FromMinutes(2));
        Well(stage, Claude);
        Run(stage, TimeSpan.FromMinutes(1));
        var calls = stage.Records.Count;
        Run(stage, TimeSpan.FromSeconds(10));
        Assert.All(stage.Records.Skip(calls), record => Assert.Equal(Claude, record.ServedBy));
        Assert.Equal(BreakerState.Open, Breaker(stage, OpenAI).State);
    }

    [Fact]
    public void KilledTarget_GetsNothing_NotEvenProbes_UntilItIsRevived()
    {
        var stage = new Stage();
        Sick(stage, Claude);
        Well(stage, OpenAI);
        Run(stage, TimeSpan.FromSeconds(20));
        var policy = stage.Engine.Model.Policy;
        var before = stage.Received.Count(call => call.Target == Claude);
        stage.Engine.Apply(policy with { Kill = new(["claude"]) });
        Run(stage, TimeSpan.FromMinutes(30));
        Assert.Equal(before, stage.Received.Count(call => call.Target == Claude));
        Well(stage, Claude);
        stage.Engine.Apply(policy);
        Run(stage, TimeSpan.FromMinutes(10));
        Assert.Equal(BreakerState.Closed, Breaker(stage).State);
    }

    [Fact]
    public void ProviderThatLeftThePolicy_IsProbedNoMore()
    {
        var stage = new Stage();
        Sick(stage, Claude);
        Well(stage, OpenAI);
        Run(stage, TimeSpan.FromSeconds(20));
        var before = stage.Received.Count(call => call.Target == Claude);
        stage.Engine.Apply(stage.Engine.Model.Policy with { Providers = [Stage.OpenAI], Routes = [Stage.Route((Stage.OpenAI, "gpt-5"))] });
        stage.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(before, stage.Received.Count(call => call.Target == Claude));
    }

    [Fact]
    public async Task DisposedEngine_ProbesNoMore()
    {
        var stage = new Stage();
        Sick(stage, Claude);
        Well(stage, OpenAI);
        Run(stage, TimeSpan.FromSeconds(20));
        await stage.Engine.DisposeAsync();
        var before = stage.Received.Count;
        stage.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(before, stage.Received.Count);
    }

    [Fact]
    public void ProbeThatHangs_IsEndedByItsOwnClock_AndOneIsUnderWayAtATime()
    {
        var stage = new Stage();
        stage.Script(Claude, body => IsProbe(body) ? Reply.Hang : Reply.Error(500, "api_error"));
        Well(stage, OpenAI);
        Run(stage, TimeSpan.FromMinutes(5));
        var probes = Probes(stage, Claude);
        Assert.True(probes.Count > 2);
        Assert.All(probes.Zip(probes.Skip(1)), pair => Assert.True(pair.Second - pair.First > TimeSpan.FromSeconds(10)));
        Assert.Equal(FailureKind.FirstTokenTimeout, State(stage, Claude).Probes.Last!.Failure!.Kind);
        Assert.InRange(State(stage, Claude).Probes.Last!.Duration.TotalSeconds, 10, 10.1);
    }

    [Fact]
    public void ProbeByTraffic_NothingIsSentThatNoUserAskedFor()
    {
        var stage = new Stage(policy => policy with { Breaker = new() { Probe = ProbeKind.Traffic } });
        Sick(stage, Claude);
        Well(stage, OpenAI);
        Run(stage, TimeSpan.FromMinutes(5));
        Well(stage, Claude);
        Run(stage, TimeSpan.FromMinutes(10));
        Assert.Equal(BreakerState.Closed, Breaker(stage).State);
        Assert.DoesNotContain(stage.Received, call => IsProbe(call.Body));
        Assert.All(stage.Records, record => Assert.Equal(CallOutcome.Answered, record.Outcome));
    }

    // Correlated targets.

    [Fact]
    public void Siblings_AreProbedAtOnce_AndKeepTheirTrafficWhileTheyAreGood()
    {
        var stage = new Stage(policy => policy with
        {
            Routes = [Stage.Route((Stage.Claude, "claude-opus-5"), (Stage.Claude, "claude-sonnet-4-5"), (Stage.OpenAI, "gpt-5"))],
            Retry = new() { AttemptsPerTarget = 1 },
        });
        Sick(stage, "claude/claude-opus-5");
        Well(stage, Claude);
        Well(stage, OpenAI);
        Run(stage, TimeSpan.FromSeconds(30));
        Assert.Equal(BreakerState.Open, Breaker(stage, "claude/claude-opus-5").State);
        Assert.Single(Probes(stage, Claude));
        Assert.True(Breaker(stage).IsSuspect);
        Assert.Empty(Probes(stage, OpenAI));
        Assert.Equal(Claude, stage.Records[^1].ServedBy);

        // The stampede: the sibling melts under what fell on it. It goes at the third failure.
        stage.Script(Claude, Reply.Error(529, "overloaded_error"));
        var before = UserCalls(stage, Claude);
        Run(stage, TimeSpan.FromSeconds(30));
        Assert.Equal(3, UserCalls(stage, Claude) - before);
        Assert.All(stage.Records, record => Assert.Equal(CallOutcome.Answered, record.Outcome));
    }

    [Fact]
    public void SharedEdge_MakesSuspectsOfOtherProviders_ForWhatAnEdgeCanCause()
    {
        var other = Stage.Spare with { Edge = "cdn" };
        var first = Stage.Claude with { Edge = "cdn" };
        var stage = new Stage(policy => policy with
        {
            Providers = [first, Stage.OpenAI, other],
            Routes = [Stage.Route((first, null), (Stage.OpenAI, "gpt-5"), (other, "claude-x"))],
        });
        stage.Script(Claude, Reply.NoConnection);
        Well(stage, OpenAI);
        Well(stage, "spare/claude-x");
        Run(stage, TimeSpan.FromSeconds(10));
        Assert.True(Breaker(stage, "spare/claude-x").IsSuspect);
        Assert.False(Breaker(stage, OpenAI).IsSuspect);
        Assert.Contains(stage.Journal.Recent, happening => happening.Kind == "suspect" && happening.Subject == "spare/claude-x");
    }

    [Fact]
    public void WithinOneRung_AnotherThanTheSuspectIsPicked_WhereItIsNotAboutOrder()
    {
        var rung = new TargetRung
        {
            Targets = [new() { Provider = Stage.Claude, Model = "claude-sonnet-4-5", Weight = 1000 }, new() { Provider = Stage.OpenAI, Model = "gpt-5", Weight = 0.001 }],
            Pick = PickRule.Weighted,
        };
        var stage = new Stage(policy => policy with { Routes = [Stage.Route() with { Ladder = [rung] }] });
        Well(stage, Claude);
        Well(stage, OpenAI);
        stage.Call();
        Assert.Equal(Claude, stage.Records[^1].ServedBy);
        Breaker(stage).Suspect();
        stage.Call();
        Assert.Equal(OpenAI, stage.Records[^1].ServedBy);
    }

    // Codes that lie.

    [Fact]
    public void KeyThatNeverWorked_OpensAtOnce_AndIsToldAsSuch_EachTime()
    {
        var stage = new Stage(policy => policy with { Routes = [_onlyClaude] });
        stage.Script(Claude, Reply.Error(401, "authentication_error"));
        var first = stage.Call();
        Assert.Equal(BreakerState.Open, Breaker(stage).State);
        var second = stage.Call();
        Assert.Single(stage.Received);
        Assert.Equal(first.Head.Status, second.Head.Status);
        Assert.Null(second.Head.RetryAfter);
        Assert.All(stage.Records, record => Assert.Equal(FailureKind.KeyRejected, record.Failure!.Kind));
        Assert.Contains(Told(stage), text => text.EndsWith("rejects the gateway's key", StringComparison.Ordinal));
    }

    [Fact]
    public void KeyThatWorkedMinutesAgo_401ToEverybodyIsAnOutage_ThatEndsByItself()
    {
        var stage = new Stage(policy => policy with { Routes = [_onlyClaude] });
        Well(stage, Claude);
        Run(stage, TimeSpan.FromMinutes(5));
        stage.Script(Claude, Reply.Error(401, "authentication_error"));
        var client = stage.Call();
        Assert.Equal(529, client.Head.Status); // try again later: not "your keys are wrong"
        Assert.NotNull(client.Head.RetryAfter);
        Assert.All(stage.Records[^1].Attempts, attempt => Assert.Equal(FailureKind.FalseRefusal, attempt.Failure!.Kind));
        Run(stage, TimeSpan.FromMinutes(5));
        Assert.Equal(BreakerState.Open, Breaker(stage).State);
        Well(stage, Claude);
        Run(stage, TimeSpan.FromMinutes(5));
        Assert.Equal(BreakerState.Closed, Breaker(stage).State);
        Assert.Equal(CallOutcome.Answered, stage.Records[^1].Outcome);
    }

    [Fact]
    public void OneClients400_GoesBackUnchanged_HoweverOften()
    {
        var stage = new Stage();
        stage.Script(Claude, body => body.Contains("bad", StringComparison.Ordinal) ? Reply.Error(400, "invalid_request_error") : Good(Claude, body));
        Well(stage, OpenAI);
        for (var i = 0; i < 300; i++)
        {
            stage.Call(caller: i % 3 == 0 ? "nightly" : "website");
            if (i < 150) continue;
            var refused = stage.Call(body: Ask("bad"), caller: "website");
            Assert.Equal(400, refused.Head.Status);
            Assert.Equal(Reply.Error(400, "invalid_request_error").Pieces[0], refused.Body);
        }

        Assert.DoesNotContain(stage.Received, call => call.Target == OpenAI);
        Assert.Equal(BreakerState.Closed, Breaker(stage).State);
    }

    [Fact]
    public void SuddenlyAFifthOfAllClientsGets400_TheyAreMovedOn()
    {
        // azure-2026-03-09: a fifth of the calls of one model, whoever called.
        var stage = new Stage();
        var chance = new Chance(3);
        var sick = false;
        stage.Script(Claude, body => sick && !IsProbe(body) && chance.NextDouble() < 0.2 ? Reply.Error(400, "invalid_request_error") : Good(Claude, body));
        Well(stage, OpenAI);
        void Minutes(int minutes)
        {
            for (var end = stage.Time.Elapsed + TimeSpan.FromMinutes(minutes); stage.Time.Elapsed < end;)
            {
                stage.Call(caller: stage.Records.Count % 3 == 0 ? "nightly" : "website");
                stage.Time.Advance(TimeSpan.FromMilliseconds(200));
            }
        }

        Minutes(5);
        sick = true;
        Minutes(1);
        var seen = stage.Records.Count(record => record.Outcome == CallOutcome.ClientError);
        Assert.InRange(seen, 1, 15); // what it takes to tell
        Minutes(30);
        Assert.Equal(seen, stage.Records.Count(record => record.Outcome == CallOutcome.ClientError));
        Assert.Contains(stage.Records, record => record.ServedBy == OpenAI && record.Attempts[0].Failure?.Kind == FailureKind.FalseRefusal);
        sick = false;
        Minutes(3);
        Assert.Equal(Claude, stage.Records[^1].ServedBy);
    }

    // The world.

    private static string Ask(string text) => $$"""{"model":"claude-sonnet-4-5","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"{{text}}"}]}""";

    private static void Run(Stage stage, TimeSpan span, TimeSpan? every = null)
    {
        for (var end = stage.Time.Elapsed + span; stage.Time.Elapsed < end;)
        {
            stage.Call();
            stage.Time.Advance(every ?? TimeSpan.FromMilliseconds(200));
        }
    }

    private static bool IsProbe(string body) => body.Contains("\"Hi\"", StringComparison.Ordinal);

    private static Reply Good(string target, string body) => (target.StartsWith("openai", StringComparison.Ordinal), IsProbe(body)) switch
    {
        (true, true) => Reply.Json("""{"id":"c","object":"chat.completion","created":1,"model":"gpt-5","choices":[{"index":0,"message":{"role":"assistant","content":null},"finish_reason":"length"}],"usage":{"prompt_tokens":7,"completion_tokens":16,"total_tokens":23}}"""),
        (true, false) => Chat.Say("Hello."),
        (false, true) => Reply.Json(Anthropic.Message),
        (false, false) => Reply.Say("Hello."),
    };

    private static void Well(Stage stage, string target) => stage.Script(target, body => Good(target, body));

    private static void Sick(Stage stage, string target) => stage.Script(target, _ => Reply.Error(500, "api_error"));

    /// <summary>Makes the engine know its first target.</summary>
    private static void Attend(Stage stage) => stage.Engine.Model.Routes.Find("claude-sonnet-4-5");

    private static TargetState State(Stage stage, string target) => stage.Engine.Targets.All.Single(state => state.Target.Name == target);

    private static Breaker Breaker(Stage stage, string target = Claude) => State(stage, target).Breaker;

    private static int UserCalls(Stage stage, string target) => stage.Received.Count(call => call.Target == target && !IsProbe(call.Body));

    private static IReadOnlyList<TimeSpan> UserCallTimes(Stage stage, string target) => [.. stage.Received.Where(call => call.Target == target && !IsProbe(call.Body)).Select(call => call.At)];

    private static IReadOnlyList<TimeSpan> Probes(Stage stage, string target) => [.. stage.Received.Where(call => call.Target == target && IsProbe(call.Body)).Select(call => call.At)];

    private static IReadOnlyList<string> Told(Stage stage) => [.. stage.Journal.Recent.Where(happening => happening.Kind == "breaker").Select(happening => happening.Text).Reverse()];

    /// <summary>What the providers received is what the records tell of: calls' attempts and probes, nothing else.</summary>
    private static void NothingUncounted(Stage stage)
    {
        Assert.Equal(stage.Received.Count, stage.Records.Sum(record => record.Sent) + stage.Engine.Targets.All.Sum(state => state.Probes.Sent));
        var retries = stage.Records.Sum(record => Math.Max(record.Attempts.Count(attempt => attempt.Sent) - record.Attempts.Where(attempt => attempt.Sent).Select(attempt => attempt.Target).Distinct().Count(), 0));
        var policy = stage.Engine.Model.Policy.Retry;
        Assert.True(retries <= (stage.Records.Count * policy.BudgetRatio) + (policy.BudgetFloorPerSecond * (stage.Time.Elapsed.TotalSeconds + 10)));
    }
}
