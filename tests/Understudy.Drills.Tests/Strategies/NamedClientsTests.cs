using Understudy.Configuration;

namespace Understudy.Drills.Tests.Strategies;

/// <summary>A 400 that several callers get who were answered minutes ago is an outage; one caller's is its own mistake.</summary>
public sealed class NamedClientsTests
{
    [Fact]
    public void BadRolloutThatSays400_IsToldByItsManyCallers()
    {
        Assert.InRange(Answered(clients: 3), 0.98, 1);
        Assert.InRange(Answered(clients: 0), 0.85, 0.95);
    }

    private static double Answered(int clients)
    {
        var policy = DrillPlanner.DefaultPolicy() with
        {
            Clients = [.. Enumerable.Range(0, clients).Select(i => new ClientModel { Name = $"app-{i}", KeyHash = new byte[] { (byte)i } })],
        };
        var books = Drill.Run(DrillPlanner.Plan(new() { Scenario = "azure-2026-03-09-one-model", Policy = policy, Rate = 0.5 }, out _)!, [])[0].Recorder;
        return books.Answered / (double)books.Calls;
    }
}
