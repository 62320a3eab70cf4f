using Understudy.Calls;
using Understudy.CircuitBreaker;
using Understudy.Coalescing;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Tests.Pipeline;

/// <summary>
/// A client that gives up and comes back: it gets the one answer that is already being made for it, all of it, and nobody is
/// asked twice. And nobody ever gets an answer that is not his own.
/// </summary>
public sealed class JoiningTests
{
    private const string Claude = "claude/claude-sonnet-4-5";
    private const string OpenAI = "openai/gpt-5";

    /// <summary>Eight events, one a second from 1.3 s to 8.3 s; the third is the first content.</summary>
    private static readonly Reply Slow = Reply.Say("One, ", "two, ", "three.") with { Pace = TimeSpan.FromSeconds(1) };

    private static readonly string Whole = string.Concat(Slow.Pieces);

    /// <summary>When the first client leaves and how much later the retry comes: before the first content, in the middle, after the end.</summary>
    public static TheoryData<double, double> Moments
    {
        get
        {
            var moments = new TheoryData<double, double>();
            foreach (var leaves in (double[])[0.1, 1.5, 3.5, 5.5, 8.1])
            {
                foreach (var later in (double[])[0, 0.5, 2.1, 5, 9.9]) moments.Add(leaves, later);
            }

            return moments;
        }
    }

    [Theory, MemberData(nameof(Moments))]
    public void Retry_JoinsTheStreamInAnyState_AndGetsAllOfIt(double leaves, double later)
    {
        var stage = new Stage();
        stage.Script(Claude, Slow with { Headers = new(Slow.Headers) { ["request-id"] = "req_1" } });
        var (first, retry) = LeaveAndRetry(stage, leaves, later);

        Assert.Equal(Whole, retry.Body);
        Assert.StartsWith(first.Body, Whole, StringComparison.Ordinal);
        Assert.Single(stage.Received);
        Assert.Equal(0, stage.Aborted);
        Assert.Equal((200, "us_retry", "us_first", Claude, 1, false), (retry.Head.Status, retry.Head.RequestId, retry.Head.JoinedTo, retry.Head.ServedBy, retry.Head.Attempts, retry.Head.Degraded));
        Assert.Equal([("content-type", "text/event-stream"), ("request-id", "req_1")], retry.Headers);
        Assert.Equal(0, stage.Engine.Flights.Held);

        var left = stage.Records.Single(record => record.Id == "us_first");
        Assert.Equal((CallOutcome.Cancelled, FailureKind.ClientLeft, 1), (left.Outcome, left.Failure!.Kind, left.Sent));
        Assert.Equal(WasteReason.None, left.Attempts[0].Waste); // it was fetched
        var joined = stage.Records.Single(record => record.Id == "us_retry");
        Assert.Equal((CallOutcome.Answered, "us_first", Claude, 0, default(Usage)), (joined.Outcome, joined.JoinedTo, joined.ServedBy, joined.Sent, joined.Usage));
        Assert.Empty(joined.Attempts);
        Assert.Null(joined.Failure);
        Assert.Equal(Math.Max(3.3 - leaves - later, 0), joined.FirstContent!.Value.TotalSeconds, 6);
        Assert.Equal(BreakerState.Closed, stage.Engine.Targets.All.Single(target => target.Target.Name == Claude).Breaker.State);
    }

    /// <summary>Words that do not repeat: a loop would be noticed.</summary>
    private static readonly string Mebibyte = string.Join(' ', Enumerable.Range(100_000, 200_000))[..(1 << 20)];

