namespace Understudy.Demo.Traffic;

/// <summary>What stands in most code bases: on an exception the same call again, after a fixed pause.</summary>
/// <param name="inner">The client that is retried.</param>
/// <param name="retries">How often, after the first try.</param>
/// <param name="gap">The pause.</param>
/// <param name="time">The time.</param>
internal sealed class RetryingAsker(IAsker inner, int retries, TimeSpan gap, TimeProvider time) : IAsker
{
    /// <inheritdoc/>
    public async Task AskAsync(ClientCall call, CancellationToken cancellationToken)
    {
        for (var left = retries; ; left--)
        {
            try
            {
                await inner.AskAsync(call, cancellationToken);
                return;
            }
            catch (Exception) when (left > 0 && !cancellationToken.IsCancellationRequested)
            {
                // Whatever it was: that is the point of this client.
            }

            await Task.Delay(gap, time, cancellationToken);
            call.StartOver();
        }
    }
}
