namespace Understudy.Configuration;

/// <summary>A person who runs the gateway: signs in with a password, and acts under a name.</summary>
public sealed record OperatorModel
{
    /// <summary>The name, as in the audit.</summary>
    public required string Name { get; init; }

    /// <summary>What the password is checked against. The password itself is nowhere.</summary>
    public required PasswordHash Password { get; init; }

    /// <summary>What this person may do. Default viewer.</summary>
    public OperatorRole Role { get; init; } = OperatorRole.Viewer;

    /// <summary>The inboxes whose questions this person sees and answers; empty (the default) for all of them.</summary>
    public IReadOnlyList<string> Inboxes { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"operator {Name} ({Role.Word()})";
}
