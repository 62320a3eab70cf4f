namespace Understudy.Wires.Anthropic;

/// <summary>Anthropic's stop reasons and the engine's.</summary>
internal static class AnthropicWords
{
    /// <summary>A reason nobody knows yet counts as done: an answer never fails over a new word.</summary>
    public static FinishReason Finish(ReadOnlySpan<byte> reason) => reason switch
    {
        _ when reason.SequenceEqual("tool_use"u8) => FinishReason.ToolUse,
        _ when reason.SequenceEqual("max_tokens"u8) || reason.SequenceEqual("model_context_window_exceeded"u8) => FinishReason.Length,
        _ when reason.SequenceEqual("stop_sequence"u8) => FinishReason.StopSequence,
        _ when reason.SequenceEqual("refusal"u8) => FinishReason.Refusal,
        _ when reason.SequenceEqual("pause_turn"u8) => FinishReason.Pause,
        _ => FinishReason.Stop,
    };

    public static ReadOnlySpan<byte> Finish(FinishReason reason) => reason switch
    {
        FinishReason.Stop => "end_turn"u8,
        FinishReason.StopSequence => "stop_sequence"u8,
        FinishReason.Length => "max_tokens"u8,
        FinishReason.ToolUse => "tool_use"u8,
        FinishReason.Refusal => "refusal"u8,
        FinishReason.Pause => "pause_turn"u8,
    };
}
