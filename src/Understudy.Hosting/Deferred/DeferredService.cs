using Understudy.Pipeline;

namespace Understudy.Hosting.Deferred;

/// <summary>Does the deferred work and tells of it, for as long as its host runs; where there is no store, nothing.</summary>
internal sealed class DeferredService : IAsyncDisposable
{
    private readonly DeferralWorker? _worker;
    private readonly DeferredQuestions? _questions;
    private readonly WebhookSender? _webhooks;

    /// <summary>Starts both.</summary>
    public DeferredService(Engine engine)
    {
        if (engine.Deferral.Store is not { } store) return;
        _webhooks = new(engine, store);
        _worker = new(engine);
        _questions = new(engine);
    }

    /// <summary>Ends both: what is under way is put back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_questions is not null) await _questions.DisposeAsync().ConfigureAwait(false);
        if (_worker is not null) await _worker.DisposeAsync().ConfigureAwait(false);
        if (_webhooks is not null) await _webhooks.DisposeAsync().ConfigureAwait(false);
    }
}
