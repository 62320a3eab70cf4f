namespace Understudy.Simulator.Answers;

/// <summary>Who said a part of a conversation.</summary>
internal enum Speaker
{
    User,
    Assistant,
    ToolResult,
}

/// <summary>One text of a conversation, whatever the wire it came over. System texts are not among them.</summary>
internal readonly record struct Utterance(Speaker Speaker, string Text);
