using System.Text.Json;

namespace Understudy.Simulator.Answers;

/// <summary>What a vendor's request asks of the model, in no vendor's words.</summary>
internal sealed record ModelCall
{
    public required string Model { get; init; }

    public bool Stream { get; init; }

    public IReadOnlyList<Utterance> Utterances { get; init; } = [];

    public IReadOnlyList<OfferedTool> Tools { get; init; } = [];

    public ToolPolicy ToolPolicy { get; init; }

    /// <summary>The one tool that must be called, when the policy names one.</summary>
    public string? ForcedTool { get; init; }

    public bool OneToolAtATime { get; init; }

    public bool Thinks { get; init; }

    /// <summary>Thinking whose text is not shown, only its signature.</summary>
    public bool HidesThinking { get; init; }

    /// <summary>The schema the answer has to fit; an undefined element asks for free text.</summary>
    public JsonElement OutputSchema { get; init; }

    /// <summary>A schema that is only told in words: the model obeys it, and is free to go on with half a document.</summary>
    public JsonElement ToldSchema { get; init; }

    /// <summary>Any JSON object will do.</summary>
    public bool AnyJson { get; init; }

    public int MaxTokens { get; init; } = int.MaxValue;

    public IReadOnlyList<string> StopSequences { get; init; } = [];

    public int InputTokens { get; init; }

    /// <summary>What of the input is the cacheable head of the prompt; null when the request marks none.</summary>
    public string? CacheKey { get; init; }

    /// <summary>OpenAI chat only: a usage chunk at the end of a stream.</summary>
    public bool IncludeUsage { get; init; }
}

/// <summary>A tool the model may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Schema">The schema of its arguments; undefined when it takes none.</param>
/// <param name="FreeText">Takes a text instead of JSON (OpenAI's custom tools).</param>
/// <param name="Namespace">Codex groups tools in namespaces.</param>
internal sealed record OfferedTool(string Name, JsonElement Schema, bool FreeText = false, string? Namespace = null);

/// <summary>Whether the model may, must or must not call tools.</summary>
internal enum ToolPolicy
{
    Auto,
    None,
    Required,
}
