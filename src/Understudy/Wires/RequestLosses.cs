namespace Understudy.Wires;

/// <summary>What every writer notes in the same way, and the small JSON moves of writing.</summary>
internal static class RequestLosses
{
    /// <summary>Notes what the reader lost, and the fields and tools that are another vendor's own.</summary>
    public static List<string> Begin(Conversation conversation, Calls.WireProtocol target)
    {
        var losses = new List<string>(conversation.Losses);
        if (conversation.Origin == target) return losses;
        foreach (var extra in conversation.Extras) History.Note(losses, $"field {extra.Key}");
        foreach (var tool in conversation.Tools)
        {
            if (tool.Kind == ToolKind.Hosted) History.Note(losses, $"hosted tool {tool.Name}");
        }

        return losses;
    }

    /// <summary>
    /// The tools that the target gets: those it can understand, and of these only those the choice is limited to.
    /// </summary>
    public static List<ToolSpec> Tools(Conversation conversation, Calls.WireProtocol target)
    {
        var allowed = conversation.ToolChoice is { Kind: not ToolChoiceKind.One, Names: { Count: > 0 } names } ? names : null;
        return [.. conversation.Tools.Where(tool => (tool.Kind != ToolKind.Hosted || tool.Origin == target) && (allowed is null || allowed.Contains(tool.Name)))];
    }

    /// <summary>
    /// Claude Code's first system block changes with every request: at its own vendor it must stay, elsewhere it would
    /// only spoil the prompt cache.
    /// </summary>
    public static bool IsAttribution(TextPart block) => block.Text.StartsWith("x-anthropic-billing-header:", StringComparison.Ordinal);

    /// <summary>What stands in a user's turn for a block that the target does not know.</summary>
    public static string Stand(OpaquePart part, List<string>? losses)
    {
        if (losses is not null) History.Note(losses, $"block {part.Kind}");
        return $"[{part.Kind} of another system, left out]";
    }

    /// <summary>An instruction for a target that can't enforce the form of its answer.</summary>
    public static string FormInstruction(OutputForm form) => form.Schema is null
        ? "Answer with one JSON value and nothing else: no prose, no code fence."
        : $"Answer with one JSON value that obeys this JSON schema, and nothing else: no prose, no code fence.\n{form.Schema}";

    /// <summary>A client's user id as another vendor gets it: hashed, for Claude Code's holds device and account ids and is too long.</summary>
    public static string ForeignUser(string userId) => "user_" + ToolIds.Base62(userId, 22);
}
