using Understudy.Calls;

namespace Understudy.Wires;

/// <summary>
/// A request in no protocol's words: four readers and four writers meet here instead of twelve translators. Only calls
/// that cross protocols, or are continued, go through it; the rest stay bytes. Numbers and JSON stay as they were written.
/// </summary>
public sealed record Conversation
{
    /// <summary>Whose words it came in.</summary>
    public required WireProtocol Origin { get; init; }

    /// <summary>The model the client named.</summary>
    public required string Model { get; init; }

    /// <summary>What stands before the conversation.</summary>
    public IReadOnlyList<TextPart> System { get; init; } = [];

    /// <summary>The conversation, as it came; a writer puts it into the order that its target asks for.</summary>
    public IReadOnlyList<Turn> Turns { get; init; } = [];

    /// <summary>The tools.</summary>
    public IReadOnlyList<ToolSpec> Tools { get; init; } = [];

    /// <summary>Which tool is to be called; null where the client did not say.</summary>
    public ToolChoice? ToolChoice { get; init; }

    /// <summary>Whether several calls in one answer are allowed; null where the client did not say.</summary>
    public bool? ParallelTools { get; init; }

    /// <summary>How to sample.</summary>
    public Sampling Sampling { get; init; } = Sampling.None;

    /// <summary>The most tokens to generate; null where the client did not say.</summary>
    public long? MaxOutput { get; init; }

    /// <summary>How much to reason; null where the client did not say.</summary>
    public ReasoningWish? Reasoning { get; init; }

    /// <summary>The form the answer must have; null for free text.</summary>
    public OutputForm? Output { get; init; }

    /// <summary>Whether to stream.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether a streaming Chat client asked for the usage chunk. The other protocols always tell usage.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>The client's name for its own user.</summary>
    public string? UserId { get; init; }

    /// <summary>How many answers are wanted. More than one exists only in Chat and Gemini.</summary>
    public long Answers { get; init; } = 1;

    /// <summary>Top-level fields that no other protocol has, as JSON: written back to the protocol they came from.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Extras { get; init; } = [];

    /// <summary>What the reader could not keep.</summary>
    public IReadOnlyList<string> Losses { get; init; } = [];

    /// <summary>
    /// The same request, asking to go on from a partial answer.
    /// </summary>
    /// <param name="partial">What the client has: text, whole tool calls. Reasoning and half calls are left out.</param>
    /// <param name="prefill">Whether the target goes on from a trailing assistant turn (<see cref="TargetProfile.Prefill"/>).</param>
    public Conversation ContinueFrom(IReadOnlyList<Part> partial, bool prefill) => Continuation.Of(this, partial, prefill);
}

/// <summary>One turn.</summary>
/// <param name="Role">Whose.</param>
/// <param name="Parts">In order.</param>
public sealed record Turn(TurnRole Role, IReadOnlyList<Part> Parts);

/// <summary>Whose turn it is.</summary>
public enum TurnRole
{
    /// <summary>The user's, or a tool's result.</summary>
    User,

    /// <summary>The model's.</summary>
    Assistant,

    /// <summary>An instruction in the middle of the conversation.</summary>
    System,
}

/// <summary>How to sample. Numbers are JSON text, so that nothing is rounded; null where the client did not say.</summary>
public sealed record Sampling
{
    /// <summary>Nothing said.</summary>
    public static Sampling None { get; } = new();

    /// <summary>Temperature.</summary>
    public string? Temperature { get; init; }

    /// <summary>Nucleus.</summary>
    public string? TopP { get; init; }

    /// <summary>The k best.</summary>
    public string? TopK { get; init; }

    /// <summary>Seed.</summary>
    public string? Seed { get; init; }

    /// <summary>Frequency penalty.</summary>
    public string? FrequencyPenalty { get; init; }

    /// <summary>Presence penalty.</summary>
    public string? PresencePenalty { get; init; }

    /// <summary>Texts that end the answer.</summary>
    public IReadOnlyList<string> StopSequences { get; init; } = [];
}

/// <summary>How much to reason.</summary>
/// <param name="Effort">How hard; null where only a budget was said.</param>
/// <param name="Budget">Tokens; null where only an effort was said.</param>
/// <param name="Adaptive">Whether the model is to decide by itself (Anthropic's <c>adaptive</c>).</param>
public sealed record ReasoningWish(ReasoningEffort? Effort, long? Budget, bool Adaptive)
{
    /// <summary>No reasoning at all.</summary>
    public static ReasoningWish Off { get; } = new(ReasoningEffort.None, null, false);

    /// <summary>Whether reasoning is to be off.</summary>
    public bool IsOff => Effort == ReasoningEffort.None && Budget is null;

    /// <summary>The effort that was said or that the budget amounts to. The thresholds are ours: no vendor gives any.</summary>
    public ReasoningEffort EffortOrEquivalent => Effort ?? Budget switch
    {
        null => ReasoningEffort.Medium,
        < 2_000 => ReasoningEffort.Low,
        < 8_000 => ReasoningEffort.Medium,
        < 24_000 => ReasoningEffort.High,
        _ => ReasoningEffort.XHigh,
    };
}

/// <summary>How hard to reason, over all vendors' words.</summary>
public enum ReasoningEffort
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>As little as can be.</summary>
    Minimal,

    /// <summary>Little.</summary>
    Low,

    /// <summary>Some.</summary>
    Medium,

    /// <summary>Much.</summary>
    High,

    /// <summary>Very much.</summary>
    XHigh,

    /// <summary>All there is.</summary>
    Max,
}

/// <summary>The form an answer must have.</summary>
/// <param name="Schema">A JSON schema; null for "any JSON".</param>
/// <param name="Name">Its name, where it has one.</param>
/// <param name="Description">What it is for, where that is said.</param>
/// <param name="Strict">Whether the vendor is to enforce it to the letter; null where the client did not say.</param>
public sealed record OutputForm(string? Schema, string? Name, string? Description, bool? Strict);
