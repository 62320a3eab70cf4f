using Understudy.Caching;
using Understudy.Drills;
using Understudy.Wires;

namespace Understudy.Tests.Caching;

public sealed class AnswerCacheTests
{
    private readonly VirtualTime _time = new();

    private CacheEntry Entry(int key, int length = 10, string client = "website") => new()
    {
        Key = new((UInt128)key, 0),
        Client = client,
        At = _time.GetUtcNow(),
        ServedBy = "claude/m",
        TextSensitive = new('x', length),
        Finish = FinishReason.Stop,
    };

    [Fact]
    public void Find_NoOlderThanAsked()
    {
        var cache = new AnswerCache(_time);
        cache.Keep(Entry(1));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.NotNull(cache.Find(new(1, 0), TimeSpan.FromMinutes(10)));
        Assert.Null(cache.Find(new(1, 0), TimeSpan.FromMinutes(9)));
        Assert.Null(cache.Find(new(2, 0), TimeSpan.MaxValue));
    }

    [Fact]
    public void Bytes_AreBounded_AndTheLeastUsedGoFirst()
    {
        var cache = new AnswerCache(_time);
        var store = new FakeStore();
        cache.Attach(store, []);
        cache.Bound(20_000, TimeSpan.FromHours(24));
        for (var i = 0; i < 10; i++) cache.Keep(Entry(i, 800));
        Assert.NotNull(cache.Find(new(1, 0), TimeSpan.MaxValue)); // used: it stays
        cache.Keep(Entry(10, 800));
        Assert.InRange(cache.Load.Bytes, 1, 20_000);
        Assert.NotNull(cache.Find(new(1, 0), TimeSpan.MaxValue));
        Assert.NotNull(cache.Find(new(10, 0), TimeSpan.MaxValue));
        Assert.Null(cache.Find(new(0, 0), TimeSpan.MaxValue));
        Assert.Equal(11 - cache.Load.Entries, store.Forgotten.Count);

        cache.Keep(Entry(99, 5000)); // larger than an eighth: not at the cost of all the others
        Assert.Null(cache.Find(new(99, 0), TimeSpan.MaxValue));
        Assert.DoesNotContain(store.Kept, entry => entry.Key == new CacheKey(99, 0));
        cache.Bound(1_000, TimeSpan.FromHours(24));
        Assert.InRange(cache.Load.Bytes, 0, 1_000);
    }

    [Fact]
    public void SameCallAgain_TakesThePlaceOfTheOldAnswer()
    {
        var cache = new AnswerCache(_time);
        cache.Keep(Entry(1, 10));
        cache.Keep(Entry(1, 20));
        Assert.Equal((1, Entry(1, 20).Size), (cache.Load.Entries, cache.Load.Bytes));
    }

    [Fact]
    public void WhatNobodyWillAskFor_IsSweptOut()
    {
        var cache = new AnswerCache(_time);
        cache.Bound(1 << 20, TimeSpan.FromHours(2));
        cache.Keep(Entry(1));
        _time.Advance(TimeSpan.FromHours(3));
        cache.Keep(Entry(2));
        Assert.Equal(1, cache.Load.Entries);
    }

    [Fact]
    public async Task Purge_ByClientAndAge()
    {
        var cache = new AnswerCache(_time);
        var store = new FakeStore();
        cache.Attach(store, [Entry(1), Entry(2, client: "other")]);
        _time.Advance(TimeSpan.FromHours(1));
        cache.Keep(Entry(3));
        Assert.Equal((1, true), await cache.PurgeAsync("Website", TimeSpan.FromMinutes(30)));
        Assert.Null(cache.Find(new(1, 0), TimeSpan.MaxValue));
        Assert.NotNull(cache.Find(new(2, 0), TimeSpan.MaxValue));
        Assert.Equal((2, true), await cache.PurgeAsync(null, null));
        Assert.Equal(0, cache.Load.Bytes);
        Assert.Equal(["Website before", " "], store.Purges);
    }

    [Theory]
    [InlineData(FinishReason.Stop, true)]
    [InlineData(FinishReason.StopSequence, true)]
    [InlineData(FinishReason.Length, false)]
    [InlineData(FinishReason.Refusal, false)]
    [InlineData(FinishReason.Pause, false)]
    [InlineData(FinishReason.ToolUse, false)]
    public void OnlyAWholeAnswer_IsKept(FinishReason finish, bool kept) =>
        Assert.Equal(kept, CacheEntry.Of(default, new() { Parts = [new TextPart("Yes.")], Finish = finish }, "", "c/m", default) is not null);

    [Fact]
    public void OnlyText_IsKept()
    {
        Assert.Null(CacheEntry.Of(default, new() { Parts = [new TextPart("Yes."), new ToolCallPart("1", "t", "{}")] }, "", "c/m", default));
        Assert.Null(CacheEntry.Of(default, new() { Parts = [new RefusalPart("No.")] }, "", "c/m", default));
        Assert.Null(CacheEntry.Of(default, new() { Parts = [new TextPart("")] }, "", "c/m", default));
        var kept = CacheEntry.Of(default, new() { Parts = [new ThinkingPart("Hm.", "sig", ReasoningMaker.Anthropic), new TextPart("Y"), new TextPart("es.")] }, "", "c/m", default);
        Assert.Equal("Yes.", kept!.TextSensitive);
        Assert.DoesNotContain("Yes", kept.ToString(), StringComparison.Ordinal);
    }

    private sealed class FakeStore : ICacheStore
    {
        public List<CacheEntry> Kept { get; } = [];

        public List<CacheKey> Forgotten { get; } = [];

        public List<string> Purges { get; } = [];

        public void Keep(CacheEntry entry) => Kept.Add(entry);

        public void Forget(IReadOnlyList<CacheKey> keys) => Forgotten.AddRange(keys);

        public Task<bool> PurgeAsync(string? client, DateTimeOffset? before)
        {
            Purges.Add($"{client} {(before is null ? "" : "before")}");
            return Task.FromResult(true);
        }
    }
}
