using System.Text;
using Understudy.Calls;
using Understudy.Capture;
using Understudy.Configuration;
using Understudy.Drills;
using Understudy.Observation;

namespace Understudy.Tests.Capture;

/// <summary>Whose calls are captured, and what happens where they are too many.</summary>
public sealed class CaptureDeskTests
{
    private static readonly RouteModel Marked = new() { Name = "r", Match = ["*"], Ladder = [], Capture = new() };

    private static CallRecord Record(int number, CallOutcome outcome = CallOutcome.Answered, int sent = 1) => new()
    {
        Id = $"us_{number}",
        StartedAt = TimeProvider.System.GetUtcNow(),
        Started = 0,
        Route = "r",
        UseCase = "u",
        Protocol = WireProtocol.AnthropicMessages,
        Model = "m",
        Outcome = outcome,
        Sent = sent,
    };

    [Fact]
    public async Task MoreThanFits_IsLost_AndNobodyWaits()
    {
        var store = new HeldStore();
        await using var desk = new CaptureDesk(TimeProvider.System, new(1));
        desk.Attach(store);
        var body = new byte[100];
        for (var i = 0; i < 400; i++)
        {
            using var sink = desk.Listen(Marked, new Nowhere())!;
            var record = Record(i);
            sink.Keep(record, body);
        }

        // The first one waits for the disk, 256 for it; one more at the most was between the two.
        Assert.InRange(desk.Count.Lost, 400 - 258, 400 - 256);
        store.Let();
        await desk.DisposeAsync();
        Assert.Equal(400, desk.Count.Kept + desk.Count.Lost);
        Assert.Equal(desk.Count.Kept, store.Kept.Count);
    }

    [Fact]
    public async Task LargeBodies_AreBoundedTogether()
    {
        var store = new HeldStore();
        await using var desk = new CaptureDesk(TimeProvider.System, new(1));
        desk.Use(new() { MaxBody = 8 << 20 }, []);
        desk.Attach(store);
        var body = new byte[8 << 20];
        for (var i = 0; i < 10; i++)
        {
            using var sink = desk.Listen(Marked, new Nowhere())!;
            sink.Keep(Record(i), body);
        }

        Assert.Equal(6, desk.Count.Lost);
        store.Let();
    }

    [Theory]
    [InlineData(CaptureOf.All, CallOutcome.Answered, 1, true)]
    [InlineData(CaptureOf.Trouble, CallOutcome.Answered, 1, false)]
    [InlineData(CaptureOf.Trouble, CallOutcome.Answered, 2, true)]
    [InlineData(CaptureOf.Trouble, CallOutcome.Degraded, 1, true)]
    [InlineData(CaptureOf.Failed, CallOutcome.Degraded, 2, false)]
    [InlineData(CaptureOf.Failed, CallOutcome.Failed, 2, true)]
    [InlineData(CaptureOf.Failed, CallOutcome.Refused, 0, true)]
    public async Task OnlyWhatIsWanted_IsKept(CaptureOf of, CallOutcome outcome, int sent, bool kept)
    {
        var store = new HeldStore();
        store.Let();
        var record = Record(1, outcome, sent);
        await using (var desk = new CaptureDesk(TimeProvider.System, new(1)))
        {
            desk.Attach(store);
            using var sink = desk.Listen(Marked with { Capture = new() { Of = of } }, new Nowhere())!;
            sink.Keep(record, "{}"u8);
        }

        Assert.Equal(kept, store.Kept.Count == 1);
        Assert.Equal(kept, record.IsCaptured);
    }

    [Fact]
    public void NothingIsCaptured_WithoutAStore_OrWithoutAWord()
    {
        var desk = new CaptureDesk(TimeProvider.System, new(1));
        Assert.Null(desk.Listen(Marked, new Nowhere()));
        desk.Attach(new HeldStore());
        Assert.Null(desk.Listen(Marked with { Capture = null }, new Nowhere()));
    }

    [Fact]
    public async Task AShare_IsDrawn()
    {
        await using var desk = new CaptureDesk(TimeProvider.System, new(3));
        desk.Attach(new HeldStore());
        var drawn = Enumerable.Range(0, 10_000).Count(_ => desk.Listen(Marked with { Capture = new() { Share = 0.1 } }, new Nowhere()) is not null);
        Assert.InRange(drawn, 850, 1150);
    }

