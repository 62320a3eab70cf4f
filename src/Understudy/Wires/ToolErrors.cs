namespace Understudy.Wires;

/// <summary>How a failed tool call is told in OpenAI's protocols, which have no field for it.</summary>
internal static class ToolErrors
{
    public const string Prefix = "Error: ";

    /// <summary>Takes our mark off a result, so that a failure survives a way there and back.</summary>
    /// <returns>Whether it was there.</returns>
    public static bool Undo(List<Part> content)
    {
        if (content is not [TextPart { Text: var text } first, ..] || !text.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        content[0] = first with { Text = text[Prefix.Length..] };
        return true;
    }
}
