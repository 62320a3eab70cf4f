using Understudy.Observation.Past;
using Understudy.Storage.Sqlite;

namespace Understudy.Storage.Tests;

/// <summary>Records of calls on the disk: within their age and size, over restarts.</summary>
public sealed class CallStoreTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 6, 2, 6, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("understudy-store");

    private string Path => System.IO.Path.Combine(_folder.FullName, "understudy.db");

    public void Dispose() => _folder.Delete(recursive: true);

    private static CallBlock Block(int minute, int bytes = 50_000, int troubles = 0, string id = "us_1")
    {
        var body = new byte[bytes];
        var chance = new Chance((ulong)minute);
        for (var i = 0; i + 8 <= bytes; i += 8) BitConverter.TryWriteBytes(body.AsSpan(i), chance.NextUInt64());
        return new(Start.AddMinutes(minute), Start.AddMinutes(minute + 1), 1024, troubles, BitConverter.GetBytes(CallPackMark(id)), body);
    }

    // As the pack makes it.
    private static ushort CallPackMark(string id)
    {
        var hash = id.Aggregate(2166136261u, (sum, letter) => (sum ^ letter) * 16777619u);
        return (ushort)(hash ^ (hash >> 16));
    }

    [Fact]
    public async Task ADaysBlocks_StayWithinTheBound_InTheFileToo()
    {
        const long Most = 16 << 20;
        await using (var store = SqliteStore.Open(Path, new()))
        {
            // 100 MB, as of two million calls, into a sixth of it.
            for (var minute = 0; minute < 2000; minute++) Assert.True(await store.Calls.KeepAsync(Block(minute), DateTimeOffset.MinValue, Most));
            Assert.InRange(store.Calls.Bytes, Most - 60_000, Most);
        }

        Assert.InRange(new FileInfo(Path).Length, Most * 9 / 10, Most * 13 / 10);
        await using var again = SqliteStore.Open(Path, new());
        Assert.InRange(again.Calls.Bytes, Most - 60_000, Most);
        Assert.Equal(Start.AddMinutes(1999), (await again.Calls.ReadAsync(null, false, 0, 1))![0].From);
    }

    [Fact]
    public async Task WhatIsTooOld_Goes()
    {
        await using var store = SqliteStore.Open(Path, new());
        for (var minute = 0; minute < 10; minute++) await store.Calls.KeepAsync(Block(minute, 1000), Start.AddMinutes(minute - 3), 1 << 20);
        Assert.Equal([9, 8, 7, 6, 5], (await store.Calls.ReadAsync(null, false, 0, 100))!.Select(block => (int)(block.From - Start).TotalMinutes));
        Assert.Equal(5 * 1002, store.Calls.Bytes);
    }

    [Fact]
    public async Task Blocks_AreFound_ByTimeTroubleAndId()
    {
        await using var store = SqliteStore.Open(Path, new());
        for (var minute = 0; minute < 10; minute++) await store.Calls.KeepAsync(Block(minute, 100, troubles: minute % 3, id: $"us_{minute}"), DateTimeOffset.MinValue, 1 << 20);
        Assert.Equal([4, 3], Minutes(await store.Calls.ReadAsync(Start.AddMinutes(4.5), false, 0, 2)));
        Assert.Equal([2, 1], Minutes(await store.Calls.ReadAsync(Start.AddMinutes(4.5), false, 2, 2)));
        Assert.Equal([8, 7, 5, 4, 2, 1], Minutes(await store.Calls.ReadAsync(null, true, 0, 100)));
        var found = Assert.Single((await store.Calls.FindAsync("us_7"))!);
        Assert.Equal(Block(7, 100).Body.ToArray(), found.Body.ToArray());

        static IEnumerable<int> Minutes(IReadOnlyList<CallBlock>? blocks) => blocks!.Select(block => (int)(block.From - Start).TotalMinutes);
    }

    [Fact]
    public async Task ABlockWithACallThatTookLong_ComesInItsTurn()
    {
        await using var store = SqliteStore.Open(Path, new());
        foreach (var minute in (int[])[5, 6, 1, 7]) await store.Calls.KeepAsync(Block(minute, 100), DateTimeOffset.MinValue, 1 << 20);
        Assert.Equal([7, 1, 6, 5], (await store.Calls.ReadAsync(null, false, 0, 100))!.Select(block => (int)(block.From - Start).TotalMinutes));
        Assert.Equal([1, 5], (await store.Calls.ReadAsync(Start.AddMinutes(5.5), false, 0, 100))!.Select(block => (int)(block.From - Start).TotalMinutes));
    }

    [Fact]
    public async Task FullDisk_SaysThatItIsLost_AndCountsNothing()
    {
        await using var store = SqliteStore.Open(Path, new() { MostPages = 60 });
        var before = store.Calls.Bytes;
        Assert.False(await store.Calls.KeepAsync(Block(1, 1_000_000), DateTimeOffset.MinValue, 1 << 30));
        Assert.Equal(before, store.Calls.Bytes);
    }
}
