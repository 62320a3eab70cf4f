namespace Understudy.Wires.OpenAIChat;

/// <summary>Chat's finish reasons and the engine's.</summary>
internal static class ChatWords
{
    /// <summary>A reason nobody knows yet counts as done: an answer never fails over a new word.</summary>
    public static FinishReason Finish(ReadOnlySpan<byte> reason) => reason switch
    {
        _ when reason.SequenceEqual("tool_calls"u8) || reason.SequenceEqual("function_call"u8) => FinishReason.ToolUse,
        _ when reason.SequenceEqual("length"u8) || reason.SequenceEqual("model_length"u8) || reason.SequenceEqual("max_tokens"u8) => FinishReason.Length,
        _ when reason.SequenceEqual("content_filter"u8) => FinishReason.Refusal,
        _ => FinishReason.Stop,
    };

    /// <summary>Only the words that the strictest client knows: OpenAI's .NET library throws on any other.</summary>
    public static ReadOnlySpan<byte> Finish(FinishReason reason) => reason switch
    {
        FinishReason.Stop or FinishReason.StopSequence or FinishReason.Pause => "stop"u8,
        FinishReason.Length => "length"u8,
        FinishReason.ToolUse => "tool_calls"u8,
        FinishReason.Refusal => "content_filter"u8,
    };
}
