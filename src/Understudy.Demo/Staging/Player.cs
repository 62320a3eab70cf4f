using Understudy.Simulator;

namespace Understudy.Demo.Staging;

/// <summary>A member of the cast.</summary>
/// <param name="Name">Its provider's name in the policy.</param>
/// <param name="Model">The model it plays.</param>
/// <param name="Provider">The simulated provider.</param>
internal sealed record Player(string Name, string Model, SimulatedProvider Provider)
{
    /// <summary><c>provider/model</c>, as the gateway names it.</summary>
    public string Target => $"{Name}/{Model}";
}
