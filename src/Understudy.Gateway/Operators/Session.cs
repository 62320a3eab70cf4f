using Understudy.Configuration;

namespace Understudy.Gateway.Operators;

/// <summary>One browser in which an operator has signed in. In memory only: a restart signs everybody out.</summary>
internal sealed class Session
{
    /// <summary>Who; <see cref="AdminCaller.TokenName"/> for the admin token.</summary>
    public required string Name { get; init; }

    /// <summary>The hash that the password was checked against; null where the admin token was shown instead.</summary>
    public required PasswordHash? Password { get; init; }

    /// <summary>The admin token's fingerprint as it was then; null for an operator.</summary>
    public byte[]? Token { get; init; }

    /// <summary>When it ends.</summary>
    public required DateTimeOffset Ends { get; init; }

    /// <summary>What a page of ours must send along with whatever changes something: another site's page cannot know it.</summary>
    public required string Antiforgery { get; init; }
}
