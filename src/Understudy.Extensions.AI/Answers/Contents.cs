using System.Text.Json;
using Microsoft.Extensions.AI;
using Understudy.Extensions.AI.Questions;
using Understudy.Wires;

namespace Understudy.Extensions.AI.Answers;

/// <summary>The engine's words for an answer in those of <c>Microsoft.Extensions.AI</c>.</summary>
internal static class Contents
{
    /// <summary>The contents of a whole answer.</summary>
    /// <param name="parts">What it says.</param>
    /// <param name="hidesReasoning">Whether reasoning is not wanted.</param>
    public static List<AIContent> Of(IReadOnlyList<Part> parts, bool hidesReasoning)
    {
        var contents = new List<AIContent>(parts.Count);
        foreach (var part in parts)
        {
            if (hidesReasoning && part is ThinkingPart or RedactedThinkingPart) continue;
            if (Of(part) is { } content) contents.Add(content);
        }

        return contents;
    }

    /// <summary>A tool call that is whole.</summary>
    public static FunctionCallContent Call(string id, string name, string arguments) =>
        // Arguments that are no JSON become the content's exception: the caller of the tool is told, and nothing is run.
        FunctionCallContent.CreateFromParsedArguments(arguments.Length == 0 ? "{}" : arguments, id, name, static json =>
            (IDictionary<string, object?>?)JsonSerializer.Deserialize(json, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>))));

    /// <summary>Reasoning, with its maker's mark.</summary>
    public static TextReasoningContent Reasoning(string text, string? mark) => new(text) { ProtectedData = mark };

    /// <summary>Why an answer ended.</summary>
    public static ChatFinishReason Finish(FinishReason reason) => reason switch
    {
        FinishReason.Stop or FinishReason.StopSequence or FinishReason.Pause => ChatFinishReason.Stop,
        FinishReason.Length => ChatFinishReason.Length,
        FinishReason.ToolUse => ChatFinishReason.ToolCalls,
        FinishReason.Refusal => ChatFinishReason.ContentFilter,
    };

    /// <summary>What an answer took.</summary>
    public static UsageDetails Usage(Usage usage) => new()
    {
        InputTokenCount = usage.Input,
        OutputTokenCount = usage.Output,
        TotalTokenCount = usage.Input + usage.Output,
        CachedInputTokenCount = usage.CacheRead == 0 ? null : usage.CacheRead,
        ReasoningTokenCount = usage.Reasoning == 0 ? null : usage.Reasoning,
        AdditionalCounts = usage.CacheWrite == 0 ? null : new() { ["CacheWriteTokenCount"] = usage.CacheWrite },
    };

    private static AIContent? Of(Part part) => part switch
    {
        TextPart text => new TextContent(text.Text),
        RefusalPart refusal => new TextContent(refusal.Text),
        ThinkingPart thinking => Reasoning(thinking.Text, GatewaySignature.Write(thinking.Signature, thinking.Maker)),
        RedactedThinkingPart redacted => Reasoning("", PartsOf.Redacted + redacted.Data),
        ToolCallPart call => Call(call.Id, call.Name, call.Arguments),
        _ => null, // what one vendor's own tools say: none were asked for
    };
}
