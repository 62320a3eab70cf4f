namespace Understudy.Deferral;

/// <summary>Where a piece of deferred work stands. It goes from waiting to running and back, and into one of the others once.</summary>
public enum DeferredState
{
    /// <summary>Not begun, or put back after a try that came to nothing.</summary>
    Waiting,

    /// <summary>Under way.</summary>
    Running,

    /// <summary>Answered.</summary>
    Done,

    /// <summary>It can't be answered: the request is wrong, or every try failed for a reason that does not pass.</summary>
    Failed,

    /// <summary>Its owner took it back.</summary>
    Cancelled,

    /// <summary>Its deadline passed.</summary>
    Expired,
}

/// <summary>What follows from a state.</summary>
public static class DeferredStates
{
    private static readonly string[] Words = [.. Enum.GetNames<DeferredState>().Select(name => name.ToLowerInvariant())];

    /// <summary>Every state.</summary>
    public static IReadOnlyList<DeferredState> All { get; } = Enum.GetValues<DeferredState>();

    /// <summary>The word for it, as in answers and metrics.</summary>
    public static string Word(this DeferredState state) => Words[(int)state];

    /// <summary>Whether nothing more will happen to the work.</summary>
    public static bool IsOver(this DeferredState state) => state switch
    {
        DeferredState.Waiting or DeferredState.Running => false,
        DeferredState.Done or DeferredState.Failed or DeferredState.Cancelled or DeferredState.Expired => true,
    };
}