    [Fact]
    public async Task WhatTheClientGets_GoesOnUnchanged_AndIsKeptUpToTheBound()
    {
        var store = new HeldStore();
        store.Let();
        var client = new Nowhere();
        await using (var desk = new CaptureDesk(TimeProvider.System, new(1)))
        {
            desk.Use(new() { MaxBody = 1024 }, []);
            desk.Attach(store);
            using var sink = desk.Listen(Marked, client)!;
            sink.Begin(new() { Status = 200, RequestId = "us_1" });
            for (var i = 0; i < 100; i++) Assert.True(await sink.WriteAsync(Encoding.UTF8.GetBytes($"{i:d20}\n"), TestContext.Current.CancellationToken));
            sink.Keep(Record(1), "{}"u8);
        }

        Assert.Equal(2100, client.Bytes);
        var kept = Assert.Single(store.Kept);
        Assert.Equal((200, "{}"), (kept.Status, kept.RequestSensitive));
        Assert.InRange(kept.AnswerSensitive.Length, 1024, 1100);
    }

    [Fact]
    public async Task WhatIsTooOld_GoesByTheClock_AlsoWhereNobodyCalls()
    {
        var store = new HeldStore();
        var time = new VirtualTime();
        await using var desk = new CaptureDesk(time, new(1));
        desk.Use(new() { Keep = TimeSpan.FromHours(2) }, []);
        desk.Attach(store);
        time.Advance(TimeSpan.FromHours(3));
        Assert.Equal(time.GetUtcNow() - TimeSpan.FromHours(2), store.SweptBefore);
    }

    /// <summary>As a policy made in code may say: what a timer's thread throws ends the program.</summary>
    [Fact]
    public async Task KeptForEver_NothingIsTooOld()
    {
        var store = new HeldStore();
        var time = new VirtualTime();
        await using var desk = new CaptureDesk(time, new(1));
        desk.Use(new() { Keep = TimeSpan.MaxValue }, []);
        desk.Attach(store);
        time.Advance(TimeSpan.FromHours(3));
        Assert.Equal(DateTimeOffset.MinValue, store.SweptBefore);
    }

    /// <summary>What still waits for the disk when somebody wants all of it gone is gone with it.</summary>
    [Fact]
    public async Task Purged_WhatWaits_GoesWithWhatIsKept()
    {
        var store = new HeldStore();
        await using var desk = new CaptureDesk(TimeProvider.System, new(1));
        desk.Attach(store);
        for (var i = 0; i < 3; i++)
        {
            using var sink = desk.Listen(Marked, new Nowhere())!;
            sink.Keep(Record(i), "{}"u8);
        }

        var purging = desk.PurgeAsync("website", null);
        store.Let();

        Assert.Equal(3, await purging);
        Assert.Empty(store.Kept);
    }

    private sealed class Nowhere : IAnswerSink
    {
        public int Bytes { get; private set; }

        public void Begin(in AnswerHead head)
        {
        }

        public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            Bytes += bytes.Length;
            return new(true);
        }

        public void Abort()
        {
        }
    }

    /// <summary>A store whose disk takes nothing until it is let.</summary>
    private sealed class HeldStore : ICaptureStore
    {
        private readonly TaskCompletionSource _let = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<CapturedCall> Kept { get; } = [];

        public void Let() => _let.TrySetResult();

        public async Task<bool> KeepAsync(CapturedCall call)
        {
            await _let.Task;
            Kept.Add(call);
            return true;
        }

        public DateTimeOffset? SweptBefore { get; private set; }

        public Task SweepAsync(DateTimeOffset notBefore, long mostBytes)
        {
            SweptBefore = notBefore;
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<CapturedHead>?> ListAsync(string? route, string? client, DateTimeOffset? before, int most) => throw new NotSupportedException();

        public Task<CapturedCall?> FindAsync(string id) => throw new NotSupportedException();

        public Task<int?> PurgeAsync(string? client, DateTimeOffset? before)
        {
            var gone = Kept.Count;
            Kept.Clear();
            return Task.FromResult<int?>(gone);
        }
    }
}
