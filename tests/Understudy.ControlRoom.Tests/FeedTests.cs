using Understudy.ControlRoom.Feed;
using Understudy.ControlRoom.Tests.Support;
using Understudy.Observation;
using Understudy.Simulator.Tests.Support;

namespace Understudy.ControlRoom.Tests;

/// <summary>What the room keeps of the traffic: right, bounded, and free for the call that it is told of.</summary>
public sealed class FeedTests
{
    [Fact]
    public async Task SecondsAndMinutes_CountWhatEnded_AndForgetTheOldest()
    {
        var (answered, moved) = await CallsAsync();
        var time = new ManualTime();
        var journal = new Journal();
        using var feed = new RoomFeed(journal, time);
        var claude = feed.LaneOf("claude");
        var openai = feed.LaneOf("openai");
        for (var second = 0; second < 120; second++)
        {
            journal.End(answered);
            if (second % 2 == 0) journal.End(moved);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        var (served, stoodIn, failed, rescued) = (0, 0, 0, 0);
        feed.Minutes(TimeSpan.FromHours(1), slice =>
        {
            served += slice.Lane(claude).Served;
            stoodIn += slice.Lane(openai).Served;
            failed += slice.Lane(claude).Failed;
            rescued += slice.Rescued;
        });
        Assert.Equal((120, 60, 60 * moved.Attempts.Count(attempt => attempt is { Sent: true, Failure.Traits.CountsAgainstTarget: true }), 60), (served, stoodIn, failed, rescued));
        var route = feed.Route("claude-*");
        Assert.Equal((RouteSums.Seconds - 1, (RouteSums.Seconds - 1) / 2), (route!.Value.Served[0], route.Value.Served[1]));

        for (var minute = 0; minute < 25 * 60; minute++) time.Advance(TimeSpan.FromMinutes(1));
        var (seconds, minutes) = (0, 0);
        feed.Seconds(TimeSpan.FromDays(2), _ => seconds++);
        feed.Minutes(TimeSpan.FromDays(2), _ => minutes++);
        Assert.Equal((900, 24 * 60), (seconds, minutes));
    }

    [Fact]
    public async Task AFloodOfCalls_LeavesTheLastOnes_AndTroubleIsNotDrivenOut()
    {
        var (answered, moved) = await CallsAsync();
        var journal = new Journal();
        using var feed = new RoomFeed(journal, new ManualTime());
        journal.Begin(moved);
        journal.End(moved);
        for (var i = 0; i < 5000; i++)
        {
            journal.Begin(answered);
            journal.End(answered);
        }

        Assert.Equal(RoomFeed.CallsKept, feed.Calls(int.MaxValue).Count);
        Assert.DoesNotContain(moved, feed.Calls(int.MaxValue));
        Assert.Same(moved, Assert.Single(feed.Troubles(10)));
        Assert.Same(moved, feed.Find(moved.Id));
    }

    [Fact]
    public async Task ACall_PaysNoMemoryForBeingSeen()
    {
        var (answered, moved) = await CallsAsync();
        var journal = new Journal();
        using var feed = new RoomFeed(journal, new ManualTime());
        Tell(100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var started = TimeProvider.System.GetTimestamp();
        Tell(10_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        TestContext.Current.TestOutputHelper?.WriteLine($"{TimeProvider.System.GetElapsedTime(started).TotalNanoseconds / 20_000:0} ns a call");

        void Tell(int times)
        {
            for (var i = 0; i < times; i++)
            {
                journal.Begin(answered);
                journal.End(answered);
                journal.Begin(moved);
                journal.End(moved);
            }
        }
    }

    [Fact]
    public void NamesThatClientsMakeUp_FillNothing()
    {
        var lanes = new Lanes();
        for (var i = 0; i < 1000; i++) Assert.InRange(lanes.Of($"provider{i}/model"), 0, Lanes.Most - 1);
        Assert.Equal(Lanes.Most - 1, lanes.Names.Count);
        Assert.Equal(0, lanes.Of("provider0/another"));
    }

    /// <summary>The records of a call that was answered at once, and of one that had to be moved.</summary>
    private static async Task<(CallRecord Answered, CallRecord Moved)> CallsAsync()
    {
        await using var stage = await RoomStage.StartAsync(traffic: false);
        var ended = new List<CallRecord>();
        var both = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Gateway.Engine.Journal.CallEnded += call =>
        {
            lock (ended) ended.Add(call);
            if (ended.Count == 2) both.TrySetResult();
        };
        await stage.AskAsync();
        stage.Claude.Faults.Set("refuse");
        await stage.AskAsync();
        await both.Task.WaitAsync(TestContext.Current.CancellationToken);
        return (ended[0], ended[1]);
    }
}
