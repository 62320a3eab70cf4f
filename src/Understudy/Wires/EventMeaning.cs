namespace Understudy.Wires;

/// <summary>What one event of a provider's stream means to the engine. Flags, for a chunk may be several things at once.</summary>
[Flags]
public enum EventMeaning
{
    /// <summary>Nothing: a ping, a comment, an unknown event. Not progress.</summary>
    None = 0,

    /// <summary>
    /// Structure without content (<c>message_start</c>, a role-only delta, an empty block start, a signature, the <c>done</c>
    /// events that repeat their deltas): held back until content comes, for a client that has half of it could neither be
    /// given to another target nor be continued.
    /// </summary>
    Opening = 1,

    /// <summary>Content that a person or a program can use: text, thinking, a piece of a tool call. This is progress, and the first one is the commit point.</summary>
    Content = 2,

    /// <summary>A tool call begins with this event: it and what follows are held until the call is whole.</summary>
    ToolBegins = 4,

    /// <summary>Every tool call begun so far is whole after this event.</summary>
    ToolEnds = 8,

    /// <summary>The stop reason has been said: the content is whole even if the closing event is lost.</summary>
    Finished = 16,

    /// <summary>The protocol's closing event.</summary>
    Closed = 32,

    /// <summary>An error told inside the stream; see <see cref="AnswerStreamReader.Error"/>.</summary>
    Failed = 64,

    /// <summary>Not what the protocol says.</summary>
    Garbage = 128,
}
