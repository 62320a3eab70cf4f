namespace Understudy.CircuitBreaker;

/// <summary>Leave to call, given by a <see cref="Breaker"/>; hand it back with the verdict.</summary>
/// <param name="Generation">The breaker's state change under which it was given: a verdict on an older one says nothing.</param>
/// <param name="Kind">On what ground it was given.</param>
/// <param name="Mark">The step of the ramp, or the round of the last resort, in which it was given.</param>
public readonly record struct BreakerPermit(int Generation, PermitKind Kind, int Mark)
{
    /// <summary>Whether it is for a probe.</summary>
    public bool IsProbe => Kind is PermitKind.Probe or PermitKind.UsersProbe;
}

/// <summary>On what ground a breaker lets a call through.</summary>
public enum PermitKind
{
    /// <summary>It is closed.</summary>
    Closed,

    /// <summary>It is half-open, and the call is within the share of the ramp's step.</summary>
    Share,

    /// <summary>It is half-open, and nobody else could serve the call.</summary>
    LastResort,

    /// <summary>It is not closed, most calls go well there all the same, and nobody else could serve this one.</summary>
    OnlyWay,

    /// <summary>To find out whether the target is well.</summary>
    Probe,

    /// <summary>The same by a user's call, where no others are sent.</summary>
    UsersProbe,
}
