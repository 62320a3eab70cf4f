using System.Text;
using Understudy.Drills;
using Understudy.Quotas;
using Understudy.Transport;

namespace Understudy.Tests.Quotas;

public sealed class TargetQuotaTests
{
    private const double Share = 0.05;

    private readonly VirtualTime _time = new(new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));
    private readonly TargetQuota _quota;

    public TargetQuotaTests() => _quota = new(_time);

    [Fact]
    public void NothingTold_NothingKnown()
    {
        Assert.Null(Room());
        Read("content-type: application/json", "x-ratelimit-limit-requests: many", "anthropic-ratelimit-unified-status: allowed");
        Assert.Null(Room());
    }

    [Theory]
    [InlineData("x-ratelimit-limit-requests: 100", "x-ratelimit-remaining-requests: 6", "x-ratelimit-reset-requests: 6m0s", true)]
    [InlineData("x-ratelimit-limit-requests: 100", "x-ratelimit-remaining-requests: 4", "x-ratelimit-reset-requests: 6m0s", false)]
    [InlineData("X-RateLimit-Limit-Tokens: 30000", "X-RateLimit-Remaining-Tokens: 29000", "X-RateLimit-Reset-Tokens: 2s", true)]
    [InlineData("x-ratelimit-limit-tokens: 30000", "x-ratelimit-remaining-tokens: 1400", "x-ratelimit-reset-tokens: 57.2s", false)]
    [InlineData("anthropic-ratelimit-requests-limit: 50", "anthropic-ratelimit-requests-remaining: 0", "anthropic-ratelimit-requests-reset: 2026-11-22T10:01:00Z", false)]
    [InlineData("anthropic-ratelimit-input-tokens-limit: 40000", "anthropic-ratelimit-input-tokens-remaining: 39000", "anthropic-ratelimit-input-tokens-reset: 2026-11-22T10:00:02Z", true)]
    [InlineData("anthropic-ratelimit-output-tokens-limit: 8000", "anthropic-ratelimit-output-tokens-remaining: 0", "anthropic-ratelimit-output-tokens-reset: 2026-11-22T10:01:00Z", false)]
    [InlineData("anthropic-ratelimit-tokens-limit: 80000", "anthropic-ratelimit-tokens-remaining: 2000", "anthropic-ratelimit-tokens-reset: 2026-11-22T10:00:58Z", false)]
    public void VendorsOwnWords_AreRead(string limit, string remaining, string reset, bool room)
    {
        Read(limit, remaining, reset);
        Assert.Equal(room, Room());
    }

    [Fact]
    public void ABucketThatIsTooSmallForThisCall_HasNoRoomForIt()
    {
        Read("x-ratelimit-limit-tokens: 30000", "x-ratelimit-remaining-tokens: 9000", "x-ratelimit-reset-tokens: 42s");
        Assert.Equal((true, false), (_quota.HasRoom(8_000, 1_000, Share), _quota.HasRoom(8_000, 1_001, Share)));
    }

    [Fact]
    public void OneEmptyBucketOfSeveral_IsEnough()
    {
        Read("x-ratelimit-limit-requests: 100", "x-ratelimit-remaining-requests: 99", "x-ratelimit-reset-requests: 1s", "x-ratelimit-limit-tokens: 1000", "x-ratelimit-remaining-tokens: 0", "x-ratelimit-reset-tokens: 1m");
        Assert.False(Room());
    }

    [Fact]
    public void Buckets_RefillUpToTheTimeThatWasTold()
    {
        Read("anthropic-ratelimit-requests-limit: 100", "anthropic-ratelimit-requests-remaining: 0", "anthropic-ratelimit-requests-reset: 2026-11-22T10:10:00Z");
        Assert.False(Room());
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(Room());
        _time.Advance(TimeSpan.FromSeconds(2)); // 5 % of ten minutes
        Assert.True(Room());
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(_quota.HasRoom(0, 0, 0.9));
    }

    [Theory]
    [InlineData("x-ratelimit-reset-requests: soon")]
    [InlineData("x-ratelimit-reset-requests: 0s")]
    [InlineData("x-other: 1")]
    public void NewsWithoutATime_AgesInAMinute(string reset)
    {
        Read("x-ratelimit-limit-requests: 100", "x-ratelimit-remaining-requests: 0", reset);
        Assert.False(Room());
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(Room());
    }

    [Theory]
    [InlineData("x-ratelimit-limit-requests: 0", "x-ratelimit-remaining-requests: 0")]
    [InlineData("x-ratelimit-limit-requests: -5", "x-ratelimit-remaining-requests: 5")]
    [InlineData("x-ratelimit-limit-requests: 99999999999999999999", "x-ratelimit-remaining-requests: 1")]
    [InlineData("x-ratelimit-limit-requests-extra: 10", "x-ratelimit-remaining-requests-extra: 0")]
    [InlineData("x-ratelimit-limit-requests: 10", "x-ratelimit-remaining-requests: 0x")]
    [InlineData("anthropic-ratelimit-requests-limit-of-yesterday: 10", "anthropic-ratelimit-requests-remaining: 0")]
    public void Nonsense_IsNotBelieved(string limit, string remaining)
    {
        Read(limit, remaining, "anthropic-ratelimit-requests-reset: 9999-99-99");
        Assert.Null(Room());
    }

    [Fact]
    public void Reading_AllocatesNothing()
    {
        var reply = new Headers("content-type: application/json", "date: Sun, 22 Nov 2026 10:00:00 GMT", "anthropic-ratelimit-requests-limit: 50", "anthropic-ratelimit-requests-remaining: 49",
            "anthropic-ratelimit-requests-reset: 2026-11-22T10:01:00Z", "x-ratelimit-limit-tokens: 1000", "x-ratelimit-remaining-tokens: 999", "x-ratelimit-reset-tokens: 6m0.5s");
        for (var i = 0; i < 100; i++) _quota.Read(reply);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) _quota.Read(reply);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private bool? Room() => _quota.HasRoom(100, 100, Share);

    private void Read(params string[] headers) => _quota.Read(new Headers(headers));

    private sealed class Headers(params string[] lines) : ProviderReply
    {
        private readonly (byte[] Name, byte[] Value)[] _fields = [.. lines.Select(line => (Encoding.ASCII.GetBytes(line[..line.IndexOf(':')]), Encoding.ASCII.GetBytes(line[(line.IndexOf(':') + 2)..])))];

        public override bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value) => throw new NotSupportedException();

        public override void CopyHeaders(IHeaderTarget target)
        {
            foreach (var (name, value) in _fields) target.Add(name, value);
        }

        public override ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public override ValueTask DisposeAsync() => default;
    }
}
