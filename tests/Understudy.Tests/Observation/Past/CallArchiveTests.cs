using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Observation.Past;
using Understudy.Tests.Http;

namespace Understudy.Tests.Observation.Past;

/// <summary>Records of calls that outlive the process: nothing of them gets lost on the way, and a day of them has a bound.</summary>
[Collection(nameof(Alone))] // one of them measures the memory of the whole process
public sealed class CallArchiveTests
{
    private static readonly DateTimeOffset Start = new(2026, 6, 2, 6, 0, 0, TimeSpan.Zero);

    [Fact]
    public void WhatIsPacked_ComesBackAsItWas()
    {
        var calls = new[] { Rescued(1), Plain(2), Bare(3) };
        var block = CallPack.Pack(calls, TimeProvider.System, call => call.Model);
        Assert.Equal((3, 1, Start.AddMilliseconds(1)), (block.Calls, block.Troubles, block.From));
        var again = CallPack.Unpack(block.Body, TimeProvider.System);
        Assert.Equal(calls.Select(Told), again.Select(Told));
        Assert.All(calls, call => Assert.True(block.MayHold(call.Id)));
        Assert.InRange(Enumerable.Range(100, 10_000).Count(i => block.MayHold($"us_{i * 7919L:x16}")), 0, 20);
    }

    [Fact]
    public void ANameThatNobodyKnows_IsNotKept()
    {
        var call = Rescued(1, model: "sk-hunter2");
        var block = CallPack.Pack([call], TimeProvider.System, _ => null);
        Assert.Equal(-1, block.Body.Span.IndexOf("hunter2"u8));
        Assert.Equal("claude/other", CallPack.Unpack(block.Body, TimeProvider.System)[0].Attempts[0].Target);
    }

    [Fact]
    public void DamagedBytes_AreNoRecords_AndNoException()
    {
        var body = CallPack.Pack([Rescued(1), Plain(2)], TimeProvider.System, call => call.Model).Body.ToArray();
        for (var cut = 0; cut < body.Length; cut++) Assert.Empty(CallPack.Unpack(body.AsMemory(0, cut), TimeProvider.System));
        for (var at = 0; at < body.Length; at++)
        {
            var wrong = body.ToArray();
            wrong[at] ^= 0xFF;
            // Other records, or none, and never one with a word that nobody knows: it would break whoever reads it.
            foreach (var call in CallPack.Unpack(wrong, TimeProvider.System))
            {
                Assert.True(Enum.IsDefined(call.Outcome) && Enum.IsDefined(call.Protocol) && (call.Failure is not { } failure || Enum.IsDefined(failure.Kind)));
                Assert.All(call.Attempts, attempt => Assert.True(Enum.IsDefined(attempt.Waste) && (attempt.Failure is not { } failure || Enum.IsDefined(failure.Kind))));
            }
        }
    }

    [Fact]
    public void AnotherForm_IsNotRead()
    {
        var body = CallPack.Pack([Plain(1)], TimeProvider.System, call => call.Model).Body.ToArray();
        body[0]++;
        Assert.Empty(CallPack.Unpack(body, TimeProvider.System));
    }

    [Fact]
    public void ABlock_SpansFromTheEarliestBeginningToTheLastEnd_InWhateverOrderTheyEnded()
    {
        var (slow, quick) = (Plain(1), Plain(500));
        slow.Duration = TimeSpan.FromSeconds(30);
        var block = CallPack.Pack([quick, slow], TimeProvider.System, call => call.Model);
        Assert.Equal((slow.StartedAt, slow.StartedAt + slow.Duration), (block.From, block.Until));
        Assert.Equal([Told(quick), Told(slow)], CallPack.Unpack(block.Body, TimeProvider.System).Select(Told));
    }

    [Theory]
    [InlineData(CallOutcome.Answered, 1, false)]
    [InlineData(CallOutcome.Answered, 2, true)]
    [InlineData(CallOutcome.Degraded, 1, true)]
    [InlineData(CallOutcome.Failed, 1, true)]
    [InlineData(CallOutcome.Refused, 0, true)]
    [InlineData(CallOutcome.ClientError, 1, false)]
    [InlineData(CallOutcome.Cancelled, 1, false)]
    public void Trouble_IsWhatAnOperatorLooksFor(CallOutcome outcome, int sent, bool trouble) =>
        Assert.Equal(trouble ? 1 : 0, CallPack.Pack([Record(1, "m", outcome, sent, "claude/m")], TimeProvider.System, call => call.Model).Troubles);

