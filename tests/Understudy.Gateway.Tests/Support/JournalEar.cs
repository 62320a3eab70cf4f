using System.Collections.Concurrent;
using Understudy.Observation;

namespace Understudy.Gateway.Tests.Support;

/// <summary>What a journal told, and waiting for what it is to tell: no test looks again and again, none sleeps.</summary>
internal sealed class JournalEar
{
    private readonly ConcurrentQueue<CallRecord> _records = new();
    private readonly ConcurrentQueue<Happening> _happenings = new();
    private readonly List<(Func<bool> Condition, TaskCompletionSource Reached)> _waiting = [];
    private readonly Lock _lock = new();

    public IReadOnlyList<CallRecord> Records => [.. _records];

    public IReadOnlyList<Happening> Happenings => [.. _happenings];

    public void Listen(Journal journal)
    {
        journal.CallEnded += record => Heard(() => _records.Enqueue(record));
        journal.Happened += happening => Heard(() => _happenings.Enqueue(happening));
    }

    /// <summary>Takes a piece of news, and looks who waited for it.</summary>
    public void Heard(Action take)
    {
        lock (_lock)
        {
            take();
            for (var i = _waiting.Count - 1; i >= 0; i--)
            {
                if (!_waiting[i].Condition()) continue;
                _waiting[i].Reached.TrySetResult();
                _waiting.RemoveAt(i);
            }
        }
    }

    /// <summary>Waits until what was heard is as a test wants it; looks again at each piece of news.</summary>
    public Task UntilAsync(Func<bool> condition)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (condition()) return Task.CompletedTask;
            _waiting.Add((condition, reached));
        }

        return reached.Task.WaitAsync(TestContext.Current.CancellationToken);
    }
}
