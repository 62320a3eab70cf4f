namespace Understudy.Wires;

/// <summary>
/// An answer as it comes, in canonical events. A stream reader calls these, a stream writer of another protocol or a
/// collector listens: N readers and M writers instead of N × M translations.
/// </summary>
/// <remarks>
/// Order: <see cref="Start"/> once, then any of the others, then <see cref="Finish"/> once. Tool calls may be announced
/// while an earlier one is still receiving arguments (OpenAI allows it); <c>call</c> is the reader's own running number.
/// </remarks>
public interface IAnswerEvents
{
    /// <summary>The answer begins.</summary>
    /// <param name="id">The upstream's id, where it gave one.</param>
    /// <param name="model">The upstream's name of the model, where it gave one.</param>
    void Start(string? id, string? model);

    /// <summary>A piece of visible text.</summary>
    void Text(string delta);

    /// <summary>A piece of visible reasoning.</summary>
    void Thinking(string delta);

    /// <summary>The opaque mark that binds the reasoning so far to its maker. Ends that piece of reasoning.</summary>
    /// <param name="signature">A Claude's as it is; any other maker's under our own mark, see <see cref="GatewaySignature"/>.</param>
    void ThinkingSignature(string signature);

    /// <summary>Reasoning that only its maker can read.</summary>
    void RedactedThinking(string data);

    /// <summary>
    /// The block of text or reasoning so far is closed, where the protocol says so. What comes next is another block: who
    /// goes on with a cut answer must know whether the client's is still open.
    /// </summary>
    void BlockEnd();

    /// <summary>A tool call begins.</summary>
    void ToolCall(int call, string id, string name);

    /// <summary>A piece of a tool call's arguments: JSON text.</summary>
    void ToolArguments(int call, string delta);

    /// <summary>A tool call is whole.</summary>
    void ToolCallEnd(int call);

    /// <summary>A refusal in words, where the protocol keeps it apart from text.</summary>
    void Refusal(string delta);

    /// <summary>The answer ends.</summary>
    void Finish(FinishReason reason, string? stopSequence, Usage usage);
}

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>The model was done.</summary>
    Stop,

    /// <summary>A stop sequence of the caller was hit.</summary>
    StopSequence,

    /// <summary>The token limit was hit.</summary>
    Length,

    /// <summary>The caller is to run tools.</summary>
    ToolUse,

    /// <summary>Refused or filtered.</summary>
    Refusal,

    /// <summary>A server tool paused the turn (Anthropic's <c>pause_turn</c>).</summary>
    Pause,
}
