namespace Understudy.Simulator;

/// <summary>What a simulated provider has seen and billed since it was made. Safe to read at any time.</summary>
public sealed class ProviderStats
{
    /// <summary>How many requests <see cref="Requests"/> keeps: the newest.</summary>
    public const int RequestsKept = 256;

    private readonly Lock _gate = new();
    private readonly Queue<ReceivedRequest> _requests = new();
    private readonly Dictionary<string, int> _byFault = [];
    private readonly Dictionary<int, int> _byStatus = [];
    private readonly Dictionary<string, int> _byModel = [];
    private readonly List<(Func<ProviderStats, bool> Condition, TaskCompletionSource Reached)> _waiting = [];
    private int _calls;
    private int _answered;
    private int _aborted;
    private long _inputTokens;
    private long _outputTokens;

    /// <summary>Calls of a model; lists of models, probes and <c>/_sim</c> are none.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Calls whose answer was sent to its end, errors not counted.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Calls the caller left before their answer's end. One that leaves after the closing event has had its answer.</summary>
    public int Aborted => Volatile.Read(ref _aborted);

    /// <summary>Input tokens billed: of every call the model began to work on, a hang too.</summary>
    public long InputTokens => Interlocked.Read(ref _inputTokens);

    /// <summary>Output tokens billed: what was produced, whether or not the caller got it.</summary>
    public long OutputTokens => Interlocked.Read(ref _outputTokens);

    /// <summary>Calls by the fault that hit them.</summary>
    public IReadOnlyDictionary<string, int> CallsByFault
    {
        get
        {
            lock (_gate) return new Dictionary<string, int>(_byFault);
        }
    }

    /// <summary>Calls by the HTTP status they were answered with.</summary>
    public IReadOnlyDictionary<int, int> CallsByStatus
    {
        get
        {
            lock (_gate) return new Dictionary<int, int>(_byStatus);
        }
    }

    /// <summary>Calls by the model they named: a test that gives each of its calls a model of its own can have many in flight.</summary>
    public IReadOnlyDictionary<string, int> CallsByModel
    {
        get
        {
            lock (_gate) return new Dictionary<string, int>(_byModel);
        }
    }

    /// <summary>The newest <see cref="RequestsKept"/> requests, oldest first.</summary>
    public IReadOnlyList<ReceivedRequest> Requests
    {
        get
        {
            lock (_gate) return [.. _requests];
        }
    }

    /// <summary>Waits until the provider's numbers are as a test wants them; looks again whenever one changes.</summary>
    /// <param name="condition">What is waited for, such as <c>stats => stats.Aborted == 1</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task WaitUntilAsync(Func<ProviderStats, bool> condition, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate) _waiting.Add((condition, reached));
        Changed();
        return reached.Task.WaitAsync(cancellationToken);
    }

    internal int BeginCall() => Interlocked.Increment(ref _calls);

    internal void Keep(ReceivedRequest request)
    {
        lock (_gate)
        {
            if (_requests.Count == RequestsKept) _requests.Dequeue();
            _requests.Enqueue(request);
        }

        Changed();
    }

    internal void CallOf(string model)
    {
        lock (_gate) _byModel[model] = _byModel.GetValueOrDefault(model) + 1;
    }

    internal void HitBy(string fault)
    {
        lock (_gate) _byFault[fault] = _byFault.GetValueOrDefault(fault) + 1;
        Changed();
    }

    internal void AnsweredWith(int status)
    {
        lock (_gate) _byStatus[status] = _byStatus.GetValueOrDefault(status) + 1;
        Changed();
    }

    internal void BillInput(int tokens)
    {
        Interlocked.Add(ref _inputTokens, tokens);
        Changed();
    }

    internal void BillOutput(int tokens)
    {
        Interlocked.Add(ref _outputTokens, tokens);
        Changed();
    }

    internal void CallAnswered()
    {
        Interlocked.Increment(ref _answered);
        Changed();
    }

    internal void CallAborted()
    {
        Interlocked.Increment(ref _aborted);
        Changed();
    }

    private void Changed()
    {
        lock (_gate)
        {
            for (var i = _waiting.Count - 1; i >= 0; i--)
            {
                if (!_waiting[i].Condition(this)) continue;
                _waiting[i].Reached.TrySetResult();
                _waiting.RemoveAt(i);
            }
        }
    }
}
