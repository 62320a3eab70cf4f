using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Pipeline;

/// <summary>What a writer must know of the call whose answer it writes.</summary>
internal static class AnswerContexts
{
    /// <summary>The context of <paramref name="call"/>.</summary>
    public static AnswerContext For(Call call, IReadOnlyDictionary<string, string>? toolNames)
    {
        var conversation = call.Conversation;
        return new()
        {
            Model = call.Request.Model,
            MessageId = (call.Request.Protocol switch
            {
                WireProtocol.AnthropicMessages => "msg_",
                WireProtocol.OpenAIChat => "chatcmpl-",
                WireProtocol.OpenAIResponses => "resp_",
                WireProtocol.Gemini or WireProtocol.InProcess => "",
            }) + call.Record.Id,
            Created = call.Record.StartedAt.ToUnixTimeSeconds(),
            ShowThinking = conversation?.Reasoning is { IsOff: false },
            IncludeUsage = conversation?.IncludeUsage ?? false,
            InputEstimate = call.Request.EstimatedInputTokens,
            HoldToolCalls = true,
            ToolNames = toolNames,
            Tools = conversation?.Tools,
        };
    }
}
