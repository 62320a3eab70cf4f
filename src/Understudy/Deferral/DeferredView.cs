using Understudy.Calls;

namespace Understudy.Deferral;

/// <summary>A piece of work as its owner may see it.</summary>
public sealed record DeferredView
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Owner { get; init; }

    /// <summary>Where it stands.</summary>
    public required DeferredState State { get; init; }

    /// <summary>The route's name.</summary>
    public required string Route { get; init; }

    /// <summary>What the caller speaks.</summary>
    public required WireProtocol Protocol { get; init; }

    /// <summary>The model that it asked for.</summary>
    public required string Model { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>When it expires if it is not over.</summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>When it was over; null before.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Until when it can be asked for; null before it is over.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it is tried at the soonest; null where nothing holds it back.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Tries so far that a provider spoiled.</summary>
    public int Tries { get; init; }

    /// <summary>How many pieces of its route go first; counted up to <see cref="MostAhead"/>. Null once it is not waiting.</summary>
    public int? Ahead { get; init; }

    /// <summary>What came of it; null before, and where nothing did.</summary>
    public DeferredAnswer? AnswerSensitive { get; init; }

    /// <summary>Whether something came of it that can't be read: it is sealed under another key.</summary>
    public bool IsUnreadable { get; init; }

    /// <summary>The counting of <see cref="Ahead"/> ends here.</summary>
    public const int MostAhead = 10_000;

    /// <summary>A few words without content.</summary>
    public override string ToString() => $"{State.Word()} work of {Owner} for {Route}";
}