    [Fact]
    public async Task ADay_OfTwoMillionCalls_StaysWithinItsBound()
    {
        const int Calls = 2_000_000, Ahead = 8192;
        var store = new Shelf();
        var journal = new Journal();
        long early = 0, inMemory;
        (long Kept, long Lost) count;
        await using (var archive = new CallArchive(journal, TimeProvider.System, store, () => new() { MaxBytes = 64 << 20 }, call => call.Model))
        {
            for (var i = 0; i < Calls; i++)
            {
                journal.End(i % 50 == 0 ? Rescued(i) : Plain(i));
                if (i % 1024 == 0) await store.TakenAsync(i - Ahead);
                if (i == Calls / 4) early = GC.GetTotalMemory(forceFullCollection: true) - store.Bytes;
            }

            inMemory = GC.GetTotalMemory(forceFullCollection: true) - store.Bytes;
            await archive.DisposeAsync();
            count = archive.Count;
        }

        Assert.Equal((Calls, 0), count);
        Assert.Equal(Calls, store.Taken);
        Assert.InRange(store.Poured / (double)Calls, 20, 64); // bytes a call
        Assert.InRange(store.Bytes, 60 << 20, 64 << 20); // the bound was reached and held: the oldest went
        Assert.True(inMemory - early < 32 << 20, $"{inMemory - early} bytes more are held than after a quarter of the calls"); // fewer are no harm: pools shrink
    }

    [Fact]
    public async Task AStoreThatHangs_HoldsNobodyUp_AndTheLossIsCounted()
    {
        var store = new Shelf { Held = new(TaskCreationOptions.RunContinuationsAsynchronously) };
        var journal = new Journal();
        await using var archive = new CallArchive(journal, TimeProvider.System, store, () => new(), call => call.Model);
        for (var i = 0; i < 100_000; i++) journal.End(Plain(i));
        Assert.InRange(archive.Count.Lost, 100_000 - (16 * 1024) - 2048, 100_000 - (16 * 1024));
        store.Held.SetResult();
        await archive.DisposeAsync();
        Assert.Equal(100_000, archive.Count.Kept + archive.Count.Lost);
    }

    [Fact]
    public async Task Reading_GoesBackPageByPage_AndFindsOne()
    {
        var store = new Shelf();
        var journal = new Journal();
        await using var archive = new CallArchive(journal, TimeProvider.System, store, () => new(), call => call.Model);
        for (var i = 0; i < 5000; i++) journal.End(i % 500 == 0 ? Rescued(i) : Plain(i));
        await archive.DisposeAsync();

        var seen = new List<string>();
        DateTimeOffset? before = null;
        do
        {
            var (calls, next) = (await archive.ReadAsync(before, null, troubleOnly: false, 700))!.Value;
            seen.AddRange(calls.Select(call => call.Id));
            before = next;
        }
        while (before is not null);
        Assert.Equal(Enumerable.Range(0, 5000).Select(Id).Reverse(), seen);

        var (troubles, more) = (await archive.ReadAsync(null, call => call.Route == "r", troubleOnly: true, 100))!.Value;
        Assert.Equal(10, troubles.Count);
        Assert.Null(more);
        Assert.Equal(Told(Rescued(1500)), Told((await archive.FindAsync(Id(1500)))!));
        Assert.Null(await archive.FindAsync("us_ffffffffffffffff"));
    }

