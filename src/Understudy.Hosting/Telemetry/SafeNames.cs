using Understudy.Observation;

namespace Understudy.Hosting.Telemetry;

/// <summary>Names that clients choose, as logs and spans may show them.</summary>
internal static class SafeNames
{
    private const int Longest = 100;

    /// <summary>
    /// The model that a client asked for; null where it is not to be shown. What a provider or the gateway refused was no
    /// model's name but anything, perhaps a key in the wrong field.
    /// </summary>
    public static string? AskedModel(CallRecord call) =>
        call.Outcome is CallOutcome.ClientError or CallOutcome.Refused || call.Model.Length is 0 or > Longest || !call.Model.All(IsNameCharacter) ? null : call.Model;

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/' or ':' or '@' or '+';
}
