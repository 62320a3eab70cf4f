namespace Understudy.Wires;

/// <summary>Stands between a reader and its listener, and changes what has to be changed; the base changes nothing.</summary>
/// <param name="next">Hears the answer.</param>
public abstract class AnswerFilter(IAnswerEvents next) : IAnswerEvents
{
    private protected IAnswerEvents Next => next;

    /// <inheritdoc/>
    public void Start(string? id, string? model) => next.Start(id, model);

    /// <inheritdoc/>
    public abstract void Text(string delta);

    /// <inheritdoc/>
    public void Thinking(string delta)
    {
        if (!IsOver) next.Thinking(delta);
    }

    /// <inheritdoc/>
    public void ThinkingSignature(string signature)
    {
        if (!IsOver) next.ThinkingSignature(signature);
    }

    /// <inheritdoc/>
    public void RedactedThinking(string data)
    {
        if (!IsOver) next.RedactedThinking(data);
    }

    /// <inheritdoc/>
    public void BlockEnd()
    {
        if (IsOver) return;
        Release();
        next.BlockEnd();
    }

    /// <inheritdoc/>
    public void ToolCall(int call, string id, string name)
    {
        if (IsOver) return;
        Release();
        next.ToolCall(call, id, name);
    }

    /// <inheritdoc/>
    public void ToolArguments(int call, string delta)
    {
        if (!IsOver) next.ToolArguments(call, delta);
    }

    /// <inheritdoc/>
    public void ToolCallEnd(int call)
    {
        if (!IsOver) next.ToolCallEnd(call);
    }

    /// <inheritdoc/>
    public void Refusal(string delta)
    {
        if (!IsOver) next.Refusal(delta);
    }

    /// <inheritdoc/>
    public void Finish(FinishReason reason, string? stopSequence, Usage usage)
    {
        if (IsOver) return;
        Release();
        next.Finish(reason, stopSequence, usage);
    }

    /// <summary>Whether it has ended the answer itself: nothing gets through any more.</summary>
    public bool IsOver { get; private protected set; }

    /// <summary>No more text comes, or not for now: what was held back goes out.</summary>
    private protected abstract void Release();

    /// <summary>How many characters at the end of a text could be the beginning of <paramref name="wanted"/>.</summary>
    private protected static int BeginningOf(string wanted, ReadOnlySpan<char> text)
    {
        for (var length = Math.Min(wanted.Length - 1, text.Length); length > 0; length--)
        {
            if (text[^length..].SequenceEqual(wanted.AsSpan(0, length))) return length;
        }

        return 0;
    }
}