    /// <summary>A person's answer, an agent's long turn: their blocks begin long before what else is in them.</summary>
    [Theory]
    [InlineData(20, 5)]
    [InlineData(20, 1000)]
    [InlineData(400, 12)]
    public async Task CallsThatTookLong_HideNoOthers(int blocks, int page)
    {
        var store = new Shelf();
        await using var archive = new CallArchive(new(), TimeProvider.System, store, () => new(), call => call.Model);
        var all = new List<CallRecord>();
        for (var i = 0; i < blocks; i++)
        {
            var slow = Plain((i * 2000) + 1);
            slow.Duration = TimeSpan.FromMinutes(10);
            var quick = Plain((i * 2000) + 600_000);
            quick.Duration = TimeSpan.FromSeconds(1);
            all.AddRange([slow, quick]);
            await store.KeepAsync(CallPack.Pack([quick, slow], TimeProvider.System, call => call.Model), DateTimeOffset.MinValue, long.MaxValue);
        }

        var seen = new List<string>();
        DateTimeOffset? before = null;
        do
        {
            var (calls, next) = (await archive.ReadAsync(before, null, troubleOnly: false, page))!.Value;
            seen.AddRange(calls.Select(call => call.Id));
            Assert.True(next is null || before is null || next < before);
            before = next;
        }
        while (before is not null);
        Assert.Equal(all.OrderByDescending(call => call.StartedAt).Select(call => call.Id), seen);
    }

    [Fact]
    public async Task KeptForEver_NothingIsTooOld()
    {
        var store = new Shelf();
        var journal = new Journal();
        await using var archive = new CallArchive(journal, TimeProvider.System, store, () => new() { Keep = TimeSpan.MaxValue }, call => call.Model);
        journal.End(Plain(1));
        await archive.DisposeAsync();
        Assert.Equal((1L, 0L), archive.Count);
    }

