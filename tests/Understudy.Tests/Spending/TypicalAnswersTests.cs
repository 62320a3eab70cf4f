using Understudy.Calls;
using Understudy.Spending;

namespace Understudy.Tests.Spending;

public sealed class TypicalAnswersTests
{
    private readonly TypicalAnswers _answers = new();

    [Theory]
    [InlineData(0, 2_000)]
    [InlineData(100, 100)]
    [InlineData(32_000, 2_000)]
    public void NothingLearnt_TheAssumedLength_WithinTheCallersLimit(long maxTokens, long expected) =>
        Assert.Equal(new TokenEstimate(250, expected), _answers.Allow("r", "t", Request(1_000, maxTokens)));

    [Fact]
    public void SteadyAnswers_AreExpectedAsTheyAre()
    {
        for (var i = 0; i < 200; i++) _answers.Learn("r", "t", 50);
        Assert.Equal(50, _answers.Expect("r", "t", Request(4, 0)).Output);
        Assert.Equal(50, _answers.Allow("r", "t", Request(4, 0)).Output);
        Assert.Equal(20, _answers.Allow("r", "t", Request(4, 20)).Output);
    }

    [Fact]
    public void UnsteadyAnswers_AreAllowedMoreThanTheirMean_AndMostStayBelow()
    {
        var chance = new Chance(3);
        var below = 0;
        for (var i = 0; i < 2_000; i++)
        {
            var tokens = 1 + chance.Next(1_000);
            if (i >= 1_000 && tokens <= _answers.Allow("r", "t", Request(4, 0)).Output) below++;
            _answers.Learn("r", "t", tokens);
        }

        Assert.InRange(_answers.Expect("r", "t", Request(4, 0)).Output, 300, 700);
        Assert.InRange(below, 900, 1_000);
    }

    [Fact]
    public void ATargetWithoutAnswers_IsJudgedByItsRoute_AndAnotherRouteByNothing()
    {
        for (var i = 0; i < 50; i++) _answers.Learn("r", "t", 10);
        Assert.Equal(10, _answers.Expect("r", "other", Request(4, 0)).Output);
        Assert.Equal(TypicalAnswers.Assumed, _answers.Expect("another", "t", Request(4, 0)).Output);
    }

    [Fact]
    public void ABodyFullOfImages_IsNoMoreThanTheLargestQuestion() =>
        Assert.Equal(TokenEstimate.MostInput, _answers.Allow("r", "t", Request(30_000_000, 0)).Input);

    [Fact]
    public void EndlessNames_AreNotRemembered()
    {
        for (var i = 0; i < 10_000; i++) _answers.Learn("r", $"t{i}", 7);
        Assert.Equal(7, _answers.Expect("r", "t9999", Request(4, 0)).Output); // by the route
    }

    private static CallRequest Request(int bytes, long maxTokens) => new()
    {
        Protocol = WireProtocol.AnthropicMessages,
        Body = new byte[bytes],
        Facts = new(-1, 0, false, maxTokens, false, false),
        Model = "m",
    };
}
