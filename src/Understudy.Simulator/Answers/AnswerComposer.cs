using System.Text.Json;

namespace Understudy.Simulator.Answers;

/// <summary>The model itself: from what is asked to what is said, the same for every vendor.</summary>
internal sealed class AnswerComposer(ulong seed)
{
    private const int StutterLimit = 4096;

    public Answer Compose(ModelCall call, Manner manner, IdSource ids)
    {
        if (manner.Kind == MannerKind.Silent) return new Answer([], StopKind.End);

        var question = Question.Read(call.Utterances, prompt => Wholes(call, prompt));
        var parts = new List<AnswerPart>();
        if (call.Thinks && question.AlreadySaid is null) parts.Add(new ThinkingPart(AnswerText.Pieces(ThinkingText(question.Prompt))));

        // Whoever goes on with words that were to explain a call still owes the call.
        var tools = question.AlreadySaid is null || ToolCalling.ExplainsFirst(question) ? ToolCalling.Choose(call, question) : [];
        string? hitStop = null;
        if (tools.Count == 0)
        {
            var text = CutAtStop(Text(call, question, manner), call.StopSequences, out hitStop);
            if (text.Length > 0) parts.Add(new TextPart(Stutter(IsDocument(call, question) ? Slices(text) : AnswerText.Pieces(text), manner)));
        }
        else
        {
            var explanation = !ToolCalling.ExplainsFirst(question) ? "" : question.AlreadySaid is null ? AnswerText.For(question.Prompt, seed) : Text(call, question, manner);
            if (explanation.Length > 0) parts.Add(new TextPart(AnswerText.Pieces(explanation)));
            var words = question.LastUserText.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            for (var i = 0; i < tools.Count; i++)
            {
                var chance = new SimulatorChance(SimulatorChance.SeedOf(question.Prompt, seed + (ulong)i + 1));
                parts.Add(new ToolPart(ids.Next(22), tools[i], Slices(Arguments(tools[i], chance, words, i))));
            }
        }

        var stop = tools.Count > 0 ? StopKind.ToolUse : hitStop is null ? StopKind.End : StopKind.StopSequence;
        return Limit(new Answer(parts, stop, hitStop), call.MaxTokens);
    }

    /// <summary>The reasoning before an answer; short, so that a stream has some of everything.</summary>
    private string ThinkingText(string prompt) =>
        string.Concat(AnswerText.Pieces(AnswerText.For("thinking about: " + prompt, seed)).Take(12));

    private string Text(ModelCall call, Question question, Manner manner)
    {
        // Under a schema that the vendor enforces a model can write nothing but a document from its first brace on.
        if (IsJson(call)) return Document(call.OutputSchema, question.Prompt);
        if (question is not { AlreadySaid: { } said, Whole: { } whole }) return Wholes(call, question.Prompt).First();
        var rest = Question.Remainder(whole, said)!;
        return manner.Kind switch
        {
            MannerKind.Overlap => LastWords(whole[..^rest.Length], manner.Count) + rest,
            MannerKind.Restart => whole,
            MannerKind.Apology => "I apologize for the interruption. Here is the rest:" + rest,
            MannerKind.Good or MannerKind.Repeat or MannerKind.Silent => rest,
        };
    }

    /// <summary>What a whole answer may be, the likeliest first.</summary>
    private IEnumerable<string> Wholes(ModelCall call, string prompt)
    {
        if (IsJson(call)) yield return Document(call.OutputSchema, prompt);
        if (call.ToldSchema.ValueKind == JsonValueKind.Object) yield return Document(call.ToldSchema, prompt);
        yield return AnswerText.For(prompt, seed);
        yield return Document(default, prompt);
    }

    private static bool IsJson(ModelCall call) => call.AnyJson || call.OutputSchema.ValueKind == JsonValueKind.Object;

    private static bool IsDocument(ModelCall call, Question question) =>
        IsJson(call) || call.ToldSchema.ValueKind == JsonValueKind.Object || question.Whole is ['{', ..];

    private string Document(JsonElement schema, string prompt)
    {
        var words = AnswerText.For(prompt, seed).Split(' ');
        return schema.ValueKind == JsonValueKind.Object
            ? new SchemaFiller(new SimulatorChance(SimulatorChance.SeedOf(prompt, seed)), words).Fill(schema)
            : $$"""{"answer":"{{words[0]}} {{words[1]}}"}""";
    }

    private static string LastWords(string said, int count)
    {
        var at = said.Length;
        for (var i = 0; i < count && at > 0; i++) at = Math.Max(0, said.LastIndexOf(' ', at - 1));
        return said[at..];
    }

    private static string Arguments(OfferedTool tool, SimulatorChance chance, IReadOnlyList<string> words, int call)
    {
        if (tool.FreeText) return string.Join(' ', words);
        return new SchemaFiller(chance, [.. words.Skip(call), .. words.Take(call)]).Fill(tool.Schema);
    }

    private static List<string> Slices(string text)
    {
        const int Size = 9;
        var slices = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var length = Math.Min(Size, text.Length - at);
            if (at + length < text.Length && char.IsHighSurrogate(text[at + length - 1])) length++;
            slices.Add(text.Substring(at, length));
            at += length;
        }

        return slices;
    }

    private static IReadOnlyList<string> Stutter(IReadOnlyList<string> pieces, Manner manner)
    {
        if (manner.Kind != MannerKind.Repeat) return pieces;
        var before = Math.Clamp(manner.Count, 1, pieces.Count);
        return [.. pieces.Take(before), .. Enumerable.Repeat(pieces[before - 1], StutterLimit)];
    }

    private static string CutAtStop(string text, IReadOnlyList<string> stops, out string? hit)
    {
        var first = text.Length;
        hit = null;
        foreach (var stop in stops)
        {
            var at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at < 0 || at >= first) continue;
            first = at;
            hit = stop;
        }

        return text[..first];
    }

    private static Answer Limit(Answer answer, int maxTokens)
    {
        if (answer.Tokens <= maxTokens) return answer;
        var parts = new List<AnswerPart>();
        var left = maxTokens;
        foreach (var part in answer.Parts)
        {
            if (left == 0) break;
            var taken = Math.Min(left, part.Pieces.Count);
            parts.Add(part with { Pieces = [.. part.Pieces.Take(taken)] });
            left -= taken;
        }

        return new Answer(parts, StopKind.MaxTokens);
    }
}
