using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.Deferral;

/// <summary>A piece of work that is done later: whose, what, and until when.</summary>
public sealed record DeferredWork
{
    /// <summary>Its id: nobody can guess it.</summary>
    public required string Id { get; init; }

    /// <summary>The client's name; empty for callers without a key.</summary>
    public required string Owner { get; init; }

    /// <summary>The route's name. Work of one route is one lane: it fails and recovers together.</summary>
    public required string Route { get; init; }

    /// <summary>The use case's name.</summary>
    public required string UseCase { get; init; }

    /// <summary>What goes first.</summary>
    public required CallPriority Priority { get; init; }

    /// <summary>What the caller speaks.</summary>
    public required WireProtocol Protocol { get; init; }

    /// <summary>The model that it asked for.</summary>
    public required string Model { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>When it expires if it is not over.</summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>How long what came of it is kept: from its end; for a part of a batch from the batch's making.</summary>
    public required TimeSpan Keep { get; init; }

    /// <summary>The batch that it is part of; null for none.</summary>
    public string? Batch { get; init; }

    /// <summary>Whether somebody is to be told when it is over.</summary>
    public bool Tells { get; init; }

    /// <summary>The same for every try of one client to hand over one thing: it is accepted once. Empty where the client did not say.</summary>
    public ReadOnlyMemory<byte> Once { get; init; }

    /// <summary>Tries so far that a provider spoiled.</summary>
    public int Tries { get; init; }

    /// <summary>Which claim this is: only the last one may end it.</summary>
    public int Lease { get; init; }

    /// <summary>What is asked; null where it can't be read any more, for it is sealed under another key.</summary>
    public required DeferredRequest? RequestSensitive { get; init; }

    /// <summary>A few words without content.</summary>
    public override string ToString() => $"work of {Owner} for {Route}, accepted {AcceptedAt:u}";
}
