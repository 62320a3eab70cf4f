namespace Understudy.Demo.Traffic;

/// <summary>
/// Calls at a steady rate, whether or not earlier ones have ended: users do not wait for each other, and a client that
/// waited would hide an outage by asking less.
/// </summary>
/// <param name="askers">Who asks, in turns.</param>
/// <param name="callsPerSecond">The rate.</param>
/// <param name="prompts">What they ask.</param>
/// <param name="tally">Where it is counted.</param>
/// <param name="time">The time.</param>
internal sealed class OpenLoop(IReadOnlyList<IAsker> askers, double callsPerSecond, Prompts prompts, Tally tally, TimeProvider time)
{
    private readonly List<Task> _underWay = [];

    /// <summary>Begins calls until the time is up.</summary>
    /// <param name="length">How long.</param>
    /// <param name="abandon">Gives up the calls under way: what has not ended then hangs.</param>
    /// <param name="cancellationToken">Begins no more calls.</param>
    public async Task BeginCallsAsync(TimeSpan length, CancellationToken abandon, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var number = 0; ; number++)
        {
            var due = TimeSpan.FromSeconds(number / callsPerSecond);
            if (due >= length) return;
            var wait = due - time.GetElapsedTime(started);
            if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            _underWay.RemoveAll(call => call.IsCompleted);
            _underWay.Add(CallAsync(askers[number % askers.Count], abandon));
        }
    }

    /// <summary>Ends when every call has.</summary>
    public Task WaitForCallsAsync() => Task.WhenAll(_underWay);

    private async Task CallAsync(IAsker asker, CancellationToken abandon)
    {
        await Task.Yield(); // the loop goes on at once
        var place = tally.Begin();
        var call = new ClientCall(prompts.Next(), time);
        try
        {
            await asker.AskAsync(call, abandon);
            tally.Complete(place, call);
        }
        catch (Exception) when (abandon.IsCancellationRequested)
        {
            tally.LeaveHanging(place, call);
        }
        catch (Exception failure)
        {
            // Whatever an SDK throws is what its user gets.
            tally.Fail(place, call, failure);
        }
    }
}
