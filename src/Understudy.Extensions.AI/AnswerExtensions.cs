using Microsoft.Extensions.AI;
using Understudy.Extensions.AI.Answers;

namespace Understudy.Extensions.AI;

/// <summary>
/// What Understudy tells of an answer, on the response and on the last update of a stream (the first one says already who
/// answers). On answers of other clients everything here is empty.
/// </summary>
#pragma warning disable CA1708 // the two blocks of extensions have names of the compiler's own
public static class AnswerExtensions
#pragma warning restore CA1708
{
    /// <summary>What is told of a whole answer.</summary>
    extension(ChatResponse response)
    {
        /// <summary>The call's id, as in records, logs and spans.</summary>
        public string? RequestId => Text(Of(response), AnswerFacts.RequestId);

        /// <summary>Who answered: <c>provider/model</c>, <c>cache</c>, <c>human</c>, <c>defer</c> or <c>notice</c>.</summary>
        public string? ServedBy => Text(Of(response), AnswerFacts.ServedBy);

        /// <summary>Whether the answer is less than what was asked for: a weaker model's, an old one, a person's, a notice.</summary>
        public bool IsDegraded => Value<bool>(Of(response), AnswerFacts.Degraded) ?? false;

        /// <summary>How many calls of providers it took.</summary>
        public int Attempts => Value<int>(Of(response), AnswerFacts.Attempts) ?? 0;

        /// <summary>How old an answer from the cache is; null for one that was made for this call.</summary>
        public TimeSpan? Age => Value<TimeSpan>(Of(response), AnswerFacts.Age);

        /// <summary>Whether the answer was cut and continued by another model.</summary>
        public bool WasContinued => Value<bool>(Of(response), AnswerFacts.Continued) ?? false;

        /// <summary>The id of the call whose answer this is; null where it is its own.</summary>
        public string? JoinedTo => Text(Of(response), AnswerFacts.JoinedTo);

        /// <summary>The id of the work that was kept for later, for <see cref="Operating.DeferredCalls"/>; null where none was.</summary>
        public string? DeferredId => Text(Of(response), AnswerFacts.DeferredId);
    }

    /// <summary>What is told of a streamed answer.</summary>
    extension(ChatResponseUpdate update)
    {
        /// <summary>Who answers: <c>provider/model</c>, <c>cache</c>, <c>human</c>, <c>defer</c> or <c>notice</c>; null between the first update and the last.</summary>
        public string? ServedBy => Text(update.AdditionalProperties, AnswerFacts.ServedBy);

        /// <summary>Whether the answer is less than what was asked for.</summary>
        public bool IsDegraded => Value<bool>(update.AdditionalProperties, AnswerFacts.Degraded) ?? false;

        /// <summary>The id of the work that was kept for later; null where none was.</summary>
        public string? DeferredId => Text(update.AdditionalProperties, AnswerFacts.DeferredId);
    }

    // Updates that are put together to a response leave what they tell on its message.
    private static AdditionalPropertiesDictionary? Of(ChatResponse response) =>
        response.AdditionalProperties?.ContainsKey(AnswerFacts.RequestId) == true || response.Messages.Count == 0 ? response.AdditionalProperties : response.Messages[^1].AdditionalProperties;

    private static string? Text(AdditionalPropertiesDictionary? facts, string name) => facts is not null && facts.TryGetValue(name, out string? text) ? text : null;

    private static T? Value<T>(AdditionalPropertiesDictionary? facts, string name)
        where T : struct => facts is not null && facts.TryGetValue(name, out T value) ? value : null;
}
