using System.Text.Json;
using Understudy.Failures;

namespace Understudy.Observation;

/// <summary>Members of closed sets as metrics, spans and logs have them: <c>ClientError</c> is <c>client_error</c>. Made once: asking allocates nothing.</summary>
public static class Words
{
    private static readonly string[] Outcomes = Of<CallOutcome>();
    private static readonly string[] Failures = Of<FailureKind>();

    /// <summary>The word of <paramref name="outcome"/>.</summary>
    public static string Of(CallOutcome outcome) => Outcomes[(int)outcome];

    /// <summary>The word of <paramref name="failure"/>.</summary>
    public static string Of(FailureKind failure) => Failures[(int)failure];

    private static string[] Of<TEnum>()
        where TEnum : struct, Enum => [.. Enum.GetNames<TEnum>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];
}
