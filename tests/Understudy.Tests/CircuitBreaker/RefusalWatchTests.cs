using Understudy.CircuitBreaker;
using Understudy.Drills;
using Understudy.Failures;

namespace Understudy.Tests.CircuitBreaker;

public sealed class RefusalWatchTests
{
    private readonly VirtualTime _time = new();
    private readonly RefusalWatch _watch;

    public RefusalWatchTests() => _watch = new(_time);

    [Fact]
    public void KeyThatNeverWorked_IsAWrongKey()
    {
        Assert.False(_watch.EverAnswered);
        for (var i = 0; i < 20; i++) Assert.Equal(FailureKind.KeyRejected, Judge(FailureKind.KeyRejected, 401));
    }

    [Fact]
    public void KeyThatWorkedMinutesAgo_IsAnOutage_UntilTheMemoryOfItFades()
    {
        _watch.Answered("a");
        _time.Advance(TimeSpan.FromMinutes(14));
        Assert.Equal(FailureKind.FalseRefusal, Judge(FailureKind.KeyRejected, 401));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(FailureKind.KeyRejected, Judge(FailureKind.KeyRejected, 401));
    }

    [Fact]
    public void One403AmongGoodAnswers_IsAboutThatRequest()
    {
        for (var i = 0; i < 20; i++)
        {
            _watch.Answered("a");
            Assert.Equal(FailureKind.KeyRejected, Judge(FailureKind.KeyRejected, 403));
        }

        Assert.Equal(FailureKind.FalseRefusal, Judge(FailureKind.KeyRejected, 403));
    }

    [Theory]
    [InlineData(true, FailureKind.FalseRefusal)]
    [InlineData(false, FailureKind.RateLimited)]
    public void TooMany_TheBucketKnows(bool hasRoom, FailureKind expected) =>
        Assert.Equal(expected, _watch.Judge(new(FailureKind.RateLimited, "status 429") { Status = 429 }, "a", hasRoom).Kind);

    [Fact]
    public void SuddenlyHalfOfTheCallsGet429_AtTheUsualLoad_IsAnOutage()
    {
        Minutes(20, perMinute: 60, _ => null);
        Minutes(2, perMinute: 60, i => i % 2 == 0 ? FailureKind.RateLimited : null);
        Assert.Equal(FailureKind.FalseRefusal, Judge(FailureKind.RateLimited, 429));
    }

    [Fact]
    public void MoreLoadAndThen429_IsWhatALimitIsFor()
    {
        Minutes(20, perMinute: 60, _ => null);
        Minutes(1, perMinute: 180, i => i % 3 == 0 ? null : FailureKind.RateLimited);
        Assert.Equal(FailureKind.RateLimited, Judge(FailureKind.RateLimited, 429));
    }

    [Fact]
    public void WhoIsAlwaysLimited_IsNotSurprised()
    {
        Minutes(24 * 60, perMinute: 60, i => i % 3 == 0 ? FailureKind.RateLimited : null);
        Assert.Equal(FailureKind.RateLimited, Judge(FailureKind.RateLimited, 429));
    }

    [Fact]
    public void CallersWithoutNames_CountAsOne_AndTheirMistakesStayTheirs()
    {
        Minutes(20, perMinute: 60, _ => null, "");
        for (var i = 0; i < 60; i++) Assert.Equal(FailureKind.BadRequest, Judge(FailureKind.BadRequest, 400, ""));
    }

    [Fact]
    public void TwoCallersWhoWereNeverAnswered_MakeMistakes()
    {
        Minutes(20, perMinute: 60, _ => null, "good");
        for (var i = 0; i < 60; i++) Assert.Equal(FailureKind.BadRequest, Judge(FailureKind.BadRequest, 400, i % 2 == 0 ? "new" : "newer"));
    }

    [Fact]
    public void SlowRollOutOfAFault_IsSeen_AndDoesNotBecomeUsual()
    {
        // azure-2026-03-09: from nothing to a fifth in four hours, and then for fifteen.
        Minutes(30, perMinute: 120, _ => null);
        var chance = new Chance(5);
        for (var minute = 0; minute < 240; minute++) Minutes(1, perMinute: 120, _ => chance.NextDouble() < 0.2 * minute / 240 ? FailureKind.BadRequest : null);
        Assert.Equal(FailureKind.FalseRefusal, Judge(FailureKind.BadRequest, 400, "a"));
        Minutes(5 * 60, perMinute: 120, _ => chance.NextDouble() < 0.2 ? FailureKind.BadRequest : null);
        Assert.Equal(FailureKind.FalseRefusal, Judge(FailureKind.BadRequest, 400, "a"));
    }

    [Fact]
    public void FailuresThatAreNoRefusals_PassAsTheyAre()
    {
        _watch.Answered("a");
        foreach (var kind in Enum.GetValues<FailureKind>())
        {
            if (kind is FailureKind.KeyRejected or FailureKind.RateLimited or FailureKind.BadRequest) continue;
            var failure = new Failure(kind, "as it was");
            Assert.Same(failure, _watch.Judge(failure, "a"));
        }
    }

    [Fact]
    public void Reason_HoldsNoCallersName()
    {
        _watch.Answered("acme-website");
        Assert.DoesNotContain("acme", _watch.Judge(new(FailureKind.KeyRejected, "status 401") { Status = 401 }, "acme-website").ToString(), StringComparison.Ordinal);
    }

    private FailureKind Judge(FailureKind kind, int status, string caller = "a") => _watch.Judge(new(kind, $"status {status}") { Status = status }, caller).Kind;

    private void Minutes(int minutes, int perMinute, Func<int, FailureKind?> outcome, string? caller = null)
    {
        for (var i = 0; i < minutes * perMinute; i++)
        {
            var who = caller ?? (i % 2 == 0 ? "a" : "b");
            if (outcome(i) is { } kind) Judge(kind, kind == FailureKind.BadRequest ? 400 : 429, who);
            else _watch.Answered(who);
            _time.Advance(TimeSpan.FromMinutes(1) / perMinute);
        }
    }
}
