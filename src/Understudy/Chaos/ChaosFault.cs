namespace Understudy.Chaos;

/// <summary>What is made to go wrong.</summary>
public enum ChaosKind
{
    /// <summary>Nothing ever comes. The provider is not asked.</summary>
    Hang,

    /// <summary>An error status. The provider is not asked.</summary>
    Status,

    /// <summary>No connection. The provider is not asked.</summary>
    Refuse,

    /// <summary>A 200 that is no answer but a web page. The provider is not asked.</summary>
    Garbage,

    /// <summary>A 200 without any content. The provider is not asked.</summary>
    Empty,

    /// <summary>The answer breaks off. The provider is asked, and paid.</summary>
    Cut,

    /// <summary>The answer falls silent. The provider is asked, and paid.</summary>
    Stall,

    /// <summary>The answer begins late. The provider is asked, and paid.</summary>
    Slow,
}

/// <summary>A fault that is put into requests on purpose.</summary>
public sealed record ChaosFault
{
    /// <summary>What goes wrong.</summary>
    public required ChaosKind Kind { get; init; }

    /// <summary>For <see cref="ChaosKind.Status"/>: the code, 400 to 599. Default 503.</summary>
    public int Code { get; init; } = 503;

    /// <summary>For <see cref="ChaosKind.Status"/>: what <c>retry-after</c> says; null for no such header.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>For <see cref="ChaosKind.Cut"/> and <see cref="ChaosKind.Stall"/>: after how many pieces of the answer. Default 3.</summary>
    public int After { get; init; } = 3;

    /// <summary>For <see cref="ChaosKind.Slow"/>: how much later. Default 5 s.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>As in <c>status 503</c>.</summary>
    public override string ToString() => Kind switch
    {
        ChaosKind.Hang => "hang",
        ChaosKind.Status => $"status {Code}",
        ChaosKind.Refuse => "refuse",
        ChaosKind.Garbage => "garbage",
        ChaosKind.Empty => "empty",
        ChaosKind.Cut => $"cut after {After} pieces",
        ChaosKind.Stall => $"stall after {After} pieces",
        ChaosKind.Slow => $"slow by {Delay.TotalSeconds:0.#} s",
    };
}
