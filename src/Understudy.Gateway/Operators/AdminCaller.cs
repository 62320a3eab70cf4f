using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Understudy.Configuration;

namespace Understudy.Gateway.Operators;

/// <summary>Who asks the admin API: the bearer of the token, or an operator who has signed in.</summary>
/// <param name="Name">The name that the audit gets.</param>
/// <param name="Role">What this caller may do.</param>
/// <param name="Inboxes">The inboxes that this caller looks after; empty for all of them.</param>
internal sealed record AdminCaller(string Name, OperatorRole Role, IReadOnlyList<string> Inboxes)
{
    /// <summary>What the audit calls the admin token, where its bearer does not say who is behind it.</summary>
    public const string TokenName = "admin";

    /// <summary>The bearer of the admin token.</summary>
    public static AdminCaller OfToken { get; } = new(TokenName, OperatorRole.Admin, []);

    /// <summary>Whether it is the token's bearer: a program, which says by itself for whom it acts.</summary>
    public bool IsToken => ReferenceEquals(this, OfToken);

    /// <summary>Whether this caller may do what needs that role.</summary>
    public bool MayActAs(OperatorRole role) => Role >= role;

    /// <summary>Whether this caller looks after an inbox.</summary>
    public bool LooksAfter(string inbox) => Inboxes.Count == 0 || Inboxes.Contains(inbox);

    /// <summary>Who asks; only within the admin API, which lets nobody else in.</summary>
    public static AdminCaller Of(HttpContext context) => context.Features.GetRequiredFeature<AdminCaller>();
}
