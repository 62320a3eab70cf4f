using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Drills;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Overrides;
using Understudy.Tests.Pipeline;

namespace Understudy.Tests.Overrides;

/// <summary>The kill switch as an operator pulls it on a running engine, in virtual time.</summary>
public sealed class OperatorOverridesTests
{
    private const string Claude = "claude/claude-sonnet-4-5";
    private const string OpenAI = "openai/gpt-5";

    private static Override Kill(Stage stage, string what, TimeSpan? lasts = null, OverrideKind kind = OverrideKind.Kill) => new()
    {
        What = what,
        Kind = kind,
        At = stage.Time.GetUtcNow(),
        Who = "ops",
        Why = "status page is red",
        Until = lasts is { } span ? stage.Time.GetUtcNow() + span : null,
    };

    private static Stage Both(JoinModel? join = null)
    {
        var stage = new Stage(policy => policy with { Join = join ?? policy.Join });
        stage.Script(Claude, Reply.Say("From Claude."));
        stage.Script(OpenAI, Chat.Say("From OpenAI."));
        return stage;
    }

    [Theory]
    [InlineData("claude", OpenAI)]
    [InlineData("CLAUDE", OpenAI)]
    [InlineData(Claude, OpenAI)]
    [InlineData("claude/another", Claude)]
    [InlineData("openai", Claude)]
    public async Task Order_HoldsForTheNextCall(string what, string servedBy)
    {
        var stage = Both();
        Assert.Null(await stage.Engine.Overrides.OrderAsync(Kill(stage, what))); // no store
        Assert.Equal(servedBy, stage.Call().Head.ServedBy);
        var told = stage.Journal.Recent.Single(happening => happening.Kind == "kill");
        Assert.Equal($"{what} was killed by ops: status page is red", told.Text);
    }

    [Fact]
    public void All_LeavesOnlyTheRungsWithoutAModel()
    {
        var stage = Both();
        stage.Engine.Overrides.OrderAsync(Kill(stage, "all"));
        Assert.Equal(529, stage.Call().Head.Status);
        Assert.Empty(stage.Received);
        stage.Engine.Overrides.ReviveAsync("all", "ops", "over");
        Assert.Equal(Claude, stage.Call().Head.ServedBy);
    }

    [Fact]
    public void OrderEnds_ByItsTime_AndSaysSo()
    {
        var stage = Both();
        stage.Engine.Overrides.OrderAsync(Kill(stage, "claude", TimeSpan.FromHours(3)));
        Assert.Equal(OpenAI, stage.Call().Head.ServedBy);
        stage.Time.Advance(TimeSpan.FromHours(2.9));
        Assert.Equal(OpenAI, stage.Call().Head.ServedBy);
        stage.Time.Advance(TimeSpan.FromHours(0.2));
        Assert.Equal(Claude, stage.Call().Head.ServedBy);
        Assert.Empty(stage.Engine.Overrides.InForce);
        Assert.Contains(stage.Journal.Recent, happening => happening.Kind == "revive" && happening.Text.Contains("time of its kill by ops is up", StringComparison.Ordinal));
    }

    [Fact]
    public void LaterOrder_TakesThePlaceOfTheEarlierOne()
    {
        var stage = Both();
        stage.Engine.Overrides.OrderAsync(Kill(stage, "claude", TimeSpan.FromMinutes(1)));
        stage.Engine.Overrides.OrderAsync(Kill(stage, "Claude", kind: OverrideKind.Drain));
        stage.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(OverrideKind.Drain, Assert.Single(stage.Engine.Overrides.InForce).Kind);
        Assert.Equal(OpenAI, stage.Call().Head.ServedBy);
    }

    [Fact]
    public void CallUnderWay_BrokenOff_BeforeItsFirstWord_GoesOnElsewhere()
    {
        var stage = Both();
        stage.Script(Claude, Reply.Hang);
        var client = new Client();
        var running = stage.Begin(client);
        Assert.Equal(1, stage.Engine.AttemptsUnderWay("claude"));
        stage.Engine.Overrides.OrderAsync(Kill(stage, "claude"));
        Assert.Equal(0, stage.Engine.BreakOff("openai"));
        Assert.Equal(1, stage.Engine.BreakOff("claude"));
        stage.Finish(running);
        Assert.Equal("From OpenAI.", client.Text);
        Assert.InRange(stage.Time.Elapsed.TotalSeconds, 0, 1); // at once, not after the first-token clock
        var record = stage.Records.Single();
        Assert.Equal(FailureKind.BrokenOff, record.Attempts[0].Failure!.Kind);
        Assert.Equal(CallOutcome.Answered, record.Outcome);
        Assert.Equal(Understudy.CircuitBreaker.BreakerState.Closed, stage.Engine.Targets.All.Single(target => target.Target.Name == Claude).Breaker.State);
        Assert.Equal(0, stage.Engine.AttemptsUnderWay("all"));
    }

