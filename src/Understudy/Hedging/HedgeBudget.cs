using Understudy.Configuration;

namespace Understudy.Hedging;

/// <summary>
/// Bounds hedges as a share of a route's calls: each call pays <see cref="HedgeModel.Share"/> of one in, a hedge takes one
/// out. It begins empty, so that there are never more hedges than that share of calls; what is saved up is bounded, so that
/// a quiet day does not buy a flood in a slow minute.
/// </summary>
/// <param name="model">The settings.</param>
public sealed class HedgeBudget(HedgeModel model)
{
    /// <summary>Hedges that can be saved up.</summary>
    public const double MostSaved = 10;

    // In millionths, for whole numbers can be added without a lock.
    private const long One = 1_000_000;

    private readonly long _share = (long)(model.Share * One);
    private long _saved;

    /// <summary>A call of the route began.</summary>
    public void Deposit()
    {
        if (Volatile.Read(ref _saved) < (long)(MostSaved * One)) Interlocked.Add(ref _saved, _share);
    }

    /// <summary>Takes one hedge out; false where there is none.</summary>
    public bool TryWithdraw()
    {
        if (Interlocked.Add(ref _saved, -One) >= 0) return true;
        Return();
        return false;
    }

    /// <summary>Puts a hedge back that was not made.</summary>
    public void Return() => Interlocked.Add(ref _saved, One);
}
