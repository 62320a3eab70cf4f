using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.Timeouts;

/// <summary>The limits of one attempt's clocks.</summary>
/// <param name="Connect">To a connection.</param>
/// <param name="FirstToken">To the first content; for an answer that is not streamed, to the whole answer.</param>
/// <param name="Idle">Between two contents.</param>
public readonly record struct ClockLimits(TimeSpan Connect, TimeSpan FirstToken, TimeSpan Idle)
{
    /// <summary>How many times longer a reasoning request may take to its first content. Reasoning models think before they speak, often for half a minute.</summary>
    public const int ReasoningFactor = 3;

    /// <summary>Tokens a second that a model is trusted to generate at the least: what a non-streamed answer's limit is reckoned from.</summary>
    public const int SlowestTokensPerSecond = 20;

    /// <summary>Tokens a second that a model is trusted to read at the least: long prompts get longer to the first content.</summary>
    public const int SlowestPromptTokensPerSecond = 4_000;

    /// <summary>The answer that a caller is assumed to want who gives no limit.</summary>
    public const int AssumedMaxTokens = 2_000;

    /// <summary>The limits for <paramref name="request"/> under <paramref name="useCase"/>.</summary>
    /// <param name="useCase">The tolerances.</param>
    /// <param name="request">The request: reasoning and long prompts get longer to the first content, and an answer that
    /// is not streamed shows nothing before its end.</param>
    /// <param name="remaining">What is left of the call's deadline.</param>
    /// <param name="othersLeft">Whether another target could be tried: then one hang may take half of what is left at the most.</param>
    public static ClockLimits For(UseCaseModel useCase, CallRequest request, TimeSpan remaining, bool othersLeft)
    {
        var first = useCase.FirstToken;
        if (request.Facts.Reasoning) first *= ReasoningFactor;
        first += TimeSpan.FromSeconds((double)request.EstimatedInputTokens / SlowestPromptTokensPerSecond);
        if (!request.Stream && request.Operation == CallOperation.Generate)
        {
            var tokens = request.Facts.MaxTokens is > 0 and < AssumedMaxTokens ? request.Facts.MaxTokens : AssumedMaxTokens;
            first += TimeSpan.FromSeconds((double)tokens / SlowestTokensPerSecond);
        }

        var share = othersLeft ? remaining / 2 : remaining;
        if (first > share) first = share;
        var idle = request.Facts.Reasoning ? useCase.Idle * ReasoningFactor : useCase.Idle;
        return new(useCase.Connect < first ? useCase.Connect : first, first, idle);
    }
}
