using System.Collections.Concurrent;
using Understudy.Deferral;
using Understudy.Pipeline;

namespace Understudy.Extensions.AI.Operating;

/// <summary>Work that was kept for later: where it stands, its answer, and taking it back.</summary>
public sealed class DeferredCalls
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new(StringComparer.Ordinal);
    private readonly Engine _engine;

    internal DeferredCalls(Engine engine)
    {
        _engine = engine;
        engine.Deferral.Finished += (id, _) => Wake(id);
        engine.Deferral.Cancelled += Wake;
    }

    /// <summary>A piece of work.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="client">In whose name it was handed over; null for nobody's.</param>
    /// <returns>Null where there is none of that id, or where it is another client's, or expired.</returns>
    /// <exception cref="DeferralTroubleException">The store can't say. Nothing is lost: ask again.</exception>
    public async Task<DeferredCall?> FindAsync(string id, string? client = null) =>
        await _engine.Deferral.FindAsync(id, client ?? "").ConfigureAwait(false) is { } view ? DeferredCall.Of(view) : null;

    /// <summary>Waits until a piece of work is over: the answer is there, or will never be.</summary>
    /// <returns>Null where there is none of that id.</returns>
    /// <exception cref="DeferralTroubleException">The store can't say.</exception>
    public async Task<DeferredCall?> WaitAsync(string id, string? client = null, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            // Before the look: what ends between the two must not be missed.
            var ended = _awaited.GetOrAdd(id, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            if (await FindAsync(id, client).ConfigureAwait(false) is not { State: DeferredState.Waiting or DeferredState.Running } found)
            {
                _awaited.TryRemove(id, out _);
                return await FindAsync(id, client).ConfigureAwait(false);
            }

            // What expires is told by nobody.
            var expires = found.Deadline - _engine.Time.GetUtcNow();
            if (expires < TimeSpan.FromMilliseconds(1)) expires = TimeSpan.FromSeconds(1);
            try
            {
                await ended.WaitAsync(expires, _engine.Time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Look again.
            }
        }
    }

    /// <summary>Takes a piece back, breaking off what is under way; one that is over is forgotten.</summary>
    /// <returns>The piece; null where there is none of that id.</returns>
    /// <exception cref="DeferralTroubleException">The store can't say.</exception>
    public async Task<DeferredCall?> CancelAsync(string id, string? client = null) =>
        await _engine.Deferral.DeleteAsync(id, client ?? "").ConfigureAwait(false) is { } view ? DeferredCall.Of(view) : null;

    private void Wake(string id)
    {
        if (_awaited.TryRemove(id, out var ended)) ended.TrySetResult();
    }
}
