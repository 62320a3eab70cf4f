using Understudy.Demo.Traffic;

namespace Understudy.Demo.LastRungs;

/// <summary>One who asks while no model answers.</summary>
/// <param name="Route">Their route, and with it the rung that is left to them.</param>
/// <param name="Asks">What they ask.</param>
/// <param name="Gets">What that rung gives.</param>
internal sealed record Caller(string Route, string Asks, string Gets)
{
    /// <summary>Asks what was answered while all was well.</summary>
    public static Caller AskedBefore { get; } = new("asked-before", "When does the house open?", "an answer that was good before");

    /// <summary>Is content with a promise.</summary>
    public static Caller CanWait { get; } = new("can-wait", "Write the programme notes for Friday.", "a promise");

    /// <summary>The four of the second act.</summary>
    public static IReadOnlyList<Caller> All { get; } =
    [
        AskedBefore,
        CanWait,
        new("needs-a-person", "Are there two seats left in row 7?", "a person"),
        new("honest-word", "Which play should I see?", "the honest word"),
    ];

    /// <summary>Asks.</summary>
    /// <returns>The call, and the kind of error that the SDK threw; null for none.</returns>
    public async Task<(ClientCall Call, string? Error)> AskAsync(IAsker asker, TimeProvider time, CancellationToken cancellationToken)
    {
        var call = new ClientCall(Asks, time) { Route = Route };
        try
        {
            await asker.AskAsync(call, cancellationToken);
            return (call, null);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return (call, error.GetType().Name);
        }
    }
}
