using Understudy.Alarms;
using Understudy.Configuration;

namespace Understudy.Hosting.Receivers;

/// <summary>Hands messages to the receivers of the policy in force, each with a queue of its own: one that hangs holds up no other.</summary>
internal sealed class ReceiverDesk(TimeProvider time, Func<AlarmsModel> model) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ReceiverQueue> _queues = new(StringComparer.Ordinal);
    private readonly List<Task> _ending = [];
    private readonly Lazy<Deliveries> _deliveries = new(() => new(time)); // an HTTP client, and a start without alarms needs none
    private bool _ended;

    /// <summary>Told when a receiver stops or begins again to take messages; on no thread of a call's.</summary>
    public event Action? HealthChanged;

    /// <summary>Those that do not take messages, and why.</summary>
    public IReadOnlyList<(string Name, string Why)> Dead
    {
        get
        {
            lock (_lock) return [.. _queues.Values.Where(queue => queue.Health.Trouble is not null).Select(queue => (queue.Receiver.Name, queue.Health.Trouble!))];
        }
    }

    /// <summary>How a receiver is.</summary>
    public ReceiverHealth HealthOf(string receiver)
    {
        lock (_lock) return _queues.TryGetValue(receiver, out var queue) ? queue.Health : new(null, null, 0);
    }

    /// <summary>Takes a message for its receiver. Returns at once.</summary>
    public void Take(AlarmMessage message)
    {
        lock (_lock)
        {
            if (_ended || model().Receivers.FirstOrDefault(receiver => receiver.Name == message.Receiver) is not { } receiver) return;
            if (_queues.TryGetValue(receiver.Name, out var queue) && queue.Receiver != receiver)
            {
                _ending.Add(queue.DisposeAsync().AsTask()); // a reload gave it another address
                _queues.Remove(receiver.Name);
                queue = null;
            }

            if (queue is null) _queues.Add(receiver.Name, queue = new(receiver, _deliveries.Value, time, () => HealthChanged?.Invoke()));
            queue.Give(message);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _ended = true;
            _ending.AddRange(_queues.Values.Select(queue => queue.DisposeAsync().AsTask()));
        }

        await Task.WhenAll(_ending).ConfigureAwait(false);
        if (_deliveries.IsValueCreated) _deliveries.Value.Dispose();
    }
}
