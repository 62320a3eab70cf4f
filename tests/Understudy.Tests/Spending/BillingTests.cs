using Understudy.Failures;
using Understudy.Observation;
using Understudy.Spending;
using Understudy.Wires;

namespace Understudy.Tests.Spending;

public sealed class BillingTests
{
    private static readonly TokenEstimate Allowed = new(Input: 1_000, Output: 400);

    public static TheoryData<FailureKind> Kinds => [.. Enum.GetValues<FailureKind>()];

    [Theory, MemberData(nameof(Kinds))]
    public void Table_AgreesWithTheTraits(FailureKind kind)
    {
        Assert.Equal(FailureTraits.Of(kind).MayBeBilled, Billing.Of(kind) != BilledAs.Nothing);
        Assert.NotEqual(WasteReason.None, Billing.WasteOf(kind));
    }

    [Theory]
    [InlineData(FailureKind.ConnectFailed)]
    [InlineData(FailureKind.Overloaded)]
    [InlineData(FailureKind.ProviderError)]
    [InlineData(FailureKind.RateLimited)]
    [InlineData(FailureKind.BadRequest)]
    public void RefusedOrNeverReached_CostsNothing_WhateverWasTold(FailureKind kind)
    {
        Assert.Equal(default, Billing.TokensOf(kind, new(50, 0, 0, 9, 0), seen: 3, Allowed, out var estimated));
        Assert.False(estimated);
    }

    [Theory]
    [InlineData(FailureKind.FirstTokenTimeout, WasteReason.Hang, "hang")]
    [InlineData(FailureKind.Stalled, WasteReason.Stall, "stall")]
    [InlineData(FailureKind.CutShort, WasteReason.Cut, "cut")]
    [InlineData(FailureKind.DeadlineSpent, WasteReason.TimedOut, "timed_out")]
    [InlineData(FailureKind.ClientLeft, WasteReason.ClientLeft, "client_left")]
    public void GivenUp_StaysChargedAsReserved(FailureKind kind, WasteReason reason, string word)
    {
        Assert.Equal(new(1_000, 0, 0, 400, 0), Billing.TokensOf(kind, default, seen: 0, Allowed, out var estimated));
        Assert.True(estimated);
        Assert.Equal(reason, Billing.WasteOf(kind));
        Assert.Equal(word, WasteWords.Of(reason));
    }

    [Fact]
    public void Cut_TheQuestionAsTold_TheAnswerNeverLessThanWhatCame()
    {
        // Anthropic tells the question's tokens first, and the answer's at the end, which never came.
        Assert.Equal(new(900, 300, 0, 400, 0), Billing.TokensOf(FailureKind.CutShort, new(900, 300, 0, 1, 0), seen: 20, Allowed, out _));
        Assert.Equal(650, Billing.TokensOf(FailureKind.CutShort, new(900, 300, 0, 1, 0), seen: 650, Allowed, out _).Output);
    }

    [Fact]
    public void Answered_AsTold_AndWithoutATaleByOurOwnCount()
    {
        Assert.Equal(new(900, 300, 0, 77, 5), Billing.TokensOf(null, new(900, 300, 0, 77, 5), seen: 80, Allowed, out var estimated));
        Assert.False(estimated);
        Assert.Equal(new(1_000, 0, 0, 80, 0), Billing.TokensOf(null, default, seen: 80, Allowed, out estimated));
        Assert.True(estimated);
    }
}
