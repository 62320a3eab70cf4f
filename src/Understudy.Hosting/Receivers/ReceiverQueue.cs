using Understudy.Alarms;
using Understudy.Configuration;

namespace Understudy.Hosting.Receivers;

/// <summary>
/// What waits for one receiver, and the one task that delivers it. Of each cause only the newest message waits, so a
/// receiver that was dead for a night hears in the morning how things are, not how they were.
/// </summary>
internal sealed class ReceiverQueue : IAsyncDisposable
{
    /// <summary>How long a receiver that took nothing is left alone.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    /// <summary>Causes are bounded by the policy; this is for a policy with thousands.</summary>
    private const int MostWaiting = 256;

    private readonly Lock _lock = new();
    private readonly List<AlarmMessage> _waiting = [];
    private readonly CancellationTokenSource _ends = new();
    private readonly Deliveries _deliveries;
    private readonly TimeProvider _time;
    private readonly Action _healthChanged;
    private TaskCompletionSource _news = New();
    private Task _delivering = Task.CompletedTask;
    private DateTimeOffset? _deliveredAt;
    private string? _trouble;
    private bool _runs;

    public ReceiverQueue(ReceiverModel receiver, Deliveries deliveries, TimeProvider time, Action healthChanged)
    {
        Receiver = receiver;
        _deliveries = deliveries;
        _time = time;
        _healthChanged = healthChanged;
    }

    /// <summary>The receiver.</summary>
    public ReceiverModel Receiver { get; }

    /// <summary>How it is.</summary>
    public ReceiverHealth Health
    {
        get
        {
            lock (_lock) return new(_trouble, _deliveredAt, _waiting.Count);
        }
    }

    /// <summary>Takes a message. Returns at once.</summary>
    public void Give(AlarmMessage message)
    {
        lock (_lock)
        {
            var at = _waiting.FindIndex(other => other.Key == message.Key);
            if (at >= 0)
            {
                _waiting[at] = message with { Kind = Merged(_waiting[at].Kind, message.Kind) };
            }
            else
            {
                if (_waiting.Count == MostWaiting) _waiting.RemoveAt(0);
                _waiting.Add(message);
            }

            _news.TrySetResult();
            if (_runs) return;
            _runs = true;
            _delivering = Task.Run(RunAsync);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync().ConfigureAwait(false);
        await _delivering.ConfigureAwait(false);
        _ends.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                AlarmMessage? message;
                Task news;
                lock (_lock)
                {
                    message = _waiting.FirstOrDefault();
                    if (message is null && _news.Task.IsCompleted) _news = New();
                    news = _news.Task;
                }

                if (message is null)
                {
                    await news.WaitAsync(_ends.Token).ConfigureAwait(false);
                    continue;
                }

                var delivery = await _deliveries.DeliverAsync(Receiver, message, _ends.Token).ConfigureAwait(false);
                Settle(message, delivery);
                if (delivery.Trouble is not null && !delivery.IsFinal) await Task.Delay(Rest, _time, _ends.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_ends.IsCancellationRequested)
        {
            // The gateway stops, or the receiver's address changed.
        }
    }

    private void Settle(AlarmMessage message, Delivery delivery)
    {
        bool changed;
        lock (_lock)
        {
            // One that a newer took the place of meanwhile stays away; one that cannot be delivered waits, unless it never can be.
            if (delivery.Trouble is null || delivery.IsFinal) _waiting.Remove(message);
            if (delivery.Trouble is null) _deliveredAt = _time.GetUtcNow();
            changed = (_trouble is null) != (delivery.Trouble is null);
            _trouble = delivery.Trouble;
        }

        if (changed) _healthChanged();
    }

    /// <summary>What a message becomes that takes the place of one nobody has read.</summary>
    private static AlarmMessageKind Merged(AlarmMessageKind unread, AlarmMessageKind newer) =>
        newer is AlarmMessageKind.Update or AlarmMessageKind.Repeat && unread is AlarmMessageKind.Trigger or AlarmMessageKind.Escalate ? unread : newer;

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
