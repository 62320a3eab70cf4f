using System.Threading.Channels;

namespace Understudy.Gateway.Telemetry;

/// <summary>Takes things off the hands of calls, one after the other and on another thread. A call never waits for it.</summary>
/// <typeparam name="T">What is handed on.</typeparam>
internal sealed class Handoff<T> : IAsyncDisposable
{
    private const int Room = 8192;

    private readonly Channel<T> _channel;
    private readonly Task _taking;
    private long _lost;

    /// <summary>Begins.</summary>
    /// <param name="take">Is given one at a time.</param>
    /// <param name="pause">Called whenever there is nothing left, with how many were lost since the last time.</param>
    public Handoff(Action<T> take, Action<long>? pause = null)
    {
        // What finds no room is dropped and counted: a log that cannot be written must not stop the traffic.
        _channel = Channel.CreateBounded<T>(
            new BoundedChannelOptions(Room) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true },
            _ => Interlocked.Increment(ref _lost));
        _taking = Task.Run(() => TakeAsync(take, pause));
    }

    /// <summary>Hands on.</summary>
    public void Give(T item) => _channel.Writer.TryWrite(item);

    /// <summary>Takes no more, and ends when everything is taken.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        await _taking;
    }

    private async Task TakeAsync(Action<T> take, Action<long>? pause)
    {
        var reader = _channel.Reader;
        while (await reader.WaitToReadAsync())
        {
            while (reader.TryRead(out var item)) take(item);
            pause?.Invoke(Interlocked.Exchange(ref _lost, 0));
        }
    }
}
