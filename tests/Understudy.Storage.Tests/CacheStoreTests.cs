using System.Text;
using Understudy.Caching;
using Understudy.Storage.Sqlite;
using Understudy.Wires;

namespace Understudy.Storage.Tests;

/// <summary>Cached answers on the disk: sealed, bounded, and gone when they are to be gone.</summary>
public sealed class CacheStoreTests : IDisposable
{
    private const string Secret = "a-cache-key-of-an-operator";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("understudy-store");
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    private string Path => System.IO.Path.Combine(_folder.FullName, "understudy.db");

    public void Dispose() => _folder.Delete(recursive: true);

    private CacheEntry Entry(int key, string client = "website", int minutesOld = 0, string text = "To be, or not to be.") => new()
    {
        Key = new(7, (UInt128)key),
        Client = client,
        At = DateTimeOffset.FromUnixTimeMilliseconds((_now - TimeSpan.FromMinutes(minutesOld)).ToUnixTimeMilliseconds()),
        ServedBy = "claude/m",
        TextSensitive = text,
        Finish = FinishReason.StopSequence,
        StopSequence = "\n\n",
        Usage = new(10, 2, 3, 40, 5),
    };

    private async Task KeepAsync(StoreOptions options, params CacheEntry[] entries)
    {
        await using var store = SqliteStore.Open(Path, options);
        foreach (var entry in entries) store.Keep(entry);
    }

    private async Task<(IReadOnlyList<CacheEntry> Entries, int Unreadable)> LoadAsync(StoreOptions options)
    {
        await using var store = SqliteStore.Open(Path, options);
        return (store.CachedAnswers, store.UnreadableAnswers);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Secret)]
    public async Task WhatIsKept_ComesBackAsItWas(string? key)
    {
        var options = new StoreOptions { CacheKey = key };
        await KeepAsync(options, Entry(1, minutesOld: 2), Entry(2, client: "", text: "Voilà, 現在。"), Entry(1, minutesOld: 1, text: "Said anew."));
        Assert.Equal([Entry(1, minutesOld: 1, text: "Said anew."), Entry(2, client: "", text: "Voilà, 現在。")], (await LoadAsync(options)).Entries);
        var file = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(Path, TestContext.Current.CancellationToken));
        Assert.Equal(key is null, file.Contains("Said anew.", StringComparison.Ordinal));
        Assert.Equal(key is null, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(Path, TestContext.Current.CancellationToken)).Contains(Encoding.Latin1.GetString(Entry(1).Key.ToBytes()), StringComparison.Ordinal));
    }

    [Fact]
    public void Seal_HoldsClientTimeAndEveryByte()
    {
        var seal = new CacheSeal(Secret);
        var entry = Entry(1);
        var closed = seal.Close(entry);
        Assert.Equal(entry, seal.Open(entry.Client, entry.At, closed));
        Assert.Null(seal.Open("other", entry.At, closed));
        Assert.Null(seal.Open(entry.Client, entry.At.AddMinutes(1), closed));
        Assert.Null(new CacheSeal("another-key-of-an-operator").Open(entry.Client, entry.At, closed));
        Assert.Null(new CacheSeal(null).Open(entry.Client, entry.At, closed));
        Assert.NotEqual(closed, seal.Close(entry)); // a nonce of its own each time
        for (var i = 0; i < closed.Length; i += 7)
        {
            var touched = closed.ToArray();
            touched[i] ^= 1;
            Assert.Null(seal.Open(entry.Client, entry.At, touched));
        }

        for (var length = 0; length < 40; length++) Assert.Null(seal.Open(entry.Client, entry.At, closed[..length]));
    }

    [Fact]
    public async Task AnotherKey_DropsThem_AndCountsThem()
    {
        await KeepAsync(new() { CacheKey = Secret }, Entry(1), Entry(2));
        Assert.Equal(2, (await LoadAsync(new() { CacheKey = "another-key-of-an-operator" })).Unreadable);
        Assert.Empty((await LoadAsync(new() { CacheKey = Secret })).Entries); // gone, not lying in wait
    }

    [Fact]
    public async Task TheOldAndTheManyAreLeftOut_TheNewestStay()
    {
        await KeepAsync(new(), [.. Enumerable.Range(1, 50).Select(i => Entry(i, minutesOld: i, text: new('x', 1000)))]);
        var (some, unreadable) = await LoadAsync(new() { CacheBytes = 10 * Entry(1, text: new('x', 1000)).Size });
        Assert.Equal(0, unreadable);
        Assert.InRange(some.Count, 10, 11);
        Assert.Equal(new CacheKey(7, 1), some[^1].Key);
        Assert.Equal(5, (await LoadAsync(new() { CacheOldest = TimeSpan.FromMinutes(5.5) })).Entries.Count);
        Assert.Equal(5, (await LoadAsync(new())).Entries.Count);
    }

    [Fact]
    public async Task ForgottenAndPurged_AreGone()
    {
        await using (var store = SqliteStore.Open(Path, new() { CacheKey = Secret }))
        {
            foreach (var entry in (CacheEntry[])[Entry(1), Entry(2), Entry(3, "other"), Entry(4, "other", minutesOld: 90)]) store.Keep(entry);
            store.Forget([Entry(1).Key]);
            Assert.True(await store.PurgeAsync("OTHER", _now - TimeSpan.FromHours(1)));
        }

        Assert.Equal([Entry(2).Key, Entry(3).Key], (await LoadAsync(new() { CacheKey = Secret })).Entries.Select(entry => entry.Key).Order(Comparer<CacheKey>.Create((a, b) => a.Low.CompareTo(b.Low))));
        await using (var store = SqliteStore.Open(Path, new() { CacheKey = Secret })) Assert.True(await store.PurgeAsync(null, null));
        Assert.Empty((await LoadAsync(new() { CacheKey = Secret })).Entries);
    }

    [Fact]
    public async Task FullDisk_LosesAnswers_AndNothingElse()
    {
        var ill = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var store = SqliteStore.Open(Path, new() { MostPages = 40, HealthChanged = health => { if (!health.IsWell) ill.TrySetResult(); } });
        for (var i = 0; i < 100; i++) store.Keep(Entry(i, text: new('x', 4000)));
        await ill.Task;
        Assert.Equal("its disk is full", store.Health.Trouble);
        store.Keep(Entry(1000)); // nobody is told, nobody waits
    }
}
