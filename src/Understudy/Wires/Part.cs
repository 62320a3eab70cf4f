using Understudy.Calls;

namespace Understudy.Wires;

/// <summary>A piece of a turn or an answer: a closed set.</summary>
public abstract record Part
{
    private protected Part()
    {
    }

    /// <summary>Anthropic's cache mark on this piece, as JSON; null where there is none.</summary>
    public string? CacheMark { get; init; }
}

/// <summary>Visible text.</summary>
/// <param name="Text">The text.</param>
public sealed record TextPart(string Text) : Part;

/// <summary>An image: inline or by address.</summary>
/// <param name="MediaType">Its type; null by address.</param>
/// <param name="Base64">Its bytes; null by address.</param>
/// <param name="Url">Its address; null inline.</param>
public sealed record ImagePart(string? MediaType, string? Base64, string? Url) : Part
{
    /// <summary>OpenAI's wish for resolution; no other protocol has it.</summary>
    public string? Detail { get; init; }
}

/// <summary>A document: inline bytes, inline text, or by address.</summary>
/// <param name="MediaType">Its type; null by address.</param>
/// <param name="Base64">Its bytes, or null.</param>
/// <param name="Text">Its text, or null.</param>
/// <param name="Url">Its address, or null.</param>
/// <param name="Title">Its name, where it has one.</param>
public sealed record DocumentPart(string? MediaType, string? Base64, string? Text, string? Url, string? Title) : Part;

/// <summary>Inline sound.</summary>
/// <param name="Format"><c>wav</c>, <c>mp3</c> …</param>
/// <param name="Base64">Its bytes.</param>
public sealed record AudioPart(string Format, string Base64) : Part;

/// <summary>A tool call by the model.</summary>
/// <param name="Id">As the client knows it.</param>
/// <param name="Name">The tool.</param>
/// <param name="Arguments">JSON text as the model wrote it, which may be empty or broken; free text for a custom tool.</param>
public sealed record ToolCallPart(string Id, string Name, string Arguments) : Part
{
    /// <summary>Whether the arguments are free text rather than JSON (OpenAI's custom tools).</summary>
    public bool IsFreeText { get; init; }

    /// <summary>The group of its tool, where its protocol groups tools (newer Codex).</summary>
    public string? Namespace { get; init; }

    /// <summary>Gemini's mark on a call, where the client carried it back.</summary>
    public string? GeminiSignature { get; init; }
}

/// <summary>What a tool gave back.</summary>
/// <param name="Id">Of its call.</param>
/// <param name="Content">Text, images, documents; may be empty.</param>
/// <param name="IsError">Whether the tool failed.</param>
public sealed record ToolResultPart(string Id, IReadOnlyList<Part> Content, bool IsError) : Part;

/// <summary>Visible reasoning, bound to its maker by the signature.</summary>
/// <param name="Text">The reasoning; empty where only its signature is shown.</param>
/// <param name="Signature">The maker's mark, without any mark of ours.</param>
/// <param name="Maker">Who made it.</param>
public sealed record ThinkingPart(string Text, string? Signature, ReasoningMaker Maker) : Part;

/// <summary>Reasoning that only its maker can read.</summary>
/// <param name="Data">Opaque.</param>
/// <param name="Maker">Who made it.</param>
public sealed record RedactedThinkingPart(string Data, ReasoningMaker Maker) : Part;

/// <summary>A refusal in words.</summary>
/// <param name="Text">The words.</param>
public sealed record RefusalPart(string Text) : Part;

/// <summary>A block that only its own protocol knows: written back there as it came, dropped with a note elsewhere.</summary>
/// <param name="Kind">Its type.</param>
/// <param name="Json">The block.</param>
/// <param name="Origin">Whose it is.</param>
public sealed record OpaquePart(string Kind, string Json, WireProtocol Origin) : Part;

/// <summary>Who made a piece of reasoning: nobody else accepts it.</summary>
public enum ReasoningMaker
{
    /// <summary>An open model, or nobody knows.</summary>
    Unknown,

    /// <summary>A Claude.</summary>
    Anthropic,

    /// <summary>OpenAI.</summary>
    OpenAI,

    /// <summary>Gemini.</summary>
    Gemini,
}
