using Understudy.Drills.Providers;

namespace Understudy.Drills.Tests.Machine;

/// <summary>A client as applications have them: it waits, hangs up, and tries again, as vendors' SDKs do.</summary>
internal sealed class MachineClient(MachineWorld world, Wish wish)
{
    private const int BadStatus = 400;

    /// <summary>Lives until it has an answer or gives up.</summary>
    public async Task LiveAsync()
    {
        for (var number = 0; ; number++)
        {
            var wantsMore = await TryAsync(number).ConfigureAwait(false);
            if (!wantsMore || number >= wish.Retries) return;
            using var pause = new VirtualWait(world.Time);
            await pause.ForAsync(wish.Backoff).ConfigureAwait(false);
        }
    }

    /// <summary>One try.</summary>
    /// <returns>Whether another one may help.</returns>
    private async Task<bool> TryAsync(int number)
    {
        if (world.Try(wish, number) is not { } call) return true; // the connection is refused
        await using var patience = call.IsOver || wish.Patience is not { } span ? null : world.Time.CreateTimer(_ => Leave(call), null, span, Timeout.InfiniteTimeSpan);
        await call.Heard.Task.ConfigureAwait(false);
        if (!call.IsOver) return true; // it left, or the connection broke
        if (call.Sink.Aborted || call.Sink.Head is not { } head) return true;
        return head.Status >= BadStatus && !head.DoNotRetry;
    }

    private void Leave(MachineCall call)
    {
        if (call.IsOver || call.HasLeft) return;
        world.Note($"{call.Record.Id}: its client hangs up");
        call.HasLeft = true;
        call.Sink.Leave();
        call.Left.Cancel();
        call.Heard.TrySetResult();
    }
}
