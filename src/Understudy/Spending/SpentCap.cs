using Understudy.Configuration;

namespace Understudy.Spending;

/// <summary>Why an attempt could not be paid for.</summary>
/// <param name="Kind">Whose cap it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Window">The window of the cap; of several that are spent, the longest.</param>
/// <param name="Cap">The cap.</param>
/// <param name="Until">When the window turns.</param>
/// <param name="NeverFits">Whether the attempt alone is estimated to cost more than the whole cap: waiting does not help.</param>
/// <param name="IsNews">Whether it is the first refusal by this cap in this window.</param>
public sealed record SpentCap(AccountKind Kind, string Name, SpendWindow Window, Usd Cap, DateTimeOffset Until, bool NeverFits, bool IsNews)
{
    /// <summary>In words, without a full stop.</summary>
    public override string ToString()
    {
        var whose = $"{Kind.Word()} '{Name}'";
        return NeverFits
            ? $"this call alone would cost more than {whose} may spend: {Cap} {SpendWindows.Words(Window)}"
            : $"{whose} has spent its {Cap} {SpendWindows.Words(Window)}";
    }
}
