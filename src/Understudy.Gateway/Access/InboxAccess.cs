namespace Understudy.Gateway.Access;

/// <summary>Which inboxes somebody may open, and under which name.</summary>
/// <param name="Who">The account; null where the request itself says who is at it, as under the admin token.</param>
/// <param name="Inboxes">The inboxes; null for all of them.</param>
internal sealed record InboxAccess(string? Who, IReadOnlyCollection<string>? Inboxes)
{
    /// <summary>The admin token's: all inboxes.</summary>
    public static InboxAccess Everything { get; } = new(null, null);

    /// <summary>Whether it opens <paramref name="inbox"/>.</summary>
    public bool Opens(string inbox) => Inboxes is null || Inboxes.Contains(inbox);
}
