using Understudy.Calls;
using Understudy.Observation;

namespace Understudy.Tests.Observation;

/// <summary>Which names of models may be told: those of this process's calls once a provider took them, those of kept records as they stand.</summary>
public sealed class TargetLabelsTests
{
    private static (CallRecord Call, AttemptRecord Attempt) Made(string model, bool sent)
    {
        var call = new CallRecord { Id = "us_1", StartedAt = default, Started = 0, Route = "r", UseCase = "u", Protocol = WireProtocol.AnthropicMessages, Model = model, ServedBy = $"claude/{model}" };
        var attempt = new AttemptRecord { Target = $"claude/{model}", Provider = "claude", Rung = 0, Sent = sent };
        call.Add(attempt);
        return (call, attempt);
    }

    [Fact]
    public void WhatAClientMadeUp_IsOther_UntilItWasAskedFor()
    {
        var labels = new TargetLabels();
        var (call, passedOver) = Made("made-up", sent: false);
        Assert.Equal(("claude/other", "claude/other"), (labels.Of(call, passedOver).Target, labels.ServedBy(call)));
        var (asked, attempt) = Made("made-up", sent: true);
        Assert.Equal(("claude/made-up", "made-up", "claude/made-up"), (labels.Of(asked, attempt).Target, labels.Of(asked, attempt).Model, labels.ServedBy(asked)));
    }

    [Fact]
    public void WhatWasKept_StandsAsItIs_HoweverManyNamesThereAre()
    {
        for (var i = 0; i < TargetLabels.Most + 10; i++)
        {
            var (call, attempt) = Made($"kept-{i}", sent: i % 2 == 0);
            var label = TargetLabels.OfKept.Of(call, attempt);
            Assert.Equal(($"claude/kept-{i}", "claude", $"kept-{i}", $"claude/kept-{i}"), (label.Target, label.Provider, label.Model, TargetLabels.OfKept.ServedBy(call)));
            Assert.False(TargetLabels.OfKept.Knows(label.Target)); // nothing grows by it
        }
    }
}
