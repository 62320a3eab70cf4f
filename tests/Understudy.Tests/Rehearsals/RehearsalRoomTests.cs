using Understudy.Configuration;
using Understudy.Drills;
using Understudy.Observation;
using Understudy.Rehearsals;

namespace Understudy.Tests.Rehearsals;

/// <summary>Drills by a schedule, at their edges: a round that takes long, a drill that throws, a stop in the middle.</summary>
public sealed class RehearsalRoomTests
{
    private readonly VirtualTime _time = new();
    private readonly Journal _journal = new();
    private readonly DrillsModel _model = new() { Every = TimeSpan.FromHours(24), Scenarios = ["hard-down", "brownout"], Answered = 0.9 };
    private readonly List<string> _run = [];
    private Func<CancellationToken, Task<int>> _answered = _ => Task.FromResult(100);
    private Action _asked = () => { };

    private RehearsalRoom Room() => new(_time, _journal, () =>
    {
        _asked();
        return _model;
    }, async (scenario, cancellationToken) =>
    {
        lock (_run) _run.Add(scenario);
        return (new() { Calls = 100, Answered = await _answered(cancellationToken) }, null);
    });

    [Theory]
    [InlineData(89, false)]
    [InlineData(90, true)]
    [InlineData(100, true)]
    public async Task JustEnough_IsEnough(int answered, bool survived)
    {
        _answered = _ => Task.FromResult(answered);
        await using var room = Room();
        Assert.Equal(survived, (await room.RunAsync(["hard-down"], "rosa"))[0].Survived);
        Assert.Equal(survived ? [] : ["hard-down"], room.Failing.Select(one => one.Scenario));
    }

    [Fact]
    public async Task InOtherLetters_ItIsTheSameDrill_AndTheLastOneSaysHowItIs()
    {
        await using var room = Room();
        await room.RunAsync(["hard-down", "another"], "rosa");
        _answered = _ => Task.FromResult(50);
        await room.RunAsync(["HARD-down", "another"], "rosa"); // 'another' is none of the schedule's
        Assert.Contains("the policy would not survive HARD-down: 50 % of 100 calls", Assert.Single(room.Failing).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADrillThatThrows_CouldNotBeRun_AndTheNextOneIs()
    {
        _answered = _ => _run.Count == 1 ? throw new InvalidOperationException("a bug") : Task.FromResult(100);
        await using var room = Room();
        var ended = await room.RunAsync(_model.Scenarios, "rosa");
        Assert.Equal(("the drill failed: InvalidOperationException", false, true), (ended[0].Finding.Trouble, ended[0].Survived, ended[1].Survived));
    }

    [Fact]
    public async Task ARoundThatTakesLongerThanAMinute_IsRunOnce()
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        _answered = _ =>
        {
            began.TrySetResult();
            return go.Task;
        };
        await using var room = Room();
        _time.Advance(RehearsalRoom.First);
        await began.Task.WaitAsync(TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromMinutes(3)); // and each minute finds it due

        var left = 3;
        var looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        room.Ended += ended =>
        {
            if (ended.Scenario == "brownout" && left == 3) _asked = () => { if (Interlocked.Decrement(ref left) == 0) looked.SetResult(); };
        };
        go.SetResult(100);
        await looked.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["hard-down", "brownout"], _run);
    }

    [Fact]
    public async Task AStop_EndsTheDrillThatRuns_AndKeepsNothingOfIt()
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _answered = async cancellationToken =>
        {
            began.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return 0;
        };
        var room = Room();
        _time.Advance(RehearsalRoom.First);
        await began.Task.WaitAsync(TestContext.Current.CancellationToken);
        await room.DisposeAsync().AsTask().WaitAsync(TestContext.Current.CancellationToken);
        Assert.Empty(room.Past);
        Assert.Empty(_journal.Recent);
        Assert.Single(_run);
    }
}
