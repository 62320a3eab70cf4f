using System.Threading.Channels;

namespace Understudy.Hosting.Telemetry;

/// <summary>Takes things off the hands of calls, one after the other and on another thread. A call never waits for it.</summary>
/// <typeparam name="T">What is handed on.</typeparam>
internal sealed class Handoff<T> : IAsyncDisposable
{
    private const int Room = 8192;

    /// <summary>How long things gather while some come: each look wakes two threads, the clock's some three times, on a core that calls may be waiting for.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);

    /// <summary>After so many looks in vain nobody looks any more, and the next thing wakes the thread again.</summary>
    private const int LooksInVain = 10;

    private readonly Channel<T> _channel;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _taking;
    private long _lost;

    /// <summary>Begins.</summary>
    /// <param name="time">The time.</param>
    /// <param name="take">Is given one at a time.</param>
    /// <param name="pause">Called whenever there is nothing left, with how many were lost since the last time.</param>
    public Handoff(TimeProvider time, Action<T> take, Action<long>? pause = null)
    {
        // What finds no room is dropped and counted: a log that cannot be written must not stop the traffic.
        _channel = Channel.CreateBounded<T>(
            new BoundedChannelOptions(Room) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true },
            _ => Interlocked.Increment(ref _lost));
        _taking = Task.Run(() => TakeAsync(time, take, pause));
    }

    /// <summary>Hands on.</summary>
    public void Give(T item) => _channel.Writer.TryWrite(item);

    /// <summary>Takes no more, and ends when everything is taken.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        await _closing.CancelAsync().ConfigureAwait(false);
        await _taking.ConfigureAwait(false);
        _closing.Dispose();
    }

    private async Task TakeAsync(TimeProvider time, Action<T> take, Action<long>? pause)
    {
        var reader = _channel.Reader;
        while (await reader.WaitToReadAsync().ConfigureAwait(false))
        {
            for (var inVain = 0; inVain < LooksInVain && !_closing.IsCancellationRequested; inVain++)
            {
                if (TakeAll()) inVain = 0;
                await Task.Delay(Gather, time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            TakeAll();
        }

        bool TakeAll()
        {
            if (!reader.TryRead(out var item)) return false;
            do Take(item); while (reader.TryRead(out item));
            pause?.Invoke(Interlocked.Exchange(ref _lost, 0));
            return true;
        }

        void Take(T item)
        {
            try
            {
                take(item);
            }
#pragma warning disable CA1031 // who listens to spans may be anybody's code: what it throws costs this one, and not all that come after it
            catch (Exception)
#pragma warning restore CA1031
            {
                Interlocked.Increment(ref _lost);
            }
        }
    }
}
