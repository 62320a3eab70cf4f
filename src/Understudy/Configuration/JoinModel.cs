namespace Understudy.Configuration;

/// <summary>How a client's own retry finds the call that it gave up.</summary>
public sealed record JoinModel
{
    /// <summary>No joining: a call whose client leaves is given up at once.</summary>
    public static JoinModel Off { get; } = new() { Grace = TimeSpan.Zero };

    /// <summary>
    /// How long a call whose client has left runs on, and how long its answer is then kept, so that the retry finds it; zero
    /// for no joining at all. Default 10 s: the vendors' SDKs come back after half a second to eight, and a call that nobody
    /// comes back for is paid for this long.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);
}