    [Theory]
    [InlineData(0.1, 0)]
    [InlineData(0.1, 1)]
    [InlineData(0.1, 5)]
    [InlineData(3.9, 9.9)]
    public void Retry_JoinsAWholeAnswerInAnyState(double leaves, double later)
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Json(Anthropic.Message) with { Delay = TimeSpan.FromSeconds(4) });
        var (first, retry) = LeaveAndRetry(stage, leaves, later, stream: false);
        Assert.False(first.Begun);
        Assert.Equal(Anthropic.Message, retry.Body);
        Assert.Equal((Anthropic.Message.Length, "us_first"), (retry.Head.ContentLength, retry.Head.JoinedTo));
        Assert.Equal([("content-type", "application/json")], retry.Headers);
        Assert.Single(stage.Received);
        Assert.Equal(0, stage.Engine.Flights.Held);
    }

    [Fact]
    public void TranslatedAnswer_IsJoinedToo()
    {
        var stage = new Stage(policy => policy with { Routes = [Stage.Route((Stage.OpenAI, "gpt-5"))] });
        stage.Script(OpenAI, Chat.Say("One, ", "two.") with { Pace = TimeSpan.FromSeconds(1) });
        var (_, retry) = LeaveAndRetry(stage, 2.5, 1);
        Assert.Equal("One, two.", retry.Text);
        Assert.Equal(1, retry.Count("event: message_start"));
        Assert.Equal(1, retry.Count("event: message_stop"));
        Assert.Equal("text/event-stream; charset=utf-8", retry.Head.ContentType);
        Assert.Single(stage.Received);
    }

    [Fact]
    public void NobodyComesBack_TheUpstreamIsGivenUpAfterTheGraceTime_AndTheCostWasForNothing()
    {
        var stage = new Stage(policy => policy with { Join = new() { Grace = TimeSpan.FromSeconds(4) } });
        stage.Script(Claude, Slow);
        using var leaves = new CancellationTokenSource();
        var running = stage.Begin(new Client(), leaves: leaves.Token);
        stage.Time.Advance(TimeSpan.FromSeconds(2));
        leaves.Cancel();
        stage.Time.Advance(TimeSpan.FromSeconds(3.9));
        Assert.Equal(0, stage.Aborted);
        Assert.False(running.IsCompleted);
        stage.Time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(1, stage.Aborted);
        Assert.True(running.IsCompleted);
        var record = Assert.Single(stage.Records);
        Assert.Equal((CallOutcome.Cancelled, WasteReason.ClientLeft), (record.Outcome, record.Attempts.Single().Waste));
        Assert.Equal((false, "the client left"), (record.Continued, record.Failure!.Reason));
        Assert.Equal(0, stage.Engine.Flights.Held);

        Assert.Equal(Whole, stage.Call().Body); // an equal call now is a new one
        Assert.Equal(2, stage.Received.Count);
    }

    [Fact]
    public void NobodyFetchesAFinishedAnswer_ItIsForgottenAfterTheGraceTime()
    {
        var stage = new Stage();
        stage.Script(Claude, Slow);
        using var leaves = new CancellationTokenSource();
        var running = stage.Begin(new Client(), leaves: leaves.Token);
        stage.Time.Advance(TimeSpan.FromSeconds(5));
        leaves.Cancel();
        stage.Time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(running.IsCompleted);
        Assert.NotEqual(0, stage.Engine.Flights.Held);
        stage.Time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.True(running.IsCompleted);
        Assert.Equal(0, stage.Engine.Flights.Held);
        var record = Assert.Single(stage.Records);
        Assert.Equal((CallOutcome.Cancelled, WasteReason.ClientLeft, Claude), (record.Outcome, record.Attempts.Single().Waste, record.ServedBy));
        Assert.Equal(8.3, record.Duration.TotalSeconds, 6); // the call's, not the waiting for a retry
        stage.Call();
        Assert.Equal(2, stage.Received.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Off_TheUpstreamIsGivenUpAtOnce(bool onTheRoute)
    {
        var stage = new Stage(policy => onTheRoute
            ? policy with { Routes = [policy.Routes[0] with { Join = JoinModel.Off }] }
            : policy with { Join = JoinModel.Off });
        stage.Script(Claude, Slow);
        using var leaves = new CancellationTokenSource();
        var running = stage.Begin(new Client(), leaves: leaves.Token);
        stage.Time.Advance(TimeSpan.FromSeconds(4));
        leaves.Cancel();
        Assert.True(running.IsCompleted);
        Assert.Equal(1, stage.Aborted);
        Assert.Equal(WasteReason.ClientLeft, stage.Records.Single().Attempts.Single().Waste);
    }

    [Fact]
    public void EqualCallsAtOnce_AreTwoCalls_ForTheyMayWantTwoAnswers()
    {
        var stage = new Stage();
        stage.Script(Claude, Slow);
        var clients = new[] { new Client(), new Client() };
        var running = clients.Select(client => stage.Begin(client)).ToArray();
        foreach (var call in running) stage.Finish(call);
        Assert.Equal(2, stage.Received.Count);
        Assert.All(clients, client => Assert.Null(client.Head.JoinedTo));
    }

    [Fact]
    public void SaysThatItIsARetry_JoinsACallWhoseClientIsNotKnownToHaveLeft()
    {
        var stage = new Stage();
        stage.Script(Claude, Slow);
        var (first, retry) = (new Client(), new Client());
        var running = stage.Begin(first, asking: new("us_first"));
        stage.Time.Advance(TimeSpan.FromSeconds(4));
        stage.Finish(stage.Begin(retry, asking: new("us_retry") { Retry = true }));
        stage.Finish(running);
        Assert.Single(stage.Received);
        Assert.Equal((Whole, Whole, "us_first"), (first.Body, retry.Body, retry.Head.JoinedTo));
        Assert.All(stage.Records, record => Assert.Equal(CallOutcome.Answered, record.Outcome));
    }

    [Fact]
    public void SaysThatItIsARetry_OfOneOfTwoEqualCalls_JoinsNeither_UnlessOneWasLeft()
    {
        var stage = new Stage();
        stage.Script(Claude, Slow);
        using var leaves = new CancellationTokenSource();
        var running = new[] { stage.Begin(new Client(), asking: new("us_1")), stage.Begin(new Client(), asking: new("us_2"), leaves: leaves.Token) };
        stage.Time.Advance(TimeSpan.FromSeconds(4));
        var unknown = new Client();
        var third = stage.Begin(unknown, asking: new("us_3") { Retry = true });
        Assert.Equal(3, stage.Received.Count);
        leaves.Cancel();
        var known = new Client();
        stage.Finish(stage.Begin(known, asking: new("us_4") { Retry = true }));
        foreach (var call in running.Append(third)) stage.Finish(call);
        Assert.Equal((3, "us_2", null), (stage.Received.Count, known.Head.JoinedTo, unknown.Head.JoinedTo));
    }

    [Fact]
    public void RetryAfterAnError_DoesNotTakeTheAnswerOfAnEqualCallThatStillRuns()
    {
        var stage = new Stage(policy => policy with { Routes = [Stage.Route((Stage.Claude, null)) with { MaxAttempts = 1 }] });
        stage.Script(Claude, Slow, Reply.Error(500, "api_error"), Slow);
        var sample = new Client();
        var running = stage.Begin(sample, asking: new("us_1"));
        Assert.Equal(500, FinishedAt(stage, 1, asking: new("us_2")).Head.Status);
        var retry = new Client();
        var retrying = stage.Begin(retry, asking: new("us_3") { Retry = true });
        Assert.Equal(3, stage.Received.Count); // it wants a sample of its own, and its own call is over
        var again = stage.Begin(new Client(), asking: new("us_4") { Retry = true }); // of one of two that run
        foreach (var call in new[] { running, retrying, again }) stage.Finish(call);
        Assert.Equal(4, stage.Received.Count);
    }

    [Fact]
    public void DeliveredAnswer_IsNotGivenAgain()
    {
        var stage = new Stage();
        stage.Script(Claude, Slow);
        stage.Call();
        stage.Call();
        stage.Finish(stage.Begin(new Client(), asking: new("us_retry") { Retry = true }));
        Assert.Equal(3, stage.Received.Count);

        // Nor is one that a retry has fetched.
        LeaveAndRetry(stage, 5, 1);
        stage.Call();
        Assert.Equal(5, stage.Received.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SameIdempotencyKey_JoinsACallInFlight_AndHearsItAgainWithinTheGraceTime(bool stream)
    {
        var stage = new Stage();
        stage.Script(Claude, stream ? Slow : Reply.Json(Anthropic.Message));
        var whole = stream ? Whole : Anthropic.Message;
        var first = new Client();
        var running = stage.Begin(first, stream, asking: new("us_1") { Key = "k" });
        stage.Time.Advance(TimeSpan.FromSeconds(0.2));
        var second = new Client();
        var joined = stage.Begin(second, stream, asking: new("us_2") { Key = "k" });
        stage.Finish(running);
        Assert.True(joined.IsCompleted);
        stage.Time.Advance(TimeSpan.FromSeconds(9));
        var third = new Client();
        stage.Finish(stage.Begin(third, stream, asking: new("us_3") { Key = "k" }));
        Assert.Equal([whole, whole, whole], [first.Body, second.Body, third.Body]);
        Assert.Equal("us_1", third.Head.JoinedTo);
        Assert.Single(stage.Received);

        var other = new Client();
        stage.Finish(stage.Begin(other, stream, asking: new("us_4") { Key = "other" }));
        Assert.Equal((2, null), (stage.Received.Count, other.Head.JoinedTo));
        stage.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0, stage.Engine.Flights.Held);
        stage.Finish(stage.Begin(new Client(), stream, asking: new("us_5") { Key = "k" }));
        Assert.Equal(3, stage.Received.Count);
    }

    [Fact]
    public void HostTakesTheBodyBack_ARepetitionIsStillComparedWithWhatWasAsked()
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Json(Anthropic.Message));
        stage.Finish(stage.Begin(new Client(), stream: false, asking: new("us_1") { Key = "k" }));
        stage.Received.Clear();
        stage.Overwrite(); // as the pool's next user would
        stage.Finish(stage.Begin(new Client(), stream: false, asking: new("us_2") { Key = "k" }));
        Assert.Empty(stage.Received);
    }

    public static TheoryData<string> Differences => ["caller", "body", "model", "query", "header", "key", "stream", "protocol", "route"];

    [Theory, MemberData(nameof(Differences))]
    public void WhatDiffers_IsNeverJoined(string what)
    {
        var stage = new Stage(policy => policy with
        {
            Routes = [Stage.Route((Stage.Claude, null)) with { Match = ["claude-sonnet-4-5"] }, Stage.Route((Stage.Claude, null)) with { Name = "other", Match = ["claude-opus-4-1"] }],
        });
        foreach (var target in new[] { Claude, "claude/claude-opus-4-1" })
        {
            stage.Script(target, body => body.Contains("\"stream\":true", StringComparison.Ordinal) ? Slow : Reply.Json(Anthropic.Message) with { Delay = TimeSpan.FromSeconds(4) });
        }

        var body = Body("What is asked.");
        using var leaves = new CancellationTokenSource();
        var running = stage.Begin(new Client(), body: body, leaves: leaves.Token, asking: new("us_1") { Caller = "a", Headers = [new("anthropic-beta", "x")] });
        stage.Time.Advance(TimeSpan.FromSeconds(1));
        leaves.Cancel();

        var asking = new Asking("us_2") { Caller = "a", Retry = true, Headers = [new("anthropic-beta", "x"), new("X-Stainless-Retry-Count", "1"), new("traceparent", "00-1")] };
        var other = new Client();
        stage.Finish(what switch
        {
            "caller" => stage.Begin(other, body: body, asking: asking with { Caller = "b" }),
            "body" => stage.Begin(other, body: Body("What is asleep"), asking: asking),
            "model" => stage.Begin(other, body: body, model: "claude-opus-4-1", asking: asking),
            "query" => stage.Begin(other, body: body, asking: asking with { Query = "?beta=true" }),
            "header" => stage.Begin(other, body: body, asking: asking with { Headers = [new("anthropic-beta", "y")] }),
            "key" => stage.Begin(other, body: body, asking: asking with { Key = "k" }),
            "stream" => stage.Begin(other, body: body.Replace("true", "false", StringComparison.Ordinal), stream: false, asking: asking),
            "protocol" => stage.Begin(other, body: body, protocol: WireProtocol.OpenAIChat, asking: asking),
            "route" => stage.Begin(other, body: body, model: "claude-opus-4-1", asking: asking),
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        });
        Assert.Equal((2, null), (stage.Received.Count, other.Head.JoinedTo));

        // The very same, with other marks of its way, is joined: the test would pass for nothing if it were not.
        var same = new Client();
        stage.Finish(stage.Begin(same, body: body, asking: asking with { Id = "us_3" }));
        Assert.Equal((2, "us_1"), (stage.Received.Count, same.Head.JoinedTo));
        stage.Finish(running);
    }

    [Fact]
    public void HashesCollide_TheBodiesDecide()
    {
        var stage = new Stage(flights: time => new(time, hash: _ => 42));
        stage.Script(Claude, body => Reply.Say(body.Contains("secret of A", StringComparison.Ordinal) ? "For A." : "For B.") with { Pace = TimeSpan.FromSeconds(1) });
        using var leaves = new CancellationTokenSource();
        var running = stage.Begin(new Client(), body: Body("The secret of A"), leaves: leaves.Token);
        stage.Time.Advance(TimeSpan.FromSeconds(4));
        leaves.Cancel();
        var b = new Client();
        var joining = stage.Begin(b, body: Body("The secret of B"), asking: new("us_b") { Retry = true });
        stage.Finish(joining);
        Assert.Equal("For B.", b.Text);
        var a = new Client();
        stage.Finish(stage.Begin(a, body: Body("The secret of A"), asking: new("us_a") { Retry = true }));
        stage.Finish(running);
        Assert.Equal("For A.", a.Text);
        Assert.Equal(2, stage.Received.Count);
    }

    [Fact]
    public void Hash_SeesEverySampledPlace_AndTheLength()
    {
        var body = new byte[200_000];
        var hashes = new HashSet<ulong> { HashOf(body) };
        for (var at = 0; at < 64; at++)
        {
            var changed = body.ToArray();
            changed[at == 63 ? body.Length - 1 : at * ((body.Length - 8) / 63)] = 1;
            Assert.True(hashes.Add(HashOf(changed)), $"place {at}");
        }

        Assert.True(hashes.Add(HashOf(new byte[200_001])));
        for (var length = 0; length < 600; length++) Assert.True(hashes.Add(HashOf(new byte[length])), $"length {length}");
        var small = new byte[100];
        for (var at = 0; at < small.Length; at++)
        {
            small[at] ^= 1;
            Assert.True(hashes.Add(HashOf(small)), $"byte {at} of a small body");
            small[at] ^= 1;
        }

        static ulong HashOf(byte[] bytes) => SameCall.Hash(new() { Protocol = WireProtocol.OpenAIChat, Body = bytes, Facts = default, Model = "m" }, 7);
    }

    [Fact]
    public void JoinedCallFails_AllHearTheSameError()
    {
        var stage = new Stage(policy => policy with { Routes = [Stage.Route((Stage.Claude, null)) with { MaxAttempts = 1 }] });
        stage.Script(Claude, Reply.Error(500, "api_error") with { Delay = TimeSpan.FromSeconds(3) });
        var (first, retry) = (new Client(), new Client());
        var running = stage.Begin(first, asking: new("us_1"));
        stage.Time.Advance(TimeSpan.FromSeconds(1));
        stage.Finish(stage.Begin(retry, asking: new("us_2") { Retry = true }));
        stage.Finish(running);
        Assert.Equal((500, first.Body, true), (retry.Head.Status, retry.Body, retry.Head.DoNotRetry));
        Assert.NotEmpty(retry.Body);
        Assert.Single(stage.Received);
        Assert.All(stage.Records, record => Assert.Equal((CallOutcome.Failed, FailureKind.ProviderError), (record.Outcome, record.Failure!.Kind)));
    }

    [Fact]
    public void LeftCallFails_TheRetryIsANewCall()
    {
        var stage = new Stage(policy => policy with { Routes = [Stage.Route((Stage.Claude, null)) with { MaxAttempts = 1 }] });
        stage.Script(Claude, Reply.Error(500, "api_error"), Slow);
        using var leaves = new CancellationTokenSource();
        var running = stage.Begin(new Client(), leaves: leaves.Token);
        leaves.Cancel();
        stage.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(running.IsCompleted); // nothing to wait for
        var retry = new Client();
        stage.Finish(stage.Begin(retry, asking: new("us_2") { Retry = true }));
        Assert.Equal((Whole, 2), (retry.Body, stage.Received.Count));
        Assert.Equal(CallOutcome.Cancelled, stage.Records[0].Outcome);
        Assert.Equal(0, stage.Engine.Flights.Held);
    }

    [Theory]
    [InlineData(2.5)]
    [InlineData(4.5)]
    [InlineData(5.5)]
    public void CutAndContinuedWhileNobodyIsThere_TheRetryGetsOneWholeMessage(double later)
    {
        var stage = new Stage(policy => policy with { Retry = new() { AttemptsPerTarget = 1 } });
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("One, "), Anthropic.Text("two, ")) with { End = End.Reset, Pace = TimeSpan.FromSeconds(1) });
        stage.Script(OpenAI, Chat.Say("three.") with { Pace = TimeSpan.FromSeconds(0.5) });
        var (_, retry) = LeaveAndRetry(stage, 1, later);
        Assert.Equal("One, two, three.", retry.Text);
        Assert.Equal(1, retry.Count("event: message_start"));
        Assert.Equal(1, retry.Count("event: message_stop"));
        Assert.Equal([Claude, OpenAI], stage.Received.Select(call => call.Target));
        Assert.Equal(CallOutcome.Answered, stage.Records.Single(record => record.Id == "us_retry").Outcome);
    }

    [Fact]
    public void BrokenForGood_AllHearTheSameBrokenEnd()
    {
        var stage = new Stage(policy => policy with { Routes = [Stage.Route((Stage.Claude, null)) with { MaxAttempts = 1 }] });
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("One, ")) with { End = End.Reset, Pace = TimeSpan.FromSeconds(1) });
        var (_, retry) = LeaveAndRetry(stage, 1, 1);
        Assert.Equal(1, retry.Count("event: error"));
        Assert.Equal(0, retry.Count("event: message_stop"));
        Assert.Equal(CallOutcome.Failed, stage.Records.Single(record => record.Id == "us_retry").Outcome);
    }

    [Fact]
    public void SlowJoiner_HoldsUpNobody_AndStillGetsEverything()
    {
        var stage = new Stage();
        stage.Script(Claude, Slow);
        var (first, slow, quick) = (new Client(), new Client(), new Client());
        var running = stage.Begin(first, asking: new("us_1"));
        stage.Time.Advance(TimeSpan.FromSeconds(4));
        slow.StopReading();
        var slowly = stage.Begin(slow, asking: new("us_2") { Retry = true });
        var quickly = stage.Begin(quick, asking: new("us_3") { Retry = true });
        stage.Time.Advance(TimeSpan.FromSeconds(4.4));
        Assert.Equal((Whole, Whole), (first.Body, quick.Body));
        Assert.True(running.IsCompleted && quickly.IsCompleted);
        Assert.False(slowly.IsCompleted);
        Assert.Equal(1, slow.Writes);
        slow.ReadOn();
        Assert.True(slowly.IsCompleted);
        Assert.Equal(Whole, slow.Body);
        Assert.Equal(0, stage.Engine.Flights.Held);
    }

    [Fact]
    public void SlowFirstClient_DoesNotHoldUpItsOwnRetry()
    {
        var stage = new Stage();
        stage.Script(Claude, Slow);
        var (first, retry) = (new Client(), new Client());
        var running = stage.Begin(first, asking: new("us_1"));
        stage.Time.Advance(TimeSpan.FromSeconds(2));
        first.StopReading();
        stage.Time.Advance(TimeSpan.FromSeconds(2.5)); // the first content is stuck
        var retrying = stage.Begin(retry, asking: new("us_2") { Retry = true });
        stage.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.True(retrying.IsCompleted);
        Assert.Equal(Whole, retry.Body);
        Assert.False(running.IsCompleted); // the host must not take the connection away from under a write
        first.ReadOn();
        Assert.True(running.IsCompleted);
        Assert.Equal(Whole, first.Body);
        Assert.All(stage.Records, record => Assert.Equal(CallOutcome.Answered, record.Outcome));
        Assert.Equal(0, stage.Engine.Flights.Held);
    }

    [Fact]
    public void JoinerThatNeverReads_IsCutOffAtItsDeadline()
    {
        var stage = new Stage();
        stage.Script(Claude, Slow);
        var stuck = new Client();
        var running = stage.Begin(new Client(), asking: new("us_1"));
        stage.Time.Advance(TimeSpan.FromSeconds(4));
        stuck.StopReading();
        var joined = stage.Begin(stuck, asking: new("us_2") { Retry = true });
        stage.Finish(running);
        stage.Finish(joined);
        Assert.Equal(64, stage.Time.Elapsed.TotalSeconds, 6);
        Assert.True(stuck.Aborted);
        Assert.Equal(CallOutcome.Failed, stage.Records.Single(record => record.Id == "us_2").Outcome);
        Assert.Equal(0, stage.Engine.Flights.Held);
    }

    [Fact]
    public void ManyJoiners_EachLeavesForItself_AndWithTheLastTheGraceTimeBeginsAnew()
    {
        var stage = new Stage(policy => policy with { Join = new() { Grace = TimeSpan.FromSeconds(2) } });
        stage.Script(Claude, Reply.Say([.. Enumerable.Repeat("word ", 20)]) with { Pace = TimeSpan.FromSeconds(2.5) });
        var leaves = Enumerable.Range(0, 20).Select(_ => new CancellationTokenSource()).ToArray();
        var clients = leaves.Select(_ => new Client()).ToArray();
        var running = clients.Select((client, i) => stage.Begin(client, leaves: leaves[i].Token, asking: new($"us_{i}") { Retry = i > 0 })).ToArray();
        Assert.Single(stage.Received);
        foreach (var leave in leaves)
        {
            stage.Time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(0, stage.Aborted);
            leave.Cancel();
        }

        stage.Time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Equal(0, stage.Aborted);
        stage.Time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(1, stage.Aborted);
        Assert.All(running, call => Assert.True(call.IsCompleted));
        Assert.All(stage.Records, record => Assert.Equal(CallOutcome.Cancelled, record.Outcome));
        Assert.Equal(0, stage.Engine.Flights.Held);
        foreach (var leave in leaves) leave.Dispose();
    }

    [Fact]
    public void GrowsBeyondWhatIsKept_ItIsNotJoinable_AndAsBeforeGivenUpWithItsClient()
    {
        var stage = new Stage();
        var large = Enumerable.Repeat(Anthropic.Text(Mebibyte), 6).ToArray();
        stage.Script(Claude, Reply.Stream([Anthropic.Start, Anthropic.Open, .. large, Anthropic.Close, Anthropic.Delta, Anthropic.Stop]) with { Pace = TimeSpan.FromSeconds(1) });
        using var leaves = new CancellationTokenSource();
        var running = stage.Begin(new Client(), leaves: leaves.Token);
        stage.Time.Advance(TimeSpan.FromSeconds(4));
        leaves.Cancel();
        stage.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(running.IsCompleted); // 3 MiB
        stage.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(running.IsCompleted); // beyond 4 MiB, and two seconds before the end
        Assert.Equal(CallOutcome.Cancelled, stage.Records.Single().Outcome);
        Assert.Equal(0, stage.Engine.Flights.Held);
    }

    [Fact]
    public void SomebodyHasJoined_LongAnswersAreKeptOnForHim()
    {
        var stage = new Stage();
        var large = Enumerable.Repeat(Anthropic.Text(Mebibyte), 6).ToArray();
        stage.Script(Claude, Reply.Stream([Anthropic.Start, Anthropic.Open, .. large, Anthropic.Close, Anthropic.Delta, Anthropic.Stop]) with { Pace = TimeSpan.FromSeconds(1) });
        var (_, retry) = LeaveAndRetry(stage, 3, 1);
        Assert.Equal(6 << 20, retry.Text.Length);
        Assert.Single(stage.Received);
        Assert.Equal(0, stage.Engine.Flights.Held);
    }

    [Fact]
    public void Closed_WhatRunsForNobodyEndsAtOnce_AndWhatSomebodyWaitsForGoesOn()
    {
        var stage = new Stage();
        stage.Script(Claude, Slow);
        using var leaves = new CancellationTokenSource();
        using var leavesLater = new CancellationTokenSource();
        var left = stage.Begin(new Client(), leaves: leaves.Token);
        var client = new Client();
        var waitedFor = stage.Begin(client);
        var leftLater = stage.Begin(new Client(), leaves: leavesLater.Token);
        stage.Time.Advance(TimeSpan.FromSeconds(2));
        leaves.Cancel();
        Assert.False(left.IsCompleted);
        stage.Engine.Flights.Close();
        Assert.True(left.IsCompleted);
        leavesLater.Cancel();
        Assert.True(leftLater.IsCompleted);
        stage.Finish(waitedFor);
        Assert.Equal(Whole, client.Body);
    }

    [Theory]
    [InlineData("\"temperature\":0,", ShareRule.Deterministic, 1)]
    [InlineData("\"temperature\":0.0,", ShareRule.Deterministic, 1)]
    [InlineData("\"temperature\":0.1,", ShareRule.Deterministic, 2)]
    [InlineData("\"metadata\":{\"temperature\":0},", ShareRule.Deterministic, 2)]
    [InlineData("", ShareRule.Deterministic, 2)]
    [InlineData("\"temperature\":0,", ShareRule.Never, 2)]
    public void DeterministicCallsOfTheSameMoment_ShareOne_WhereTheRouteSaysSo(string temperature, ShareRule share, int calls)
    {
        var stage = new Stage(policy => policy with { Join = JoinModel.Off, Routes = [policy.Routes[0] with { Share = share }] });
        stage.Script(Claude, Slow);
        var body = $$"""{"model":"claude-sonnet-4-5",{{temperature}}"stream":true,"messages":[]}""";
        var clients = new[] { new Client(), new Client() };
        var running = clients.Select((client, i) => stage.Begin(client, body: body, asking: new($"us_{i}") { Caller = "a" })).ToArray();
        foreach (var call in running) stage.Finish(call);
        Assert.Equal(calls, stage.Received.Count);
        Assert.All(clients, client => Assert.Equal(Whole, client.Body));

        // It is no cache: what was delivered is asked for again.
        stage.Finish(stage.Begin(new Client(), body: body, asking: new("us_9") { Caller = "a" }));
        Assert.Equal(calls + 1, stage.Received.Count);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public void ClientsShareWithEachOther_OnlyWhereTheRouteSaysSo(bool across, int calls)
    {
        var stage = new Stage(policy => policy with { Routes = [policy.Routes[0] with { Share = ShareRule.Deterministic, ShareAcrossClients = across }] });
        stage.Script(Claude, Slow);
        var body = """{"model":"claude-sonnet-4-5","temperature":0,"stream":true,"messages":[]}""";
        var running = new[] { "a", "b" }.Select(caller => stage.Begin(new Client(), body: body, asking: new(caller) { Caller = caller })).ToArray();
        foreach (var call in running) stage.Finish(call);
        Assert.Equal(calls, stage.Received.Count);
    }

    [Theory]
    [InlineData("""{"generationConfig":{"temperature":0},"contents":[]}""", true)]
    [InlineData("""{"generation_config":{"topK":1,"temperature":0},"contents":[]}""", true)]
    [InlineData("""{"temperature":0,"contents":[]}""", false)]
    [InlineData("""{"generationConfig":{"temperature":1},"contents":[]}""", false)]
    [InlineData("""{"generationConfig":{"temperature":"0"},"contents":[]}""", false)]
    [InlineData("""{"generationConfig":null,"contents":[{"temperature":0}]}""", false)]
    public void Gemini_HasItsTemperatureInside(string body, bool deterministic) =>
        Assert.Equal(deterministic, Determinism.IsAsked(new() { Protocol = WireProtocol.Gemini, Body = System.Text.Encoding.UTF8.GetBytes(body), Facts = default, Model = "m" }));

    /// <summary>Clients that come and go as chance has it: each one that stays gets the whole answer, and nothing is left behind.</summary>
    [Fact]
    public void AnyComingAndGoing_EveryoneWhoStaysGetsAllOfIt()
    {
        for (ulong seed = 1; seed <= 300; seed++)
        {
            var chance = new Chance(seed);
            var stage = new Stage(policy => policy with { Join = new() { Grace = TimeSpan.FromSeconds(chance.Next(5) + 1) } });
            stage.Script(Claude, body => Slow with { Pace = TimeSpan.FromMilliseconds(100 + chance.Next(900)), Delay = TimeSpan.FromMilliseconds(chance.Next(3000)) });
            stage.Script(OpenAI, Chat.Say("Never asked."));
            var calls = new List<(Client Client, Task Running, CancellationTokenSource Leaves, double LeavesAt)>();
            for (var i = 0; i < 12; i++)
            {
                stage.Time.Advance(TimeSpan.FromMilliseconds(chance.Next(1500)));
                var leaves = new CancellationTokenSource();
                var client = new Client();
                var asking = new Asking($"us_{i}") { Retry = chance.Next(2) == 0, Key = chance.Next(4) == 0 ? "k" : null };
                calls.Add((client, stage.Begin(client, leaves: leaves.Token, asking: asking), leaves, chance.Next(2) == 0 ? double.MaxValue : stage.Time.Elapsed.TotalSeconds + (chance.NextDouble() * 8)));
                if (chance.Next(6) == 0) client.StopReading();
                if (chance.Next(3) == 0) calls[chance.Next(calls.Count)].Client.ReadOn();
                foreach (var call in calls.Where(call => call.LeavesAt < stage.Time.Elapsed.TotalSeconds)) call.Leaves.Cancel();
            }

            foreach (var call in calls)
            {
                if (call.LeavesAt < double.MaxValue) call.Leaves.Cancel();
                call.Client.ReadOn();
            }

            stage.Time.Advance(TimeSpan.FromMinutes(5));
            Assert.True(calls.All(call => call.Running.IsCompletedSuccessfully), $"seed {seed}: somebody waits for ever");
            Assert.True(stage.Engine.Flights.Held == 0, $"seed {seed}: {stage.Engine.Flights.Held} bytes are still held");
            Assert.Equal(calls.Count, stage.Records.Select(record => record.Id).Distinct().Count());
            Assert.True(calls.Where(call => call.LeavesAt == double.MaxValue).All(call => call.Client.Body == Whole), $"seed {seed}: one who stayed has not the whole answer");
            Assert.True(calls.All(call => Whole.StartsWith(call.Client.Body, StringComparison.Ordinal)), $"seed {seed}: somebody got what was not sent");
            Assert.True(stage.Received.Count <= calls.Count, $"seed {seed}");
            foreach (var call in calls) call.Leaves.Dispose();
        }
    }

    private static string Body(string text) => $$"""{"model":"claude-sonnet-4-5","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"{{text}}"}]}""";

    private static (Client First, Client Retry) LeaveAndRetry(Stage stage, double leaves, double later, bool stream = true)
    {
        var (first, retry) = (new Client(), new Client());
        using var left = new CancellationTokenSource();
        var running = stage.Begin(first, stream, leaves: left.Token, asking: new("us_first"));
        stage.Time.Advance(TimeSpan.FromSeconds(leaves));
        left.Cancel();
        stage.Time.Advance(TimeSpan.FromSeconds(later));
        stage.Finish(stage.Begin(retry, stream, asking: new("us_retry")));
        stage.Finish(running);
        return (first, retry);
    }

    private static Client FinishedAt(Stage stage, double seconds, Asking asking)
    {
        var client = new Client();
        var running = stage.Begin(client, asking: asking);
        stage.Time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.True(running.IsCompleted);
        return client;
    }
}
