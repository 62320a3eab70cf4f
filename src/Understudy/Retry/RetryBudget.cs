using Understudy.Configuration;

namespace Understudy.Retry;

/// <summary>
/// Bounds retries as a share of all calls, so that an outage cannot multiply the load or the bill: every call deposits
/// <see cref="RetryModel.BudgetRatio"/> of a retry, a floor flows in each second, and a retry withdraws one
/// (Finagle's RetryBudget: 20 % and a floor, ten seconds' worth kept).
/// </summary>
public sealed class RetryBudget
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly RetryModel _model;
    private readonly TimeProvider _time;
    private readonly double _floorCapacity;
    private double _deposits;
    private double _floor;
    private long _last;

    /// <summary>A budget with a full floor.</summary>
    public RetryBudget(RetryModel model, TimeProvider time)
    {
        _model = model;
        _time = time;
        _floorCapacity = Math.Max(model.BudgetFloorPerSecond * Kept.TotalSeconds, 1);
        _floor = _floorCapacity;
        _last = time.GetTimestamp();
    }

    /// <summary>A call began.</summary>
    public void Deposit()
    {
        lock (_lock)
        {
            Decay_NeedsLock();
            _deposits += _model.BudgetRatio;
        }
    }

    /// <summary>Takes one retry out; false where there is none left.</summary>
    public bool TryWithdraw()
    {
        lock (_lock)
        {
            Decay_NeedsLock();
            if (_deposits >= 1)
            {
                _deposits -= 1;
                return true;
            }

            if (_floor < 1) return false;
            _floor -= 1;
            return true;
        }
    }

    private void Decay_NeedsLock()
    {
        var now = _time.GetTimestamp();
        var seconds = (double)(now - _last) / _time.TimestampFrequency;
        if (seconds <= 0) return;
        _last = now;
        _floor = Math.Min(_floorCapacity, _floor + (seconds * _model.BudgetFloorPerSecond));
        // Deposits fade over ten seconds instead of being dated one by one: the same bound without a queue.
        _deposits *= Math.Exp(-seconds / Kept.TotalSeconds);
    }
}
