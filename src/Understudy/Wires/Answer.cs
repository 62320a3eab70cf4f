namespace Understudy.Wires;

/// <summary>A whole answer in no protocol's words.</summary>
public sealed record Answer
{
    /// <summary>The upstream's id, where it gave one.</summary>
    public string? Id { get; init; }

    /// <summary>The upstream's name of the model, where it gave one.</summary>
    public string? Model { get; init; }

    /// <summary>What it says, in order.</summary>
    public IReadOnlyList<Part> Parts { get; init; } = [];

    /// <summary>Why it ended.</summary>
    public FinishReason Finish { get; init; }

    /// <summary>Which stop sequence was hit, where the protocol tells.</summary>
    public string? StopSequence { get; init; }

    /// <summary>What it took.</summary>
    public Usage Usage { get; init; }
}

/// <summary>What an answer shows of us rather than of the upstream.</summary>
public sealed record AnswerContext
{
    /// <summary>The model's name as the client asked for it: cost tools key on it.</summary>
    public required string Model { get; init; }

    /// <summary>The answer's id, in the client's protocol's form (<c>msg_…</c>, <c>chatcmpl-…</c>).</summary>
    public required string MessageId { get; init; }

    /// <summary>When it was made, in Unix seconds. A whole number: OpenAI's .NET library throws on a float.</summary>
    public required long Created { get; init; }

    /// <summary>Whether the client wants to see reasoning. Unseen reasoning is dropped, its tokens are counted.</summary>
    public bool ShowThinking { get; init; }

    /// <summary>Whether a streaming Chat client asked for the usage chunk.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>A guess of the prompt's tokens, for Anthropic's opening event, which comes before the truth is known.</summary>
    public long InputEstimate { get; init; }

    /// <summary>Whether what the writer is told of usage is all there is, zeros included: no model ran. Default false: zeros are estimated.</summary>
    public bool UsageIsExact { get; init; }

    /// <summary>Whether tool calls go out only when they are whole, so that a cut inside one leaves no trace.</summary>
    public bool HoldToolCalls { get; init; }

    /// <summary>The client's tool names by the names that the upstream was given; see <see cref="WrittenRequest.ToolNames"/>.</summary>
    public IReadOnlyDictionary<string, string>? ToolNames { get; init; }

    /// <summary>The client's tools: a Responses client's free-text tools are called in their own way.</summary>
    public IReadOnlyList<ToolSpec>? Tools { get; init; }

    /// <summary>The client's tool; null where it is not known.</summary>
    internal ToolSpec? Tool(string name) => Tools?.FirstOrDefault(tool => tool.Name == name);

    /// <summary>The client's name of a tool.</summary>
    internal string ToolName(string upstream) => ToolNames is not null && ToolNames.TryGetValue(upstream, out var name) ? name : upstream;
}

/// <summary>What a quick look at a whole answer found.</summary>
/// <param name="State">Whether it can be given to the client.</param>
/// <param name="Usage">What it took.</param>
/// <param name="Finish">Why it ended; null where it does not say.</param>
/// <param name="Error">What went wrong, for <see cref="AnswerState.Failed"/>.</param>
public readonly record struct AnswerCheck(AnswerState State, Usage Usage, FinishReason? Finish, UpstreamError? Error);

/// <summary>Whether an answer with status 200 is one.</summary>
public enum AnswerState
{
    /// <summary>It is.</summary>
    Good,

    /// <summary>It says nothing: neither text nor a call. A refusal without words is one too: ask <see cref="AnswerCheck.Finish"/>.</summary>
    Empty,

    /// <summary>An error in a 200.</summary>
    Failed,

    /// <summary>Not what the protocol says: no JSON, another object, half a tool call.</summary>
    Garbage,
}

/// <summary>What became of a request.</summary>
/// <param name="Refusal">Why the target can't take it, in a few words without content; null where it was written.</param>
/// <param name="Losses">What the target's protocol or model could not be told.</param>
/// <param name="ToolNames">The client's tool names by those that were written, where they differ.</param>
public sealed record WrittenRequest(string? Refusal, IReadOnlyList<string> Losses, IReadOnlyDictionary<string, string>? ToolNames)
{
    /// <summary>Whether the request was written.</summary>
    public bool IsWritten => Refusal is null;

    internal static WrittenRequest NotAble(string reason) => new(reason, [], null);
}
