using System.Threading.Channels;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Observation;

namespace Understudy.Capture;

/// <summary>
/// Content that is captured on purpose. A call hands over a copy and goes on; everything else (redacting, sealing, the disk)
/// happens on a thread of its own, and what finds no room is lost and counted. Without a store nothing is captured.
/// </summary>
/// <param name="time">The time.</param>
/// <param name="chance">Draws the share that is captured.</param>
public sealed class CaptureDesk(TimeProvider time, Chance chance) : IAsyncDisposable
{
    private const int MostWaiting = 256;
    private const long MostBytesWaiting = 32L << 20;

    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(1);

    // Full means lost: nobody on the way of a call may wait here.
    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
    private ICaptureStore? _store;
    private Settings _settings = new(new(), []);
    private Task _working = Task.CompletedTask;
    private long _bytesWaiting;
    private long _kept;
    private long _lost;
    private ITimer? _sweeper;
    private Task _sweeping = Task.CompletedTask;

    /// <summary>Calls that were captured, and calls that should have been and were not: too many at once, or the store in trouble.</summary>
    public (long Kept, long Lost) Count => (Interlocked.Read(ref _kept), Interlocked.Read(ref _lost));

    /// <summary>Where captured calls are kept; null where none are.</summary>
    public ICaptureStore? Store => _store;

    /// <summary>Told on a thread of its own of each call that was kept, or lost on the way: its id, and whether it is on disk.</summary>
    public event Action<string, bool>? Ended;

    /// <summary>What holds from now on.</summary>
    /// <param name="model">The settings.</param>
    /// <param name="secretsSensitive">What this gateway knows to be secret.</param>
    public void Use(CaptureModel model, IReadOnlyList<string> secretsSensitive) => Volatile.Write(ref _settings, new(model, secretsSensitive));

    /// <summary>From here on calls are captured into <paramref name="store"/>, where a route says so.</summary>
    public void Attach(ICaptureStore store)
    {
        _store = store;
        _working = Task.Run(WorkAsync);
        // By the clock and not with the next capture: what was to be kept for a week is gone after it, whether anybody calls or not.
        _sweeper = time.CreateTimer(_ => Sweep(), null, SweepEvery, SweepEvery);
    }

    /// <summary>Overhears a call where its route says so and its turn comes; null where not.</summary>
    /// <param name="route">The call's route.</param>
    /// <param name="client">Where the answer goes.</param>
    public CaptureSink? Listen(RouteModel route, IAnswerSink client)
    {
        if (route.Capture is not { } rule || _store is null) return null;
        if (rule.Share < 1 && chance.NextDouble() >= rule.Share) return null;
        return new(this, client, rule, Volatile.Read(ref _settings).Model.MaxBody);
    }

    /// <summary>Takes no more, writes what is waiting, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _working.ConfigureAwait(false);
        if (_sweeper is not { } sweeper) return;
        await sweeper.DisposeAsync().ConfigureAwait(false);
        await _sweeping.ConfigureAwait(false);
    }

    /// <summary>Forgets what an operator wants gone.</summary>
    /// <param name="client">Whose; null for everybody's.</param>
    /// <param name="before">What is older; null for any age.</param>
    /// <returns>How many; null where the store has trouble, and they will go when that is over. 0 where nothing is captured.</returns>
    public async Task<int?> PurgeAsync(string? client, DateTimeOffset? before)
    {
        if (_store is not { } store) return 0;
        var all = new Everything();
        try
        {
            // Behind what waits: or it would come to the disk when it has just been wiped.
            await _waiting.Writer.WriteAsync(all).ConfigureAwait(false);
            await all.IsDone.Task.ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            await _working.ConfigureAwait(false);
        }

        return await store.PurgeAsync(client, before).ConfigureAwait(false);
    }

    internal void Hand(CallRecord record, int status, ReadOnlySpan<byte> body, ReadOnlySpan<byte> answer)
    {
        var bytes = body.Length + answer.Length;
        if (Interlocked.Add(ref _bytesWaiting, bytes) <= MostBytesWaiting && _waiting.Writer.TryWrite(new Heard(record, status, body.ToArray(), answer.ToArray())))
        {
            record.IsCaptured = true;
            return;
        }

        Interlocked.Add(ref _bytesWaiting, -bytes);
        Interlocked.Increment(ref _lost);
    }

    private async Task WorkAsync()
    {
        await foreach (var next in _waiting.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (next is Everything all) all.IsDone.SetResult();
            if (next is not Heard heard) continue;
            var settings = Volatile.Read(ref _settings);
            var isKept = false;
            try
            {
                isKept = await _store!.KeepAsync(Clean(heard, new(settings.Model.Redact, settings.SecretsSensitive))).ConfigureAwait(false);
            }
            catch (Exception bug) when (bug is not OutOfMemoryException)
            {
                // What cannot be cleaned is not kept, and the next one is none the worse for it.
            }

            Interlocked.Add(ref _bytesWaiting, -(heard.Body.Length + heard.Answer.Length));
            Interlocked.Increment(ref isKept ? ref _kept : ref _lost);
            Ended?.Invoke(heard.Record.Id, isKept);
        }
    }

    private void Sweep()
    {
        if (!_sweeping.IsCompleted) return;
        var model = Volatile.Read(ref _settings).Model;
        _sweeping = _store!.SweepAsync(model.NotBefore(time.GetUtcNow()), model.MaxBytes);
    }

    private static CapturedCall Clean(Heard heard, Redactor redactor)
    {
        var record = heard.Record;
        var request = CleanJson.Write(heard.Body, redactor);
        var answer = CleanAnswer.Write(record.Protocol, heard.Answer, heard.IsStream, redactor);
        var model = redactor.Clean(record.Model);
        return new()
        {
            Head = new(record.Id, record.StartedAt, record.Route, record.Client ?? "", record.Outcome, request.Length + answer.Length),
            Protocol = record.Protocol,
            Status = heard.Status,
            ModelSensitive = model,
            RequestSensitive = request,
            AnswerSensitive = answer,
            Redacted = redactor.Count,
        };
    }

    private sealed record Settings(CaptureModel Model, IReadOnlyList<string> SecretsSensitive);

    private abstract record Waiting;

    /// <summary>Whoever waits for all that came before.</summary>
    private sealed record Everything : Waiting
    {
        public TaskCompletionSource IsDone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed record Heard(CallRecord Record, int Status, byte[] Body, byte[] Answer) : Waiting
    {
        /// <summary>An error before the first content comes as one body, whatever was asked for.</summary>
        public bool IsStream => Record.Stream && Answer.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) is >= 0 and var lead && Answer[lead] is not ((byte)'{' or (byte)'[');
    }
}
