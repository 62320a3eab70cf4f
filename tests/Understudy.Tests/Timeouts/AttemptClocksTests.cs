using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Drills;
using Understudy.Failures;
using Understudy.Timeouts;

namespace Understudy.Tests.Timeouts;

public sealed class AttemptClocksTests
{
    private static readonly ClockLimits Limits = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(10));

    private readonly VirtualTime _time = new();

    [Fact]
    public void NothingComes_IsAFirstTokenTimeoutAfterEightSeconds()
    {
        using var clocks = Start();
        _time.Advance(TimeSpan.FromSeconds(7.99));
        Assert.Null(clocks.Expired);
        _time.Advance(TimeSpan.FromSeconds(0.01));
        Assert.Equal(FailureKind.FirstTokenTimeout, clocks.Expired);
        Assert.True(clocks.Token.IsCancellationRequested);
    }

    [Fact]
    public void SilenceAfterContent_IsAStall()
    {
        using var clocks = Start();
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            clocks.Progress();
        }

        _time.Advance(TimeSpan.FromSeconds(9.99));
        Assert.Null(clocks.Expired);
        _time.Advance(TimeSpan.FromSeconds(0.02));
        Assert.Equal(FailureKind.Stalled, clocks.Expired);
    }

    [Fact]
    public void DeadlineComesFirst_SaysSo()
    {
        using var clocks = Start(deadlineSeconds: 12);
        _time.Advance(TimeSpan.FromSeconds(7));
        clocks.Progress();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(FailureKind.DeadlineSpent, clocks.Expired);
    }

    [Fact]
    public void ClientThatIsSlowToRead_IsNoSilenceOfTheProvider()
    {
        using var clocks = Start();
        clocks.Progress();
        clocks.Hold();
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.Null(clocks.Expired);
        clocks.Progress();
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(FailureKind.Stalled, clocks.Expired);
    }

    [Fact]
    public void ClientLeaves_IsNobodysTimeout()
    {
        using var client = new CancellationTokenSource();
        using var clocks = Start(clientLeft: client.Token);
        client.Cancel();
        Assert.Equal(FailureKind.ClientLeft, clocks.Expired);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(FailureKind.ClientLeft, clocks.Expired);
    }

    [Fact]
    public void Disposed_FiresNoMore()
    {
        var clocks = Start();
        clocks.Dispose();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Null(clocks.Expired);
    }

    [Fact]
    public void ReasoningAndLongPromptsAndWholeAnswers_GetLonger()
    {
        var useCase = UseCaseModel.Interactive with { Deadline = TimeSpan.FromMinutes(10) };
        var remaining = useCase.Deadline;
        var plain = ClockLimits.For(useCase, Request(bytes: 400, stream: true), usualTokens: null, remaining, othersLeft: false);
        var reasoning = ClockLimits.For(useCase, Request(bytes: 400, stream: true, reasoning: true), usualTokens: null, remaining, othersLeft: false);
        var large = ClockLimits.For(useCase, Request(bytes: 160_000, stream: true), usualTokens: null, remaining, othersLeft: false);
        var whole = ClockLimits.For(useCase, Request(bytes: 400, stream: false, maxTokens: 1000), usualTokens: null, remaining, othersLeft: false);
        Assert.InRange(plain.FirstToken.TotalSeconds, 8, 8.1);
        Assert.InRange(reasoning.FirstToken.TotalSeconds, 24, 24.1);
        Assert.Equal(TimeSpan.FromSeconds(30), reasoning.Idle);
        Assert.InRange(large.FirstToken.TotalSeconds, 18, 18.1);
        Assert.InRange(whole.FirstToken.TotalSeconds, 58, 58.1);
    }

    [Fact]
    public void WhileOthersAreLeft_OneHangTakesHalfOfWhatIsLeftAtTheMost()
    {
        var limits = ClockLimits.For(UseCaseModel.Interactive, Request(bytes: 400, stream: false), usualTokens: null, TimeSpan.FromSeconds(60), othersLeft: true);
        Assert.Equal(TimeSpan.FromSeconds(30), limits.FirstToken);
    }

    [Theory]
    [InlineData(1000, null, 50)] // the caller's own limit
    [InlineData(32_000, null, 500)] // nobody knows yet: it may be a writer's
    [InlineData(0, null, 500)]
    [InlineData(32_000, 300.0, 250)] // answers are short here, and one that is thirty times as long is still no hang
    [InlineData(32_000, 4_000.0, 400)] // twice what is usual
    [InlineData(6_000, 4_000.0, 300)]
    public void WholeAnswer_IsGivenTimeForWhatIsUsualAndMore(long limit, double? usual, double seconds)
    {
        var limits = ClockLimits.For(UseCaseModel.Agent, Request(bytes: 400, stream: false, maxTokens: limit), usual, TimeSpan.FromMinutes(30), othersLeft: true);
        Assert.Equal(UseCaseModel.Agent.FirstToken.TotalSeconds + seconds, limits.FirstToken.TotalSeconds, 1);
    }

    [Fact]
    public void WholeAnswerThatIsThoughtAbout_IsGivenTimeForTheThoughts()
    {
        var request = Request(bytes: 400, stream: false, reasoning: true, maxTokens: 64_000);
        var limits = ClockLimits.For(UseCaseModel.Agent, request, usualTokens: 300, TimeSpan.FromMinutes(30), othersLeft: true);
        Assert.Equal(60 + 500, limits.FirstToken.TotalSeconds, 1);
    }

    private AttemptClocks Start(double deadlineSeconds = 60, CancellationToken clientLeft = default) =>
        new(_time, Limits, _time.GetTimestamp() + TimeSpan.FromSeconds(deadlineSeconds).Ticks, clientLeft);

    private static CallRequest Request(int bytes, bool stream, bool reasoning = false, long maxTokens = 0) => new()
    {
        Protocol = WireProtocol.AnthropicMessages,
        Body = new byte[bytes],
        Model = "m",
        Facts = new(-1, 0, stream, maxTokens, reasoning, HasTools: false),
    };
}
