using System.Globalization;
using System.Text;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Storage.Sqlite;

namespace Understudy.Storage.Tests;

/// <summary>What every store of deferred work promises: the one on disk and the one of drills alike.</summary>
public sealed class DeferralStoreTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 6, 2, 6, 4, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("understudy-deferral");
    private int _number;

    public void Dispose() => _folder.Delete(recursive: true);

    private string File => Path.Combine(_folder.FullName, "understudy.db");

    private Opened Open(bool onDisk, string? key = null)
    {
        if (!onDisk) return new(new MemoryDeferralStore(), null);
        var store = SqliteStore.Open(File, new() { CacheKey = key });
        return new(store.Deferral, store);
    }

    private DeferredWork Piece(string lane = "a", CallPriority priority = CallPriority.Normal, string owner = "ann", string body = "{}", string? batch = null, byte[]? once = null, TimeSpan? deadline = null, bool tells = false) => new()
    {
        Id = WorkIds.Work + (++_number).ToString("x32", CultureInfo.InvariantCulture),
        Owner = owner,
        Route = lane,
        UseCase = "interactive",
        Priority = priority,
        Protocol = WireProtocol.OpenAIChat,
        Model = "gpt-5",
        AcceptedAt = Start,
        Deadline = Start + (deadline ?? TimeSpan.FromHours(1)),
        Keep = TimeSpan.FromHours(2),
        Batch = batch,
        Once = once,
        Tells = tells,
        RequestSensitive = new()
        {
            BodySensitive = Encoding.UTF8.GetBytes(body),
            HeadersSensitive = [new("openai-beta", "x=1"), new("Ünusual", "värde")],
            QuerySensitive = "?a=b",
            CustomIdSensitive = batch is null ? null : $"name-{_number}",
        },
    };

    private static DeferredAnswer Answer(string text = "hello") => new(200, Encoding.UTF8.GetBytes($"\"{text}\""), "openai/gpt-5", Degraded: true);

    private static Task<Accepted> AcceptAsync(IDeferralStore store, params DeferredWork[] pieces) => store.AcceptAsync(pieces, null, long.MaxValue);

    private static Task<IReadOnlyList<DeferredWork>> ClaimAsync(IDeferralStore store, int most = 1, TimeSpan later = default, params string[] lanes) =>
        store.ClaimAsync([.. (lanes.Length == 0 ? ["a"] : lanes).Select(lane => new LaneRoom(lane, most))], most, Start + later);

    [Theory, InlineData(false), InlineData(true)]
    public async Task WhatIsLookedAt_StaysWhereItIs_AndEndsOnce(bool onDisk)
    {
        await using var opened = Open(onDisk);
        DeferredWork[] pieces = [Piece(), Piece(priority: CallPriority.High), Piece(lane: "b"), Piece()];
        foreach (var piece in pieces) await AcceptAsync(opened.Store, piece);
        var claimed = Assert.Single(await ClaimAsync(opened.Store)); // the one of high priority
        var first = await opened.Store.PeekAsync("a", 2);
        Assert.Equal([pieces[1].Id, pieces[0].Id], first.Select(piece => piece.Id));
        Assert.Equal("{}", Encoding.UTF8.GetString(first[1].RequestSensitive!.BodySensitive.Span));
        Assert.Equal((3, 1), (opened.Store.Tally.Count(DeferredState.Waiting), opened.Store.Tally.Count(DeferredState.Running)));

        Assert.True(await opened.Store.EndAsync(claimed.Id, DeferredState.Done, Answer("a person"), Start));
        Assert.False(await opened.Store.FinishAsync(claimed, DeferredState.Done, Answer("a model"), Start));
        Assert.True(await opened.Store.EndAsync(pieces[0].Id, DeferredState.Failed, null, Start));
        Assert.False(await opened.Store.EndAsync(pieces[0].Id, DeferredState.Done, Answer(), Start));
        Assert.False(await opened.Store.EndAsync(WorkIds.Work + "unknown", DeferredState.Done, Answer(), Start));

        Assert.Equal("\"a person\"", Encoding.UTF8.GetString((await opened.Store.FindAsync(claimed.Id))!.AnswerSensitive!.BodySensitive.Span));
        Assert.Equal([pieces[3].Id], (await opened.Store.PeekAsync("a", 9)).Select(piece => piece.Id));
        Assert.Equal((2, 0, 1, 1), (opened.Store.Tally.Count(DeferredState.Waiting), opened.Store.Tally.Count(DeferredState.Running), opened.Store.Tally.Count(DeferredState.Done), opened.Store.Tally.Count(DeferredState.Failed)));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task WhatIsClaimed_IsWhatWasAccepted(bool onDisk)
    {
        await using var opened = Open(onDisk);
        var piece = Piece(body: """{"model":"gpt-5"}""");
        Assert.Equal(new Accepted(Acceptance.Kept, piece.Id), await AcceptAsync(opened.Store, piece));
        Assert.Equal(["a"], opened.Store.Tally.Lanes);
        var claimed = Assert.Single(await ClaimAsync(opened.Store));
        Assert.Equal(piece with { Lease = 1, RequestSensitive = null }, claimed with { RequestSensitive = null });
        var (asked, kept) = (piece.RequestSensitive!, claimed.RequestSensitive!);
        Assert.Equal((Encoding.UTF8.GetString(asked.BodySensitive.Span), asked.QuerySensitive), (Encoding.UTF8.GetString(kept.BodySensitive.Span), kept.QuerySensitive));
        Assert.Equal(asked.HeadersSensitive, kept.HeadersSensitive);
        Assert.Empty(await ClaimAsync(opened.Store));
        Assert.Empty(opened.Store.Tally.Lanes);

        Assert.True(await opened.Store.FinishAsync(claimed, DeferredState.Done, Answer(), Start + TimeSpan.FromMinutes(3)));
        var view = (await opened.Store.FindAsync(piece.Id))!;
        Assert.Equal((DeferredState.Done, "ann", "gpt-5", WireProtocol.OpenAIChat), (view.State, view.Owner, view.Model, view.Protocol));
        Assert.Equal((Start + TimeSpan.FromMinutes(3), Start + TimeSpan.FromMinutes(123)), (view.FinishedAt, view.ExpiresAt));
        Assert.Equal(("\"hello\"", 200, "openai/gpt-5", true), (Encoding.UTF8.GetString(view.AnswerSensitive!.BodySensitive.Span), view.AnswerSensitive.Status, view.AnswerSensitive.ServedBy, view.AnswerSensitive.Degraded));
        Assert.Null(await opened.Store.FindAsync("dw_unknown"));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task ByPriorityThenAge_AcrossLanes_NoneBeyondItsRoom(bool onDisk)
    {
        await using var opened = Open(onDisk);
        DeferredWork[] pieces = [Piece("a", CallPriority.Low), Piece("b"), Piece("a", CallPriority.High), Piece("b", CallPriority.High), Piece("a"), Piece("c", CallPriority.High)];
        foreach (var piece in pieces) await AcceptAsync(opened.Store, piece);
        var first = await opened.Store.ClaimAsync([new("a", 1), new("b", 5)], 3, Start);
        Assert.Equal([pieces[2].Id, pieces[3].Id, pieces[1].Id], first.Select(piece => piece.Id));
        Assert.Equal(["a", "c"], opened.Store.Tally.Lanes);
        Assert.Equal([pieces[4].Id, pieces[0].Id], (await ClaimAsync(opened.Store, 9)).Select(piece => piece.Id));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task OnlyTheLastClaim_EndsAPiece_AndOnlyOnce(bool onDisk)
    {
        await using var opened = Open(onDisk);
        var store = opened.Store;
        await AcceptAsync(store, Piece());
        var first = (await ClaimAsync(store))[0];
        await store.PutBackAsync(first, Start + TimeSpan.FromMinutes(1), tries: 1);
        Assert.Empty(await ClaimAsync(store));
        var second = Assert.Single(await ClaimAsync(store, later: TimeSpan.FromMinutes(1)));
        Assert.Equal((2, 1), (second.Lease, second.Tries));
        Assert.False(await store.FinishAsync(first, DeferredState.Done, Answer("the first"), Start));
        await store.PutBackAsync(first, Start, tries: 9);
        Assert.True(await store.FinishAsync(second, DeferredState.Done, Answer("the second"), Start));
        Assert.False(await store.FinishAsync(second, DeferredState.Failed, Answer("again"), Start));
        Assert.Equal("\"the second\"", Encoding.UTF8.GetString((await store.FindAsync(first.Id))!.AnswerSensitive!.BodySensitive.Span));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Cancelled_NoAnswerComesAfter_AndOnlyItsOwnerMay(bool onDisk)
    {
        await using var opened = Open(onDisk);
        var store = opened.Store;
        var (waits, runs) = (Piece(), Piece());
        await AcceptAsync(store, waits);
        var claimed = (await ClaimAsync(store))[0];
        await AcceptAsync(store, runs);
        Assert.Null(await store.CancelAsync(claimed.Id, "bob", Start));
        Assert.Equal(DeferredState.Cancelled, await store.CancelAsync(claimed.Id, "ann", Start));
        Assert.Equal(DeferredState.Cancelled, await store.CancelAsync(runs.Id, "ann", Start));
        Assert.False(await store.FinishAsync(claimed, DeferredState.Done, Answer(), Start));
        Assert.Equal(DeferredState.Cancelled, (await store.FindAsync(claimed.Id))!.State);
        Assert.Empty(await ClaimAsync(store));
        Assert.False(await store.ForgetAsync(claimed.Id, "bob"));
        Assert.True(await store.ForgetAsync(claimed.Id, "ann"));
        Assert.Null(await store.FindAsync(claimed.Id));
        Assert.Equal((1, 0, 0), (store.Tally.Count(DeferredState.Cancelled), store.Tally.Count(DeferredState.Running), store.Tally.Bytes));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Sweep_EndsWhatIsOverdue_AndForgetsWhatWasKeptForItsTime_SomeAtATime(bool onDisk)
    {
        await using var opened = Open(onDisk);
        var store = opened.Store;
        for (var i = 0; i < 5; i++) await AcceptAsync(store, Piece(deadline: TimeSpan.FromMinutes(10)));
        await ClaimAsync(store);
        Assert.Equal(0, await store.SweepAsync(Start, 3));
        Assert.Equal(3, await store.SweepAsync(Start + TimeSpan.FromMinutes(10), 3));
        Assert.Equal(2, await store.SweepAsync(Start + TimeSpan.FromMinutes(10), 3));
        Assert.Equal(5, store.Tally.Count(DeferredState.Expired));
        Assert.Equal(0, store.Tally.Bytes);
        Assert.Null(await store.OldestWaitingAsync());
        Assert.Equal(3, await store.SweepAsync(Start + TimeSpan.FromHours(3), 3));
        Assert.Equal(2, await store.SweepAsync(Start + TimeSpan.FromHours(3), 3));
        Assert.All(DeferredStates.All, state => Assert.Equal(0, store.Tally.Count(state)));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Once_IsKeptOnce_AndTooMuchIsNotKept(bool onDisk)
    {
        await using var opened = Open(onDisk);
        var store = opened.Store;
        byte[] key = [1, 2, 3];
        var (first, again) = (Piece(once: key), Piece(once: key));
        await AcceptAsync(store, first);
        Assert.Equal(new Accepted(Acceptance.KeptBefore, first.Id), await AcceptAsync(store, again));
        Assert.Equal(new Accepted(Acceptance.Full, null), await store.AcceptAsync([Piece(body: new string('x', 1000))], null, 1000));
        Assert.Equal(1, store.Tally.Count(DeferredState.Waiting));
        store.Withdraw([first], null);
        Assert.Null(await store.FindAsync(again.Id));
        Assert.Empty(await ClaimAsync(store));
        Assert.Equal(0, store.Tally.Bytes);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task News_AreDueFromTheEnd_UntilTheyAreTold(bool onDisk)
    {
        await using var opened = Open(onDisk);
        var store = opened.Store;
        await AcceptAsync(store, Piece(tells: true));
        await AcceptAsync(store, Piece());
        foreach (var piece in await ClaimAsync(store, 2)) await store.FinishAsync(piece, DeferredState.Done, Answer(), Start);
        var news = Assert.Single(await store.NewsAsync(Start, 10));
        Assert.Equal(("ann", "a", DeferredState.Done, 0), (news.Owner, news.Route, news.State, news.Tries));
        await store.TellLaterAsync(news.Id, Start + TimeSpan.FromMinutes(1), 1);
        Assert.Empty(await store.NewsAsync(Start, 10));
        Assert.Equal(1, Assert.Single(await store.NewsAsync(Start + TimeSpan.FromMinutes(1), 10)).Tries);
        await store.ToldAsync(news.Id);
        Assert.Empty(await store.NewsAsync(Start + TimeSpan.FromDays(1), 10));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Batch_ItsCountsAndResults_AndItsEnd(bool onDisk)
    {
        await using var opened = Open(onDisk);
        var store = opened.Store;
        var batch = new DeferredBatch(WorkIds.Batch + new string('1', 32), "ann", Start, Start + TimeSpan.FromHours(1), Start + TimeSpan.FromDays(29));
        DeferredWork[] pieces = [Piece(batch: batch.Id), Piece(batch: batch.Id), Piece(batch: batch.Id), Piece(batch: batch.Id)];
        Assert.Equal(new Accepted(Acceptance.Kept, batch.Id), await store.AcceptAsync(pieces, batch, long.MaxValue));
        var claimed = await ClaimAsync(store, 3);
        await store.FinishAsync(claimed[1], DeferredState.Done, Answer("two"), Start);
        await store.FinishAsync(claimed[0], DeferredState.Failed, Answer("one"), Start);
        var view = (await store.FindBatchAsync(batch.Id, "ann"))!;
        Assert.Equal(batch, view.Batch);
        Assert.Equal([1, 1, 1, 1, 0, 0], view.Counts);
        Assert.Null(await store.FindBatchAsync(batch.Id, "bob"));
        Assert.False(await store.ForgetBatchAsync(batch.Id, "ann"));

        // Partial results are results.
        Assert.Equal(["name-1", "name-2"], (await store.ResultsAsync(batch.Id, 0, 10)).Select(result => result.CustomIdSensitive));
        view = (await store.CancelBatchAsync(batch.Id, "ann", Start + TimeSpan.FromMinutes(1)))!;
        Assert.Equal((Start + TimeSpan.FromMinutes(1), (DateTimeOffset?)null), (view.CancelledAt, view.EndedAt));
        await store.FinishAsync(claimed[2], DeferredState.Done, Answer("three"), Start + TimeSpan.FromMinutes(2));
        view = (await store.FindBatchAsync(batch.Id, "ann"))!;
        Assert.Equal(Start + TimeSpan.FromMinutes(2), view.EndedAt);

        var results = new List<BatchResult>();
        while (await store.ResultsAsync(batch.Id, results.LastOrDefault()?.Place ?? 0, 2) is { Count: > 0 } page) results.AddRange(page);
        Assert.Equal(["name-1", "name-2", "name-3", "name-4"], results.Select(result => result.CustomIdSensitive));
        Assert.Equal([DeferredState.Failed, DeferredState.Done, DeferredState.Done, DeferredState.Cancelled], results.Select(result => result.State));
        Assert.Equal("\"three\"", Encoding.UTF8.GetString(results[2].AnswerSensitive!.BodySensitive.Span));
        Assert.True(await store.ForgetBatchAsync(batch.Id, "ann"));
        Assert.Null(await store.FindBatchAsync(batch.Id, "ann"));
        Assert.All(DeferredStates.All, state => Assert.Equal(0, store.Tally.Count(state)));
    }

    [Fact]
    public void WatchMemory_ThatCannotBeRead_IsNoReasonNotToStart()
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection("Data Source=:memory:");
        connection.Open();
        using var make = connection.CreateCommand();
        make.CommandText = "CREATE TABLE watch_memory (name TEXT, body TEXT); INSERT INTO watch_memory VALUES ('alarms', '{\"Active\":[{\"Rule\":\"NewerThanThis\"}]}')";
        make.ExecuteNonQuery();
        Assert.Null(WatchRows.Load(connection, "alarms", WatchJson.Default.AlarmMemory));
    }

    [Fact]
    public async Task Restart_WhatRanWaitsAgain_WhatIsOverStays_AndItIsCounted()
    {
        var (runs, done) = (Piece(), Piece(CallPriority.High.ToString()));
        await using (var first = Open(onDisk: true))
        {
            await AcceptAsync(first.Store, runs);
            await AcceptAsync(first.Store, done);
            await ClaimAsync(first.Store);
            await first.Store.FinishAsync((await ClaimAsync(first.Store, lanes: done.Route))[0], DeferredState.Done, Answer(), Start);
        }

        await using var second = Open(onDisk: true);
        var tally = second.Store.Tally;
        Assert.Equal((1, 0, 1), (tally.Count(DeferredState.Waiting), tally.Count(DeferredState.Running), tally.Count(DeferredState.Done)));
        Assert.True(tally.Bytes > 0);
        Assert.Equal(Start, await second.Store.OldestWaitingAsync());
        Assert.Equal((runs.Id, 2), ((await ClaimAsync(second.Store))[0].Id, (await second.Store.FindAsync(runs.Id))!.State == DeferredState.Running ? 2 : 0));
        Assert.NotNull((await second.Store.FindAsync(done.Id))!.AnswerSensitive);
    }

    [Fact]
    public async Task Sealed_NothingOfItCanBeRead_NorPassedOffAsAnothers()
    {
        const string secret = "a-cache-key-of-an-operator";
        var batch = new DeferredBatch(WorkIds.Batch + new string('1', 32), "ann", Start, Start + TimeSpan.FromHours(1), Start + TimeSpan.FromDays(29));
        var (asked, answered) = (Piece(body: "planted-question", batch: batch.Id), Piece(body: "planted-question", batch: batch.Id));
        await using (var first = Open(onDisk: true, secret))
        {
            await first.Store.AcceptAsync([answered, asked], batch, long.MaxValue);
            await first.Store.FinishAsync((await ClaimAsync(first.Store))[0], DeferredState.Done, Answer("planted-answer"), Start);
        }

        var bytes = Encoding.UTF8.GetString(await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken));
        Assert.DoesNotContain("planted", bytes, StringComparison.Ordinal);
        Assert.DoesNotContain("name-1", bytes, StringComparison.Ordinal);
        Assert.DoesNotContain("openai-beta", bytes, StringComparison.Ordinal);

        await using (var other = Open(onDisk: true, "another-cache-key-than-before"))
        {
            Assert.True((await other.Store.FindAsync(answered.Id))!.IsUnreadable);
            Assert.Null((await ClaimAsync(other.Store))[0].RequestSensitive);
        }

        await using var again = Open(onDisk: true, secret);
        Assert.Equal("\"planted-answer\"", Encoding.UTF8.GetString((await again.Store.FindAsync(answered.Id))!.AnswerSensitive!.BodySensitive.Span));
        Assert.Equal("planted-question", Encoding.UTF8.GetString((await ClaimAsync(again.Store))[0].RequestSensitive!.BodySensitive.Span));
    }

    [Fact]
    public async Task FullDisk_NothingIsAccepted_ThenOrLater_WhatIsThereCanBeRead_AndWhatEndedIsKeptWhenThereIsRoom()
    {
        var ill = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var store = SqliteStore.Open(File, new()
        {
            MostPages = 80,
            RetryEvery = TimeSpan.FromHours(1),
            HealthChanged = health =>
            {
                if (!health.IsWell) ill.TrySetResult();
            },
        });
        await using (store)
        {
            var deferral = store.Deferral;
            var first = Piece(body: "small");
            await AcceptAsync(deferral, first);
            var claimed = (await ClaimAsync(deferral))[0];
            var accepted = new List<string>();
            Accepted last;
            while ((last = await AcceptAsync(deferral, Piece(body: new string('x', 3000)))).IsKept) accepted.Add(last.Id!);
            Assert.Equal(Acceptance.Trouble, last.How);
            await ill.Task;
            Assert.Equal(accepted.Count, deferral.Tally.Count(DeferredState.Waiting));
            Assert.Equal(DeferredState.Running, (await deferral.FindAsync(first.Id))!.State); // it can be read
            Assert.False(await deferral.FinishAsync(claimed, DeferredState.Done, Answer(new string('y', 6000)), Start));
            Assert.Equal(1, deferral.Tally.Count(DeferredState.Running));

            store.SetQuota(1000);
            Assert.True((await AcceptAsync(deferral, Piece())).IsKept); // what was held is written before anything newer
            Assert.Equal(DeferredState.Done, (await deferral.FindAsync(first.Id))!.State);
            Assert.Equal(accepted.Count + 1, deferral.Tally.Count(DeferredState.Waiting)); // what was refused did not come in behind our back
        }
    }

    private sealed record Opened(IDeferralStore Store, SqliteStore? File) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => File?.DisposeAsync() ?? default;
    }
}