    [Fact]
    public void CallUnderWay_BrokenOff_InItsMiddle_IsContinuedElsewhere()
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("The show must ")) with { End = End.Silence });
        stage.Script(OpenAI, Chat.Say("go on."));
        var client = new Client();
        var running = stage.Begin(client);
        while (client.Text.Length == 0) Assert.True(stage.Time.RunNext());
        stage.Engine.Overrides.OrderAsync(Kill(stage, "claude"));
        Assert.Equal(1, stage.Engine.BreakOff("all"));
        stage.Finish(running);
        Assert.Equal("The show must go on.", client.Text);
        Assert.Equal(1, client.Count("event: message_stop"));
        Assert.True(stage.Records.Single().Continued);
    }

    [Theory]
    [InlineData(Claude, OpenAI, 3)] // the opening, "The show ", and waiting at "must "
    [InlineData(OpenAI, Claude, 2)]
    public void CallUnderWay_BrokenOff_WhileItsClientIsSlow_LosesAndRepeatsNothing(string first, string second, int waitsAt)
    {
        // The first target of the ladder, passed through or translated, and the other one behind it.
        var stage = new Stage(policy => policy with { Routes = [first == Claude ? Stage.Route((Stage.Claude, null), (Stage.OpenAI, "gpt-5")) : Stage.Route((Stage.OpenAI, "gpt-5"), (Stage.Claude, null))] });
        stage.Script(first, first == Claude
            ? Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("The show "), Anthropic.Text("must ")) with { End = End.Silence }
            : Reply.Stream(Chat.Role, Chat.Text("The show "), Chat.Text("must ")) with { End = End.Silence });
        stage.Script(second, second == Claude ? Reply.Say("go on.") : Chat.Say("go on."));
        var client = new SlowClient(waitsAt);
        var running = stage.Begin(client);
        while (!client.IsWaiting) Assert.True(stage.Time.RunNext());
        stage.Engine.Overrides.OrderAsync(Kill(stage, first));
        Assert.Equal(1, stage.Engine.BreakOff(first));
        stage.Finish(running);
        Assert.Equal("The show must go on.", client.Inner.Text);
        Assert.Equal(1, client.Inner.Count("event: message_stop"));
    }

    [Fact]
    public void WithoutBreakingOff_ACallUnderWayEndsWhereItIs()
    {
        var stage = Both();
        var client = new Client();
        var running = stage.Begin(client);
        stage.Engine.Overrides.OrderAsync(Kill(stage, "claude", kind: OverrideKind.Drain));
        stage.Finish(running);
        Assert.Equal("From Claude.", client.Text);
        Assert.Equal(OpenAI, stage.Call().Head.ServedBy);
    }

    [Fact]
    public void ManyUnderWay_AreAllFound_AndNoneTwice()
    {
        var stage = Both(JoinModel.Off);
        stage.Script(Claude, Reply.Hang);
        var clients = Enumerable.Range(0, 5).Select(_ => new Client()).ToArray();
        using var leaves = new CancellationTokenSource();
        var running = clients.Select((client, i) => stage.Begin(client, leaves: i == 2 ? leaves.Token : default)).ToArray();
        Assert.Equal(5, stage.Engine.AttemptsUnderWay(Claude));
        leaves.Cancel(); // one from the middle of the list
        Assert.Equal(4, stage.Engine.AttemptsUnderWay(Claude));
        stage.Engine.Overrides.OrderAsync(Kill(stage, Claude));
        Assert.Equal(4, stage.Engine.BreakOff(Claude));
        Assert.Equal(0, stage.Engine.BreakOff(Claude));
        foreach (var one in running) stage.Finish(one);
        Assert.Equal(4, clients.Count(client => client.Text == "From OpenAI."));
    }

    [Fact]
    public async Task Store_HoldsWhatIsInForce_AndGivesItBack()
    {
        var stage = Both();
        var store = new FakeStore();
        stage.Engine.Overrides.Attach(store, [Kill(stage, "openai", TimeSpan.FromMinutes(5)), Kill(stage, "spare") with { Until = stage.Time.GetUtcNow() - TimeSpan.FromSeconds(1) }]);
        Assert.Equal(["openai"], stage.Engine.Overrides.InForce.Select(order => order.What)); // the other has ended meanwhile
        Assert.True(await stage.Engine.Overrides.OrderAsync(Kill(stage, "claude")));
        Assert.Equal(["openai", "claude"], store.InForce.Select(order => order.What));
        Assert.Equal((1, true), await stage.Engine.Overrides.ReviveAsync("claude", "ops", "well again"));
        Assert.Equal((0, null), await stage.Engine.Overrides.ReviveAsync("claude", "ops", "well again"));
        stage.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Empty(store.InForce);
        Assert.Equal(["kill claude", "revive claude", "ended openai"], store.Actions.Select(action => $"{action.Action} {action.What}"));
    }

    /// <summary>Takes everything, and then makes the gateway wait at one of the writes until it gives the waiting up.</summary>
    private sealed class SlowClient(int waitsAt) : IAnswerSink
    {
        private int _writes;

        public Client Inner { get; } = new();

        public bool IsWaiting { get; private set; }

        public void Begin(in AnswerHead head) => Inner.Begin(head);

        public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            await Inner.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            if (++_writes != waitsAt) return true;
            IsWaiting = true;
            var givenUp = new TaskCompletionSource();
            await using var registration = cancellationToken.UnsafeRegister(_ => givenUp.TrySetResult(), null);
            await givenUp.Task.ConfigureAwait(false);
            return false;
        }

        public void Abort() => Inner.Abort();
    }

    private sealed class FakeStore : IOverrideStore
    {
        public IReadOnlyList<Override> InForce { get; private set; } = [];

        public List<OverrideAction> Actions { get; } = [];

        public Task<bool> SaveAsync(IReadOnlyList<Override> inForce, OverrideAction action)
        {
            InForce = inForce;
            Actions.Add(action);
            return Task.FromResult(true);
        }
    }
}
