using Understudy.Calls;

namespace Understudy.Wires;

/// <summary>
/// Ends an answer at the caller's stop sequence where the target knows none: the text before it goes out, the end says
/// which one it was, and nothing that comes after gets through.
/// </summary>
/// <param name="stops">The caller's stop sequences.</param>
/// <param name="next">Hears the answer.</param>
public sealed class StopCut(IReadOnlyList<string> stops, IAnswerEvents next) : AnswerFilter(next)
{
    private string _held = "";

    /// <summary>The stop sequences that a target must be helped with; none where it heeds all of them itself.</summary>
    /// <param name="conversation">The caller's request.</param>
    /// <param name="protocol">What is spoken with the target.</param>
    /// <param name="model">The target's model.</param>
    public static IReadOnlyList<string> NeededFor(Conversation conversation, WireProtocol protocol, string model)
    {
        var stops = conversation.Sampling.StopSequences;
        if (stops.Count == 0) return stops;
        var heeds = protocol switch
        {
            WireProtocol.AnthropicMessages => int.MaxValue,
            WireProtocol.OpenAIChat => TargetProfile.For(protocol, model).StopSequences ? 4 : 0,
            WireProtocol.OpenAIResponses => 0,
            WireProtocol.Gemini => 5,
            WireProtocol.InProcess => throw WireProtocols.NotAProviders(protocol),
        };
        return stops.Count <= heeds ? [] : [.. stops.Where(stop => stop.Length > 0)];
    }

    /// <summary>The same of a whole answer.</summary>
    public static Answer Of(Answer answer, IReadOnlyList<string> stops)
    {
        var collected = new AnswerCollector();
        var filter = new StopCut(stops, collected);
        var before = new List<Part>();
        foreach (var part in answer.Parts)
        {
            if (part is not TextPart text)
            {
                before.Add(part);
                continue;
            }

            filter.Text(text.Text);
            if (filter.IsOver) return answer with { Parts = [.. before, .. collected.Parts()], Finish = FinishReason.StopSequence, StopSequence = collected.ToAnswer().StopSequence };
            filter.Release();
            collected = new();
            filter = new(stops, collected);
            before.Add(part);
        }

        return answer;
    }

    /// <inheritdoc/>
    public override void Text(string delta)
    {
        if (IsOver) return;
        var text = _held + delta;
        _held = "";
        if (First(text) is ( >= 0 and var at, { } stop))
        {
            if (at > 0) Next.Text(text[..at]);
            IsOver = true;
            Next.Finish(FinishReason.StopSequence, stop, default);
            return;
        }

        var hold = stops.Max(one => BeginningOf(one, text));
        if (hold < text.Length) Next.Text(text[..^hold]);
        _held = text[^hold..];
    }

    private protected override void Release()
    {
        if (_held.Length > 0) Next.Text(_held);
        _held = "";
    }

    private (int At, string? Stop) First(string text)
    {
        var first = (At: -1, Stop: (string?)null);
        foreach (var stop in stops)
        {
            var at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (first.At < 0 || at < first.At)) first = (at, stop);
        }

        return first;
    }
}
