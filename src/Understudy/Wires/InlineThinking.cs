namespace Understudy.Wires;

/// <summary>
/// Reasoning that a server leaves in the text, between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c> at its beginning, becomes
/// reasoning: DeepSeek R1, QwQ, Qwen and Magistral behind servers without a parser for it. Any other text passes as it is.
/// </summary>
/// <param name="next">Hears the answer.</param>
public sealed class InlineThinking(IAnswerEvents next) : AnswerFilter(next)
{
    private const string Opening = "<think>", Closing = "</think>";

    /// <summary>White space before the mark, beyond which there will be none.</summary>
    private const int MostBlanks = 16;

    private Place _place;
    private string _held = "";

    /// <summary>Whether a model may do so: OpenAI's own have a field for it, and never do.</summary>
    public static bool MayBeBy(string model) =>
        !model.StartsWith("gpt-", StringComparison.OrdinalIgnoreCase) && !model.StartsWith("chatgpt", StringComparison.OrdinalIgnoreCase)
        && model is not (['o' or 'O', >= '1' and <= '9', ..]);

    /// <summary>The same of a whole answer.</summary>
    public static Answer Of(Answer answer)
    {
        if (answer.Parts.FirstOrDefault(part => part is TextPart) is not TextPart { Text: var text } first || !text.AsSpan().TrimStart().StartsWith(Opening)) return answer;
        var collected = new AnswerCollector();
        var filter = new InlineThinking(collected);
        filter.Text(text);
        filter.Release();
        return answer with { Parts = [.. answer.Parts.SelectMany(part => ReferenceEquals(part, first) ? collected.Parts() : [part])] };
    }

    /// <inheritdoc/>
    public override void Text(string delta)
    {
        switch (_place)
        {
            case Place.Beginning: Begin(_held + delta); break;
            case Place.Inside: Think(_held + delta); break;
            case Place.Behind: Behind(delta); break;
            case Place.Plain: Next.Text(delta); break;
        }
    }

    private protected override void Release()
    {
        var held = _held;
        _held = "";
        if (_place == Place.Beginning)
        {
            _place = Place.Plain; // a mark after something else is none
            if (held.Length > 0) Next.Text(held);
        }
        else if (_place == Place.Inside && held.Length > 0)
        {
            Next.Thinking(held);
        }
    }

    private void Begin(string text)
    {
        var said = text.AsSpan().TrimStart();
        if (said.StartsWith(Opening))
        {
            (_place, _held) = (Place.Inside, "");
            Think(said[Opening.Length..].ToString());
        }
        else if (Opening.AsSpan().StartsWith(said) && text.Length - said.Length <= MostBlanks)
        {
            _held = text; // not enough to know
        }
        else
        {
            (_place, _held) = (Place.Plain, "");
            Next.Text(text);
        }
    }

    private void Think(string text)
    {
        var end = text.IndexOf(Closing, StringComparison.Ordinal);
        var thought = end >= 0 ? text[..end] : text[..^BeginningOf(Closing, text)];
        _held = end >= 0 ? "" : text[thought.Length..];
        if (thought.Length > 0) Next.Thinking(thought);
        if (end < 0) return;
        _place = Place.Behind;
        Behind(text[(end + Closing.Length)..]);
    }

    /// <summary>The blank lines between the thought and the text belong to neither.</summary>
    private void Behind(string text)
    {
        var said = text.TrimStart();
        if (said.Length == 0) return;
        _place = Place.Plain;
        Next.Text(said);
    }

    private enum Place
    {
        Beginning,
        Inside,
        Behind,
        Plain,
    }
}
