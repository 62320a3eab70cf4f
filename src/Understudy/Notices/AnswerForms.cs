using Understudy.Wires;

namespace Understudy.Notices;

/// <summary>What a caller can read.</summary>
public enum AnswerForm
{
    /// <summary>Text for people.</summary>
    Text,

    /// <summary>JSON in place of text.</summary>
    Json,

    /// <summary>Nothing that a gateway could write: a tool call, or the rest of a text that the caller began.</summary>
    Other,
}

/// <summary>Tells what form of answer a request asks for.</summary>
public static class AnswerForms
{
    /// <summary>The form that the caller of <paramref name="conversation"/> will take.</summary>
    public static AnswerForm Of(Conversation conversation)
    {
        if (conversation.ToolChoice is { Kind: ToolChoiceKind.Required or ToolChoiceKind.One }) return AnswerForm.Other;
        // The caller joins what it gets to the beginning that it wrote itself, "{" more often than not.
        if (conversation.Turns is [.., { Role: TurnRole.Assistant }]) return AnswerForm.Other;
        // The old way to force a function.
        if (conversation.Extras.Any(extra => extra.Key == "function_call" && extra.Value is not ("\"auto\"" or "\"none\""))) return AnswerForm.Other;
        return conversation.Output is null ? AnswerForm.Text : AnswerForm.Json;
    }
}
