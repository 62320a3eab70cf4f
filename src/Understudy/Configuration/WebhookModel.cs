namespace Understudy.Configuration;

/// <summary>Whom to tell that deferred work is over.</summary>
public sealed record WebhookModel
{
    /// <summary>Where the news are posted: <c>https</c>, or <c>http</c> where private addresses are allowed.</summary>
    public required Uri Url { get; init; }

    /// <summary>What the news are signed with. Never printed.</summary>
    public required string Secret { get; init; }

    /// <summary>Whether the name may lead to this machine or to a private network. Default false.</summary>
    public bool AllowPrivate { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"webhook to {Url.Host}{(AllowPrivate ? ", private addresses allowed" : "")}";
}
