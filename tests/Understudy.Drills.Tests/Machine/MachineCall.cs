using Understudy.Configuration;
using Understudy.Drills.Traffic;
using Understudy.Observation;

namespace Understudy.Drills.Tests.Machine;

/// <summary>One try of a wish, on its way through one process.</summary>
internal sealed class MachineCall(Wish wish, DrillCall drill, MachineSink sink, CallRecord record, Policy policy, RouteModel route)
{
    /// <summary>What its client wants.</summary>
    public Wish Wish { get; } = wish;

    /// <summary>The call as providers see it.</summary>
    public DrillCall Drill { get; } = drill;

    /// <summary>Its client's end.</summary>
    public MachineSink Sink { get; } = sink;

    /// <summary>What is told of it.</summary>
    public CallRecord Record { get; } = record;

    /// <summary>The policy that it began with.</summary>
    public Policy Policy { get; } = policy;

    /// <summary>Its route.</summary>
    public RouteModel Route { get; } = route;

    /// <summary>Fires when its client hangs up.</summary>
    public CancellationTokenSource Left { get; } = new();

    /// <summary>Whether the pipeline has ended.</summary>
    public bool IsOver { get; set; }

    /// <summary>Whether its client hung up before that.</summary>
    public bool HasLeft { get; set; }

    /// <summary>Ends when its client has what it gets: true for an answer or an error, false where it left or the connection broke.</summary>
    public TaskCompletionSource Heard { get; } = new();

    /// <summary>How many people it may ask, one after the other.</summary>
    public int People => Route.Ladder.OfType<HumanRung>().Count();

    /// <summary>The time in which it ends: the deadline, and what people are given.</summary>
    public TimeSpan Longest => Route.Ladder.OfType<HumanRung>().Aggregate(Route.UseCase.Deadline, static (sum, human) => sum + human.Wait);

    /// <summary>How long a call may run on without its client.</summary>
    public TimeSpan Grace => (Route.Join ?? Policy.Join).Grace;
}
