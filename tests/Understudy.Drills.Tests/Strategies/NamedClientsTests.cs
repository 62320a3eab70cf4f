using Understudy.Configuration;
using Understudy.Drills.Scenarios;
using Understudy.Drills.Traffic;

namespace Understudy.Drills.Tests.Strategies;

/// <summary>A 400 that several callers get who were answered minutes ago is an outage; one caller's is its own mistake.</summary>
public sealed class NamedClientsTests
{
    [Fact]
    public void BadRolloutThatSays400_IsToldByItsManyCallers()
    {
        Assert.InRange(Answered(clients: 3), 0.97, 1);
        Assert.InRange(Answered(clients: 0), 0.75, 0.9);
    }

    private static double Answered(int clients)
    {
        var ill = new Mix([(Outcome.Ok, 0.8), (Outcome.Parse("http_400"), 0.2)]);
        var setup = Rehearsal.Setup(
            Rehearsal.OneMix(ill, minutes: 30),
            change: policy => policy with { Clients = [.. Enumerable.Range(0, clients).Select(i => new ClientModel { Name = $"app-{i}", KeyHash = new byte[] { (byte)i } })] });
        setup = setup with
        {
            Before = TimeSpan.FromMinutes(20),
            Traffic = new(new PoissonTraffic(), 1, TimeSpan.FromMinutes(50), 0.8, 1, 7),
        };
        var books = Drill.Run(setup, [])[0].Recorder;
        return 1 - (books.Failed / (double)books.Bins.Where((_, bin) => books.BinWidth * bin >= setup.Before).Sum(bin => bin.Calls));
    }
}