    [Fact]
    public async Task ALongSearch_SaysWhereItStopped_AndGoesOnFromThere()
    {
        var store = new Shelf();
        var journal = new Journal();
        await using var archive = new CallArchive(journal, TimeProvider.System, store, () => new(), call => call.Model);
        await archive.DisposeAsync();
        // A hundred blocks of which the oldest alone has what is looked for.
        for (var i = 0; i < 100; i++) await store.KeepAsync(CallPack.Pack([Plain(i)], TimeProvider.System, call => call.Model), DateTimeOffset.MinValue, long.MaxValue);
        var (none, next) = (await archive.ReadAsync(null, call => call.Id == Id(0), troubleOnly: false, 10))!.Value;
        Assert.Empty(none);
        Assert.NotNull(next);
        var (found, more) = (await archive.ReadAsync(next, call => call.Id == Id(0), troubleOnly: false, 10))!.Value;
        Assert.Equal(Id(0), Assert.Single(found).Id);
        Assert.Null(more);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task CallsThatTookLong_StandWhereTheyBegan_AndHideNobody(ulong seed)
    {
        var chance = new Chance(seed);
        var calls = Enumerable.Range(0, 2000).Select(i =>
        {
            var call = Plain(i * 10);
            call.Duration = TimeSpan.FromMilliseconds(chance.NextDouble() < 0.02 ? 5000 * chance.NextDouble() : 50 * chance.NextDouble());
            return call;
        }).ToList();
        var store = new Shelf();
        await using var archive = new CallArchive(new(), TimeProvider.System, store, () => new(), call => call.Model);
        foreach (var block in calls.OrderBy(call => call.StartedAt + call.Duration).Chunk(5)) await store.KeepAsync(CallPack.Pack(block, TimeProvider.System, call => call.Model), DateTimeOffset.MinValue, long.MaxValue);
        Assert.Equal(calls.Select(call => call.Id).Reverse(), await PagesAsync(_ => true, 39));
        // Few fit: a page ends where it has looked at so many blocks, and what is further back comes when it is settled.
        Assert.Equal(calls.Where(IsLong).Select(call => call.Id).Reverse(), await PagesAsync(IsLong, 5));

        static bool IsLong(CallRecord call) => call.Duration > TimeSpan.FromMilliseconds(50);

        async Task<List<string>> PagesAsync(Func<CallRecord, bool> fits, int most)
        {
            var seen = new List<string>();
            DateTimeOffset? before = null;
            do
            {
                var (page, next) = (await archive.ReadAsync(before, fits, troubleOnly: false, most))!.Value;
                seen.AddRange(page.Select(call => call.Id));
                before = next;
            }
            while (before is not null);
            return seen;
        }
    }

    [Fact]
    public async Task WhatWasJustShownFromMemory_DoesNotComeAgain()
    {
        var (shown, earlier) = (Record(5, "m", CallOutcome.Answered, 1, "claude/m", ticks: 7), Plain(4));
        var store = new Shelf();
        await using var archive = new CallArchive(new(), TimeProvider.System, store, () => new(), call => call.Model);
        await store.KeepAsync(CallPack.Pack([earlier, shown], TimeProvider.System, call => call.Model), DateTimeOffset.MinValue, long.MaxValue);
        var (page, _) = (await archive.ReadAsync(shown.StartedAt, null, troubleOnly: false, 10))!.Value; // kept to the microsecond it is a little older
        Assert.Equal([earlier.Id], page.Select(call => call.Id));
    }

    [Fact]
    public async Task WhatTheStoreLoses_IsCounted_AndItGoesOn_AndTheOldIsLetGo()
    {
        var store = new Shelf { RefusesFirst = true };
        var journal = new Journal();
        await using var archive = new CallArchive(journal, new Noon(), store, () => new() { Keep = TimeSpan.FromDays(3) }, call => call.Route == "bug" ? throw new InvalidOperationException("a bug") : call.Model);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        journal.Happened += _ => told.TrySetResult();
        journal.End(Plain(1));
        await store.RefusedAsync();
        journal.End(Plain(2, route: "bug"));
        await told.Task.WaitAsync(TestContext.Current.CancellationToken);
        journal.End(Plain(3));
        journal.End(Plain(4));
        await archive.DisposeAsync();
        Assert.Equal((2L, 2L), archive.Count);
        Assert.Equal(Start - TimeSpan.FromDays(3), store.NotBefore);
    }

    [Fact]
    public async Task SwitchedOff_NothingIsKept_AndNothingCountsAsLost()
    {
        var store = new Shelf();
        var journal = new Journal();
        await using var archive = new CallArchive(journal, TimeProvider.System, store, () => new() { Enabled = false }, call => call.Model);
        journal.End(Plain(1));
        await archive.DisposeAsync();
        Assert.Equal((0L, 0L), archive.Count);
        Assert.Equal(0, store.Taken);
    }

    private static string Id(int number) => $"us_{(ulong)number * 11400714819323198485UL:x16}";

    private static CallRecord Plain(int number, string route = "r")
    {
        var call = Record(number, "claude-sonnet-4-5", CallOutcome.Answered, sent: 1, "claude/claude-sonnet-4-5", route);
        call.Usage = new(520 + (number % 900), 0, 0, 61 + (number % 300), 0);
        call.Add(Attempt(call, "claude", call.Model, 0));
        return call;
    }

    private static CallRecord Rescued(int number, string model = "claude-sonnet-4-5")
    {
        var call = Record(number, model, CallOutcome.Degraded, sent: 2, "openai/gpt-5");
        (call.Continued, call.IsCaptured, call.JoinedTo) = (true, true, number % 2 == 0 ? Id(7) : "another form of id");
        call.Failure = new(FailureKind.CutShort, "the stream broke") { Status = 200 };
        var first = Attempt(call, "claude", model, 0);
        first.Failure = new(FailureKind.Overloaded, "status 529, overloaded_error") { Status = 529 };
        (first.Waste, first.WastedTokens, first.IsEstimated) = (WasteReason.Hang, 77, true);
        call.Add(first);
        var second = Attempt(call, "openai", "gpt-5", 1);
        second.IsRetry = true;
        call.Add(second);
        call.AskedPerson = true;
        call.Add(new() { Target = "openai/gpt-5", Provider = "openai", Rung = 1, Started = call.Started, Hedge = true });
        call.Add(new() { Target = "openai/gpt-5", Provider = "openai", Rung = 1, Started = call.Started, Continuation = true });
        return call;
    }

    private static CallRecord Bare(int number) => new()
    {
        Id = "made-by-somebody-else",
        StartedAt = Start.AddMilliseconds(number),
        Started = 0,
        Route = "none",
        UseCase = "none",
        Protocol = WireProtocol.Gemini,
        Model = "",
        Outcome = CallOutcome.ClientError,
    };

    private static CallRecord Record(int number, string model, CallOutcome outcome, int sent, string by, string route = "r", long ticks = 0)
    {
        var call = new CallRecord
        {
            Id = Id(number),
            StartedAt = Start.AddMilliseconds(number).AddTicks(ticks),
            Started = 1_000_000,
            Client = "website",
            Route = route,
            UseCase = "interactive",
            Protocol = WireProtocol.AnthropicMessages,
            Model = model,
            RequestBytes = 2210,
            Stream = true,
            Outcome = outcome,
            Sent = sent,
            ServedBy = by,
            Duration = TimeSpan.FromMicroseconds(1_873_204 + (number % 977)),
        };
        call.FirstContent = TimeSpan.FromMicroseconds(912_411);
        return call;
    }

    private static AttemptRecord Attempt(CallRecord call, string provider, string model, int rung) => new()
    {
        Target = $"{provider}/{model}",
        Provider = provider,
        Rung = rung,
        Sent = true,
        Started = call.Started + (rung * TimeProvider.System.TimestampFrequency / 4),
        Waited = TimeSpan.FromMilliseconds(rung * 250),
        Duration = TimeSpan.FromMicroseconds(1_658_822),
        Usage = new(520, 7, 8, 61, 9) { CacheWriteHour = 3 },
        Cost = new(7_234_000),
    };

    private static string Told(CallRecord call) => string.Join('|', (object?[])
    [
        call.Id, call.StartedAt.ToString("O"), call.Client, call.Route, call.UseCase, call.Model, call.ServedBy, call.Protocol, call.Outcome, call.RequestBytes, call.Sent, call.Duration, call.Stream, call.Continued,
        call.AskedPerson, call.IsCaptured, call.FirstContent, call.JoinedTo, call.Failure, call.Usage, call.Cost, call.RetryCost, call.WastedCost,
        .. call.Attempts.Select(one => string.Join('/', (object?[])[one.Target, one.Provider, one.Rung, one.Sent, one.Hedge, one.Continuation, one.IsRetry, one.IsEstimated, one.Duration, one.Waited, one.Failure, one.Usage, one.Cost, one.Waste, one.WastedTokens, TimeProvider.System.GetElapsedTime(call.Started, one.Started)])),
    ]);

    /// <summary>A clock whose hands stand still, with timers that run.</summary>
    private sealed class Noon : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Start;
    }

