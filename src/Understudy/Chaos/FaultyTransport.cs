using Understudy.Failures;
using Understudy.Transport;

namespace Understudy.Chaos;

/// <summary>The way to a provider, for one request, with a fault on it (decision 0021). Where the experiment ends meanwhile, what hangs goes on as if nothing had been.</summary>
internal sealed class FaultyTransport(IProviderTransport inner, ChaosExperiment experiment, TimeProvider time) : IProviderTransport
{
    /// <inheritdoc/>
    public async ValueTask<ProviderReply> SendAsync(ProviderRequest request, TimeSpan connectLimit, CancellationToken cancellationToken)
    {
        var fault = experiment.Order.Fault;
        switch (fault.Kind)
        {
            case ChaosKind.Refuse:
                return new MadeReply(new Failure(FailureKind.ConnectFailed, "refused on purpose"));
            case ChaosKind.Status:
                return new MadeReply(fault.Code, "application/json", """{"type":"error","error":{"type":"chaos","message":"An error on purpose."}}"""u8.ToArray(), fault.RetryAfter);
            case ChaosKind.Garbage:
                return new MadeReply(200, "text/html", "<html><body>A page on purpose.</body></html>"u8.ToArray());
            case ChaosKind.Empty:
                return new MadeReply(200, request.Stream ? "text/event-stream" : "application/json", []);
            case ChaosKind.Hang:
            case ChaosKind.Slow:
                var span = fault.Kind == ChaosKind.Hang ? Timeout.InfiniteTimeSpan : fault.Delay;
                // The attempt's clocks know better which of them ran out, and say so.
                if (!await WaitedAsync(span, cancellationToken).ConfigureAwait(false)) return new MadeReply(new Failure(FailureKind.FirstTokenTimeout, "a hang on purpose"));
                return await inner.SendAsync(request, connectLimit, cancellationToken).ConfigureAwait(false);
            case ChaosKind.Cut:
            case ChaosKind.Stall:
                var reply = await inner.SendAsync(request, connectLimit, cancellationToken).ConfigureAwait(false);
                return reply.Failure is null && reply.Status == 200 ? new BrokenReply(reply, fault, token => WaitedAsync(Timeout.InfiniteTimeSpan, token)) : reply;
            default:
                return await inner.SendAsync(request, connectLimit, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for a time, or until the experiment ends.</summary>
    /// <returns>False where the attempt was given up instead.</returns>
    private async Task<bool> WaitedAsync(TimeSpan span, CancellationToken cancellationToken)
    {
        try
        {
            await experiment.Ended.WaitAsync(span, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false; // that is what a hang is for
        }
    }
}
