using Understudy.Calls;

namespace Understudy.Drills;

/// <summary>A provider's model that can serve a call.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Model">The model's name there.</param>
public sealed record Candidate(string Provider, string Model)
{
    /// <summary><c>provider/model</c>.</summary>
    public string Name { get; } = $"{Provider}/{Model}";
}

/// <summary>What a drill's clients ask for.</summary>
/// <param name="Model">The model.</param>
/// <param name="Protocol">What the client speaks.</param>
/// <param name="Ladder">Who can serve it, in the policy's order; the first is the primary.</param>
public sealed record AskedModel(string Model, WireProtocol Protocol, IReadOnlyList<Candidate> Ladder);
