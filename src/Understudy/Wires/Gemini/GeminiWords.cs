namespace Understudy.Wires.Gemini;

/// <summary>Gemini's finish reasons and the engine's.</summary>
internal static class GeminiWords
{
    /// <summary>Null for no reason yet, and for the three that mean a failed try: see <see cref="IsFailure"/>.</summary>
    public static FinishReason? Finish(ReadOnlySpan<byte> reason) => reason switch
    {
        { IsEmpty: true } => null,
        _ when reason.SequenceEqual("FINISH_REASON_UNSPECIFIED"u8) || IsFailure(reason) => null,
        _ when reason.SequenceEqual("MAX_TOKENS"u8) => FinishReason.Length,
        _ when reason.SequenceEqual("SAFETY"u8) || reason.SequenceEqual("RECITATION"u8) || reason.SequenceEqual("BLOCKLIST"u8)
            || reason.SequenceEqual("PROHIBITED_CONTENT"u8) || reason.SequenceEqual("SPII"u8) || reason.SequenceEqual("LANGUAGE"u8)
            || reason.StartsWith("IMAGE_"u8) => FinishReason.Refusal,
        _ => FinishReason.Stop,
    };

    /// <summary>The model wrote a call that Gemini itself could not read: a failed try in a 200.</summary>
    public static bool IsFailure(ReadOnlySpan<byte> reason) =>
        reason.SequenceEqual("MALFORMED_FUNCTION_CALL"u8) || reason.SequenceEqual("UNEXPECTED_TOOL_CALL"u8)
        || reason.SequenceEqual("TOO_MANY_TOOL_CALLS"u8) || reason.SequenceEqual("MALFORMED_RESPONSE"u8) || reason.SequenceEqual("MISSING_THOUGHT_SIGNATURE"u8);

    /// <summary>Gemini ends tool calls with STOP too.</summary>
    public static ReadOnlySpan<byte> Finish(FinishReason reason) => reason switch
    {
        FinishReason.Stop or FinishReason.StopSequence or FinishReason.Pause or FinishReason.ToolUse => "STOP"u8,
        FinishReason.Length => "MAX_TOKENS"u8,
        FinishReason.Refusal => "SAFETY"u8,
    };
}
