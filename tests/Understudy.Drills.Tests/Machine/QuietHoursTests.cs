using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.Drills.Tests.Machine;

/// <summary>What the machine's quiet time costs, in which a target has a call now and then and is probed after an outage.</summary>
public sealed class QuietHoursTests(ITestOutputHelper output)
{
    [Fact]
    public void QuietHours_ArePassedOver()
    {
        const int Hours = 5_000;
        var provider = Rehearsed.Provider("claude", WireProtocol.AnthropicMessages);
        // A call an hour; once a day an outage of a minute in which five more come, and the breaker opens and comes back by probes.
        var wishes = new List<Wish>();
        var outages = new List<Outage>();
        for (var hour = 0; hour < Hours; hour++)
        {
            wishes.Add(Rehearsed.Wish((hour * 3600) + 600, WireProtocol.AnthropicMessages) with { Question = hour });
            if (hour % 24 != 0) continue;
            outages.Add(Rehearsed.Outage("claude", hour * 3600, (hour * 3600) + 60, "http_500"));
            for (var call = 1; call <= 5; call++) wishes.Add(Rehearsed.Wish((hour * 3600) + (call * 5), WireProtocol.AnthropicMessages) with { Question = Hours + hour });
        }

        var clock = TimeProvider.System;
        var began = clock.GetTimestamp();
        var run = Rehearsed.Run(Rehearsed.Policy(UseCaseModel.Interactive, provider), wishes, outages, length: TimeSpan.FromHours(Hours));
        output.WriteLine($"{Hours / clock.GetElapsedTime(began).TotalMinutes:N0} hours a minute");
        Assert.Empty(run.Findings);
        Assert.Equal(wishes.Count, run.Calls.Count);
    }
}