    /// <summary>A store in memory that keeps within its bound, and can be made to hang.</summary>
    private sealed class Shelf : ICallStore
    {
        private readonly Lock _lock = new();
        private readonly Queue<CallBlock> _blocks = [];
        private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private readonly TaskCompletionSource _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource? Held { get; init; }

        /// <summary>Whether the first block is not taken.</summary>
        public bool RefusesFirst { get; init; }

        public DateTimeOffset NotBefore { get; private set; }

        public long Bytes { get; private set; }

        public long Poured { get; private set; }

        public int Taken { get; private set; }

        public Task RefusedAsync() => _refused.Task.WaitAsync(TestContext.Current.CancellationToken);

        public async Task TakenAsync(int calls)
        {
            while (true)
            {
                Task news;
                lock (_lock)
                {
                    if (Taken >= calls) return;
                    news = _news.Task;
                }

                await news;
            }
        }

        public async Task<bool> KeepAsync(CallBlock block, DateTimeOffset notBefore, long mostBytes)
        {
            if (Held is not null) await Held.Task;
            if (RefusesFirst && _refused.TrySetResult()) return false;
            lock (_lock)
            {
                NotBefore = notBefore;
                _blocks.Enqueue(block);
                Poured += block.Bytes;
                Bytes += block.Bytes;
                Taken += block.Calls;
                while (Bytes > mostBytes) Bytes -= _blocks.Dequeue().Bytes;
                _news.SetResult();
                _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return true;
        }

        public Task<IReadOnlyList<CallBlock>?> ReadAsync(DateTimeOffset? before, bool troubleOnly, int skip, int most) =>
            Task.FromResult<IReadOnlyList<CallBlock>?>([.. _blocks.Reverse().Where(block => (before is null || block.From < before) && (!troubleOnly || block.Troubles > 0)).Skip(skip).Take(most)]);

        public Task<IReadOnlyList<CallBlock>?> FindAsync(string id) => Task.FromResult<IReadOnlyList<CallBlock>?>([.. _blocks.Where(block => block.MayHold(id))]);
    }
}
