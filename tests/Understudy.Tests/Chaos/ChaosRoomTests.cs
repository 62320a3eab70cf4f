using System.Text;
using Understudy.Calls;
using Understudy.Chaos;
using Understudy.Drills;
using Understudy.Observation;
using Understudy.Transport;

namespace Understudy.Tests.Chaos;

/// <summary>Faults on purpose, at their edges: what they hit, when they end by themselves, and what is left of an answer.</summary>
public sealed class ChaosRoomTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly VirtualTime _time = new(Noon);
    private readonly Journal _journal = new();

    private static ChaosOrder Order(ChaosFault? fault = null, double from = 0, double minutes = 10) => new()
    {
        What = "claude",
        Fault = fault ?? new() { Kind = ChaosKind.Refuse },
        From = Noon + TimeSpan.FromMinutes(from),
        Until = Noon + TimeSpan.FromMinutes(from + minutes),
        Who = "rosa",
        Why = "practice",
    };

    private static CallRecord Call(CallOutcome outcome) => new()
    {
        Id = "us_1",
        StartedAt = Noon,
        Started = 0,
        Route = "r",
        UseCase = "u",
        Protocol = WireProtocol.AnthropicMessages,
        Model = "m",
        Outcome = outcome,
    };

    private ChaosRoom Room(TimeProvider? time = null) => new(time ?? _time, new(1), _journal);

    private static async Task<string> ReadAsync(ProviderReply reply)
    {
        var text = new StringBuilder();
        while (true)
        {
            var piece = await reply.ReadAsync(TestContext.Current.CancellationToken);
            text.Append(Encoding.ASCII.GetString(piece.Bytes.Span)).Append('|');
            if (piece.End) return text.Append(piece.Broken ? "broken" : "end").ToString();
        }
    }

    // Users who are hurt end it.

    [Fact]
    public void HarmOfTheStretchBefore_CountsWithThatOfThisOne()
    {
        var experiment = Running();
        Assert.Null(Hear(experiment, 29, CallOutcome.Failed));
        Assert.Null(Hear(experiment, 29, CallOutcome.Refused));
        Assert.Equal("users were hurt: 3 of the last 3 calls were not answered", Hear(experiment, 31, CallOutcome.Failed));
    }

    [Fact]
    public void HarmOfLongAgo_DoesNotCount()
    {
        var experiment = Running();
        Hear(experiment, 0, CallOutcome.Failed);
        Hear(experiment, 0, CallOutcome.Failed);
        Assert.Null(Hear(experiment, 70, CallOutcome.Failed));
        Assert.Null(Hear(experiment, 75, CallOutcome.Failed));
        Assert.Null(Hear(experiment, 105, CallOutcome.Answered));
        Assert.Null(Hear(experiment, 140, CallOutcome.Failed));
        Assert.Equal((6, 5), (experiment.Calls, experiment.Hurt)); // in the report it does
    }

    [Theory]
    [InlineData(CallOutcome.Cancelled)]
    [InlineData(CallOutcome.ClientError)]
    public void WhatIsNotTheGatewaysToAnswer_HurtsNobody(CallOutcome outcome)
    {
        var experiment = Running();
        for (var i = 0; i < 10; i++) Assert.Null(Hear(experiment, i, outcome));
        Assert.Equal((0, 0), (experiment.Calls, experiment.Hurt));
    }

    // Whom it hits.

    [Fact]
    public void Probes_AreLeftAlone_WhereItPicksAmongCallers()
    {
        var straight = new Straight();
        foreach (var order in (ChaosOrder[])[Order() with { Client = "website" }, Order() with { Header = "x-canary" }, Order() with { Route = "r" }])
        {
            using var room = Room();
            room.Start(order);
            Assert.Same(straight, room.AroundProbe(straight, "claude", "m"));
        }

        using var open = Room();
        open.Start(Order());
        Assert.NotSame(straight, open.AroundProbe(straight, "claude", "m"));
        Assert.Same(straight, open.AroundProbe(straight, "openai", "m"));
    }

    [Fact]
    public void ItsTimeIsUp_NothingIsHit_HoweverLateTheTimerIs()
    {
        var time = new WithoutTimers();
        var straight = new Straight();
        using var room = Room(time);
        room.Start(Order());
        Assert.NotSame(straight, room.AroundProbe(straight, "claude", "m"));
        time.Now += TimeSpan.FromMinutes(10);
        Assert.Same(straight, room.AroundProbe(straight, "claude", "m"));
        Assert.False(room.IsQuiet);
    }

    [Fact]
    public void ThereIsABound()
    {
        using var room = Room();
        for (var i = 0; i < ChaosRoom.Most; i++) Assert.NotNull(room.Start(Order(from: i % 2)));
        Assert.Null(room.Start(Order()));
        Assert.Null(room.Start(Order(from: 1)));
        Assert.True(room.Abort("chaos-1", "rosa", "enough"));
        Assert.NotNull(room.Start(Order()));
    }

    [Fact]
    public void EndedWhileTheClockEndsIt_ItEndsOnce()
    {
        using var room = Room();
        room.Start(Order());
        room.Start(Order(from: 10));
        // Whoever hears that the second begins ends the first, which the clock has in its hands already.
        _journal.Happened += happening =>
        {
            if (happening.Text.Contains("begins as scheduled", StringComparison.Ordinal)) Assert.True(room.Abort("chaos-1", "rosa", "enough"));
        };
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(("chaos-1", "rosa"), (Assert.Single(room.Past).Id, room.Past[0].EndedBy));
        Assert.Single(_journal.Recent, happening => happening.Text.Contains("was ended by", StringComparison.Ordinal));
    }

    // What is left of an answer.

    [Theory]
    [InlineData(ChaosKind.Cut, 2, "one|two||broken")]
    [InlineData(ChaosKind.Cut, 9, "one|two|th||broken")] // an answer of fewer pieces loses the half of its last
    [InlineData(ChaosKind.Stall, 2, "one|two|three|end")] // where the experiment ends meanwhile nothing is lost
    [InlineData(ChaosKind.Stall, 9, "one|two|th|ree|end")]
    public async Task AnAnswer_BreaksOffWhereItWasTold(ChaosKind kind, int after, string read)
    {
        await using var reply = new BrokenReply(new Pieces("one", "two", "three"), new() { Kind = kind, After = after }, _ => Task.FromResult(true));
        Assert.Equal(read, await ReadAsync(reply));
    }

    [Fact]
    public async Task AStall_ThatIsGivenUp_IsBroken()
    {
        await using var reply = new BrokenReply(new Pieces("one", "two"), new() { Kind = ChaosKind.Stall, After = 1 }, _ => Task.FromResult(false));
        Assert.Equal("one||broken", await ReadAsync(reply));
    }

    [Theory]
    [InlineData(7.0, "7")]
    [InlineData(0.4, "1")]
    [InlineData(null, null)]
    public async Task AStatus_SaysWhenToComeAgain_WhereItIsTold(double? seconds, string? header)
    {
        using var room = Room();
        room.Start(Order(new() { Kind = ChaosKind.Status, Code = 529, RetryAfter = seconds is { } wait ? TimeSpan.FromSeconds(wait) : null }));
        // The provider is not asked, whatever was to be sent.
        await using var reply = await room.AroundProbe(new Straight(), "claude", "m").SendAsync(null!, TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.Equal(529, reply.Status);
        Assert.Equal(header, reply.TryGetHeader("retry-after"u8, out var value) ? Encoding.ASCII.GetString(value) : null);
    }

    private static ChaosExperiment Running()
    {
        var experiment = new ChaosExperiment("chaos-1", Order());
        experiment.Begin(Noon);
        return experiment;
    }

    private static string? Hear(ChaosExperiment experiment, double seconds, CallOutcome outcome) => experiment.Hear(Call(outcome), Noon + TimeSpan.FromSeconds(seconds));

    private sealed class Straight : IProviderTransport
    {
        public ValueTask<ProviderReply> SendAsync(ProviderRequest request, TimeSpan connectLimit, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    private sealed class Pieces : ProviderReply
    {
        private readonly Queue<string> _pieces;

        public Pieces(params string[] pieces) => (_pieces, Status) = (new(pieces), 200);

        public override bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
        {
            value = default;
            return false;
        }

        public override void CopyHeaders(IHeaderTarget target)
        {
        }

        public override ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken) => new(new BodyPiece(Encoding.ASCII.GetBytes(_pieces.Dequeue()), End: _pieces.Count == 0, Broken: false));

        public override ValueTask DisposeAsync() => default;
    }

    /// <summary>A clock whose timers never fire.</summary>
    private sealed class WithoutTimers : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = Noon;

        public override DateTimeOffset GetUtcNow() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Never();

        private sealed class Never : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
