using System.Collections.Concurrent;
using Understudy.Deferral;
using Understudy.Pipeline;

namespace Understudy.Extensions.AI.Operating;

/// <summary>Work that was kept for later: where it stands, its answer, and taking it back.</summary>
public sealed class DeferredCalls
{
    /// <summary>What expires is told by nobody, nor what a disk that was in trouble has taken in since.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new(StringComparer.Ordinal);
    private readonly Engine _engine;

    internal DeferredCalls(Engine engine)
    {
        _engine = engine;
        engine.Deferral.Finished += (id, _) => Wake(id);
        engine.Deferral.Cancelled += Wake;
        engine.Deferral.LaneCancelled += _ =>
        {
            foreach (var id in _awaited.Keys) Wake(id);
        };
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
            var found = await FindAsync(id, client).ConfigureAwait(false);
            if (found is not { State: DeferredState.Waiting or DeferredState.Running })
            {
                Wake(id); // others may wait for it who will hear of nothing else; and who asks for another's must not be the end of their waiting
                return found;
            }

            var expires = found.Deadline - _engine.Time.GetUtcNow();
            if (expires < TimeSpan.FromMilliseconds(1)) expires = TimeSpan.FromSeconds(1);
            if (expires > LookEvery) expires = LookEvery;
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
