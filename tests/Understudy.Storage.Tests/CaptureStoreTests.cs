using System.Text;
using Understudy.Calls;
using Understudy.Capture;
using Understudy.Observation;
using Understudy.Storage.Sqlite;

namespace Understudy.Storage.Tests;

/// <summary>Captured calls on the disk: sealed, bounded in age and size, and gone when they are to be gone.</summary>
public sealed class CaptureStoreTests : IDisposable
{
    private const string Secret = "a-cache-key-of-an-operator";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("understudy-store");
    private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

    private string Path => System.IO.Path.Combine(_folder.FullName, "understudy.db");

    public void Dispose() => _folder.Delete(recursive: true);

    private CapturedCall Call(int number, string client = "website", int minutesOld = 0, string said = "To be, or not to be.") => new()
    {
        Head = new($"us_{number}", _now - TimeSpan.FromMinutes(minutesOld), "claude-*", client, CallOutcome.Degraded, 0),
        Protocol = WireProtocol.Gemini,
        Status = 200,
        ModelSensitive = "gemini-2.5-pro",
        RequestSensitive = $$"""{"q":"{{said}}"}""",
        AnswerSensitive = """{"a":"Voilà"}""",
        Redacted = 3,
    };

    [Theory]
    [InlineData(null)]
    [InlineData(Secret)]
    public async Task WhatIsKept_ComesBackAsItWas_AndIsReadableOnTheDiskWithoutAKeyOnly(string? key)
    {
        await using (var store = SqliteStore.Open(Path, new() { CacheKey = key })) Assert.True(await store.Captures.KeepAsync(Call(1)));
        await using (var store = SqliteStore.Open(Path, new() { CacheKey = key }))
        {
            var found = await store.Captures.FindAsync("us_1");
            Assert.Equal(Call(1), found! with { Head = found.Head with { Bytes = 0 } });
        }

        var file = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(Path, TestContext.Current.CancellationToken));
        Assert.Equal(key is null, file.Contains("To be, or not to be.", StringComparison.Ordinal));
        Assert.Equal(key is null, file.Contains("gemini-2.5-pro", StringComparison.Ordinal));
        if (key is null) return;
        await using var other = SqliteStore.Open(Path, new() { CacheKey = "another-key-than-before" });
        Assert.Null(await other.Captures.FindAsync("us_1"));
        Assert.Single((await other.Captures.ListAsync(null, null, null, 10))!);
    }

    [Fact]
    public async Task Lists_AreTheNewestFirst_ByRouteAndClient()
    {
        await using var store = SqliteStore.Open(Path, new());
        for (var i = 0; i < 5; i++) await store.Captures.KeepAsync(Call(i, i % 2 == 0 ? "one" : "two", minutesOld: i));
        Assert.Equal(["us_0", "us_1"], Ids(await store.Captures.ListAsync(null, null, null, 2)));
        Assert.Equal(["us_2", "us_3", "us_4"], Ids(await store.Captures.ListAsync(null, null, _now - TimeSpan.FromMinutes(1), 10)));
        Assert.Equal(["us_1", "us_3"], Ids(await store.Captures.ListAsync("CLAUDE-*", "Two", null, 10)));
        Assert.Empty((await store.Captures.ListAsync("gpt-*", null, null, 10))!);

        static IEnumerable<string> Ids(IReadOnlyList<CapturedHead>? heads) => heads!.Select(head => head.Id);
    }

    [Fact]
    public async Task Sweep_TakesWhatIsTooOld_AndTheOldestOfWhatIsTooMuch()
    {
        await using var store = SqliteStore.Open(Path, new());
        for (var i = 0; i < 20; i++) await store.Captures.KeepAsync(Call(i, minutesOld: 100 - i, said: new string('x', 1000)));
        await store.Captures.SweepAsync(_now - TimeSpan.FromMinutes(95), 1 << 20);
        Assert.Equal(15, (await store.Captures.ListAsync(null, null, null, 100))!.Count);
        var each = (await store.Captures.ListAsync(null, null, null, 1))![0].Bytes;
        await store.Captures.SweepAsync(_now - TimeSpan.FromMinutes(95), each * 4);
        Assert.Equal(["us_19", "us_18", "us_17", "us_16"], (await store.Captures.ListAsync(null, null, null, 100))!.Select(head => head.Id));
    }

    [Fact]
    public async Task FullDisk_SaysThatItIsLost()
    {
        await using var store = SqliteStore.Open(Path, new() { MostPages = 60 });
        Assert.False(await store.Captures.KeepAsync(Call(1, said: new string('x', 400_000))));
        Assert.Null(await store.Captures.FindAsync("us_1"));
    }

    [Fact]
    public async Task Purge_ByClientAndAge()
    {
        await using var store = SqliteStore.Open(Path, new());
        for (var i = 0; i < 6; i++) await store.Captures.KeepAsync(Call(i, i % 2 == 0 ? "one" : "", minutesOld: i));
        Assert.Equal(1, await store.Captures.PurgeAsync("ONE", _now - TimeSpan.FromMinutes(3)));
        Assert.Equal(3, await store.Captures.PurgeAsync("", null));
        Assert.Equal(2, await store.Captures.PurgeAsync(null, null));
        // Neither in the file nor in its log, in which everything stands first.
        foreach (var file in _folder.GetFiles()) Assert.DoesNotContain("To be", await TextOfAsync(file), StringComparison.Ordinal);
    }

    private static async Task<string> TextOfAsync(FileInfo file)
    {
        await using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
