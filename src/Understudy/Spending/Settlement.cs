using Understudy.Configuration;

namespace Understudy.Spending;

/// <summary>How an attempt's money ended.</summary>
/// <param name="Cost">What it cost; null where no price is known.</param>
/// <param name="Sent">Whether it was sent at all.</param>
/// <param name="IsWasted">Whether the cost brought nobody an answer.</param>
/// <param name="IsRetry">Whether the call had sent another attempt before.</param>
public readonly record struct Settlement(Usd? Cost, bool Sent, bool IsWasted, bool IsRetry);
