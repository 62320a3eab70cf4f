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

    /// <summary>
    /// Tokens of an answer that is not streamed which are always allowed for, as far as the caller's own limit goes: 250 s, in
    /// which a model of 40 tokens a second says 10,000.
    /// </summary>
    public const int AssumedTokens = 5_000;

    /// <summary>The same while nothing is known of how long answers are here, and for one that may think before it speaks.</summary>
    public const int UnknownTokens = 10_000;

    /// <summary>How many times longer than usual an answer may be before it counts as a hang.</summary>
    public const int UnusualFactor = 2;

    /// <summary>The limits for <paramref name="request"/> under <paramref name="useCase"/>.</summary>
    /// <param name="useCase">The tolerances.</param>
    /// <param name="request">The request: reasoning and long prompts get longer to the first content, and an answer that
    /// is not streamed shows nothing before its end.</param>
    /// <param name="usualTokens">The tokens that most answers of this kind stay below; null while nothing is known of them.</param>
    /// <param name="remaining">What is left of the call's deadline.</param>
    /// <param name="othersLeft">Whether another target could be tried: then one hang may take half of what is left at the most.</param>
    public static ClockLimits For(UseCaseModel useCase, CallRequest request, double? usualTokens, TimeSpan remaining, bool othersLeft)
    {
        var first = useCase.FirstToken;
        if (request.Facts.Reasoning) first *= ReasoningFactor;
        first += TimeSpan.FromSeconds((double)request.EstimatedInputTokens / SlowestPromptTokensPerSecond);
        if (!request.Stream && request.Operation == CallOperation.Generate)
        {
            first += TimeSpan.FromSeconds(WholeTokens(request.Facts, usualTokens) / SlowestTokensPerSecond);
        }

        var share = othersLeft ? remaining / 2 : remaining;
        if (first > share) first = share;
        var idle = request.Facts.Reasoning ? useCase.Idle * ReasoningFactor : useCase.Idle;
        return new(useCase.Connect < first ? useCase.Connect : first, first, idle);
    }

    /// <summary>
    /// The tokens that a whole answer is given time for. Not the caller's own limit: agents ask for 32,000 and use 300, and a
    /// hang would then take half of every deadline.
    /// </summary>
    private static double WholeTokens(RequestFacts facts, double? usual)
    {
        var expected = usual is { } learnt && !facts.Reasoning ? Math.Max(learnt * UnusualFactor, AssumedTokens) : UnknownTokens;
        return facts.MaxTokens > 0 ? Math.Min(facts.MaxTokens, expected) : expected;
    }
}
