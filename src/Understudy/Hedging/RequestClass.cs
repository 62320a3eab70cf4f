using System.Numerics;
using Understudy.Calls;

namespace Understudy.Hedging;

/// <summary>
/// Requests that a target may be expected to take alike long for: times to the first content are compared within one class
/// only. What makes them differ is how much is to be read, whether the model thinks first, and whether the answer comes at
/// its end.
/// </summary>
public static class RequestClass
{
    /// <summary>How many classes there are.</summary>
    public const int Count = Sizes * 4;

    private const int Sizes = 4;

    /// <summary>The class of a request: below 1 k, 8 k and 64 k input tokens, and beyond; with or without reasoning; streamed or whole.</summary>
    public static int Of(CallRequest request)
    {
        var thousands = (uint)request.EstimatedInputTokens / 1024;
        var size = thousands == 0 ? 0 : Math.Min(1 + (BitOperations.Log2(thousands) / 3), Sizes - 1);
        return (size * 4) + (request.Facts.Reasoning ? 2 : 0) + (request.Stream ? 1 : 0);
    }
}
