using Understudy.Configuration;

namespace Understudy.Coalescing;

/// <summary>Who may join a call, as its route says.</summary>
/// <param name="Route">The route's name: calls of two routes are never the same.</param>
/// <param name="UseCase">The use case's name: nor are those with two deadlines.</param>
/// <param name="Grace">How long it runs on without its client; zero for not at all.</param>
/// <param name="Share">Whether equal calls of the same moment share it.</param>
/// <param name="AcrossClients">Whether those of other clients do as well.</param>
internal readonly record struct JoinRules(string Route, string UseCase, TimeSpan Grace, ShareRule Share, bool AcrossClients)
{
    /// <summary>Nobody may join it, and nothing runs on without its client.</summary>
    public static JoinRules Alone(string route, string useCase) => new(route, useCase, TimeSpan.Zero, ShareRule.Never, AcrossClients: false);

    /// <summary>The rules of a route.</summary>
    public static JoinRules Of(RouteModel route, Policy policy, UseCaseModel useCase) =>
        new(route.Name, useCase.Name, (route.Join ?? policy.Join).Grace, route.Share, route.ShareAcrossClients);
}
