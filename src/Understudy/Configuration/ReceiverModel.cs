namespace Understudy.Configuration;

/// <summary>Who can be told of alarms, and how. Its address may itself be the secret: never printed.</summary>
public abstract record ReceiverModel
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in one word.</summary>
    public abstract string Kind { get; }

    /// <summary>What nobody else may know; null where there is nothing.</summary>
    public abstract string? SecretSensitive { get; }

    /// <inheritdoc/>
    public sealed override string ToString() => $"{Name} ({Kind})";
}

/// <summary>A Slack channel, by an incoming webhook.</summary>
public sealed record SlackReceiver : ReceiverModel
{
    /// <summary>The webhook's URL. Secret: whoever has it can post.</summary>
    public required Uri Url { get; init; }

    /// <inheritdoc/>
    public override string Kind => "slack";

    /// <inheritdoc/>
    public override string? SecretSensitive => Url.OriginalString;
}

/// <summary>A PagerDuty service, by its Events API v2.</summary>
public sealed record PagerDutyReceiver : ReceiverModel
{
    /// <summary>The integration's routing key. Secret.</summary>
    public required string RoutingKey { get; init; }

    /// <summary>Where events go. Default PagerDuty's own.</summary>
    public Uri Url { get; init; } = new("https://events.pagerduty.com/v2/enqueue");

    /// <inheritdoc/>
    public override string Kind => "pagerduty";

    /// <inheritdoc/>
    public override string? SecretSensitive => RoutingKey;
}

/// <summary>A program of the operator's own, by HTTP POST.</summary>
public sealed record WebhookReceiver : ReceiverModel
{
    /// <summary>Where messages go.</summary>
    public required Uri Url { get; init; }

    /// <summary>The secret under which they are signed; null for no signature.</summary>
    public string? Secret { get; init; }

    /// <inheritdoc/>
    public override string Kind => "webhook";

    /// <inheritdoc/>
    public override string? SecretSensitive => Secret;
}

/// <summary>Mailboxes, by SMTP.</summary>
public sealed record EmailReceiver : ReceiverModel
{
    /// <summary>To whom.</summary>
    public required IReadOnlyList<string> To { get; init; }

    /// <summary>From whom.</summary>
    public required string From { get; init; }

    /// <summary>The server's name.</summary>
    public required string Host { get; init; }

    /// <summary>Its port. Default 587.</summary>
    public int Port { get; init; } = 587;

    /// <summary>Whether the connection must be encrypted by STARTTLS before anything is said on it. Default true.</summary>
    public bool StartTls { get; init; } = true;

    /// <summary>The account there; null for none.</summary>
    public string? User { get; init; }

    /// <summary>Its password. Secret.</summary>
    public string? Password { get; init; }

    /// <inheritdoc/>
    public override string Kind => "email";

    /// <inheritdoc/>
    public override string? SecretSensitive => Password;
}
