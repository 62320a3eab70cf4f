using Understudy.Calls;

namespace Understudy.Wires;

/// <summary>A tool that the model may call.</summary>
/// <param name="Kind">What kind of tool.</param>
/// <param name="Name">Its name, as the client knows it.</param>
/// <param name="Json">The declaration as it came, for its own protocol.</param>
/// <param name="Origin">Whose words the declaration is in.</param>
public sealed record ToolSpec(ToolKind Kind, string Name, string Json, WireProtocol Origin)
{
    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>The JSON schema of its arguments; null for none.</summary>
    public string? Schema { get; init; }

    /// <summary>Whether arguments must obey the schema to the letter; null where the client did not say.</summary>
    public bool? Strict { get; init; }

    /// <summary>The group it stands in, where its protocol groups tools (newer Codex).</summary>
    public string? Namespace { get; init; }

    /// <summary>Anthropic's cache mark, as JSON.</summary>
    public string? CacheMark { get; init; }
}

/// <summary>What kind of tool.</summary>
public enum ToolKind
{
    /// <summary>The client runs it; its arguments are JSON.</summary>
    Function,

    /// <summary>The client runs it; its argument is free text (OpenAI's <c>custom</c>).</summary>
    FreeText,

    /// <summary>The vendor runs it, or knows its schema by heart: no other vendor has it.</summary>
    Hosted,
}

/// <summary>Which tool is to be called.</summary>
/// <param name="Kind">How much choice the model has.</param>
/// <param name="Names">For <see cref="ToolChoiceKind.One"/> the tool; else the tools the choice is limited to, or none.</param>
public sealed record ToolChoice(ToolChoiceKind Kind, IReadOnlyList<string> Names)
{
    /// <summary>A choice among all tools.</summary>
    public static ToolChoice Of(ToolChoiceKind kind) => new(kind, []);
}

/// <summary>How much choice the model has.</summary>
public enum ToolChoiceKind
{
    /// <summary>As it likes.</summary>
    Auto,

    /// <summary>It must call a tool.</summary>
    Required,

    /// <summary>It must call this tool.</summary>
    One,

    /// <summary>It must not call any.</summary>
    None,
}
