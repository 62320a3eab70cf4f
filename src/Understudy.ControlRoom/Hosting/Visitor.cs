using System.Security.Claims;
using Understudy.Configuration;

namespace Understudy.ControlRoom.Hosting;

/// <summary>Who looks at the room.</summary>
/// <param name="Name">The operator's name; empty for somebody on this machine who has not signed in.</param>
/// <param name="Role">What they may do.</param>
/// <param name="Session">A handle by which the gateway knows whether they are still signed in; empty where nobody is.</param>
/// <param name="Inboxes">The inboxes that they look after; empty for all of them.</param>
/// <param name="CanSignIn">Whether there is anybody to sign in as.</param>
public sealed record Visitor(string Name, OperatorRole Role, string Session, IReadOnlyList<string> Inboxes, bool CanSignIn)
{
    private const string RoleClaim = "room-role", SessionClaim = "room-session", InboxClaim = "room-inbox", DoorClaim = "room-door";

    /// <summary>Whether they have signed in.</summary>
    public bool IsSignedIn => Session.Length > 0;

    /// <summary>Whether they may pull levers.</summary>
    public bool MayAct => IsSignedIn && Role >= OperatorRole.Operator;

    /// <summary>Whether they may read what was captured of calls.</summary>
    public bool MayRead => IsSignedIn && Role >= OperatorRole.Admin;

    internal ClaimsPrincipal ToPrincipal() => new(new ClaimsIdentity(
        [
            new(ClaimTypes.Name, Name), new(RoleClaim, Role.ToString()), new(SessionClaim, Session), new(DoorClaim, CanSignIn.ToString()),
            .. Inboxes.Select(inbox => new Claim(InboxClaim, inbox)),
        ],
        IsSignedIn ? "session" : null));

    internal static Visitor Of(ClaimsPrincipal principal) => new(
        principal.FindFirstValue(ClaimTypes.Name) ?? "",
        Enum.TryParse<OperatorRole>(principal.FindFirstValue(RoleClaim), out var role) ? role : OperatorRole.Viewer,
        principal.FindFirstValue(SessionClaim) ?? "",
        [.. principal.FindAll(InboxClaim).Select(claim => claim.Value)],
        principal.FindFirstValue(DoorClaim) == bool.TrueString);
}

/// <summary>Whether a session handle is still good.</summary>
internal sealed record SessionCheck(Func<string, bool> IsGood);
