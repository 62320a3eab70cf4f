using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Pipeline;

/// <summary>The synthetic probes of one target, counted. Safe to share between threads.</summary>
public sealed class ProbeTally
{
    private readonly Lock _lock = new();
    private int _sent;
    private int _good;
    private Usage _usage;
    private ProbeRecord? _last;

    /// <summary>How many were sent: attempts that no call made.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <summary>How many of them found the target alive.</summary>
    public int Good => Volatile.Read(ref _good);

    /// <summary>What all of them cost.</summary>
    public Usage Usage
    {
        get
        {
            lock (_lock) return _usage;
        }
    }

    /// <summary>The last that ended; null where there was none.</summary>
    public ProbeRecord? Last => Volatile.Read(ref _last);

    internal void Begin() => Interlocked.Increment(ref _sent);

    internal void End(ProbeRecord record)
    {
        lock (_lock)
        {
            if (record.Failure is null) _good++;
            _usage += record.Usage;
            Volatile.Write(ref _last, record);
        }
    }
}
