using System.Buffers;
using System.Text;
using System.Text.Json;
using Understudy.Calls;

namespace Understudy.Wires;

/// <summary>What a target asks of the order of a conversation.</summary>
internal sealed record HistoryRules
{
    /// <summary>The target's words.</summary>
    public required WireProtocol Protocol { get; init; }

    /// <summary>What an id must look like for the target.</summary>
    public required Func<string, string> ToolId { get; init; }

    /// <summary>Whose reasoning the target takes back; null for nobody's.</summary>
    public ReasoningMaker? Keeps { get; init; }

    /// <summary>Whether an instruction may stand in the middle.</summary>
    public bool SystemTurns { get; init; }

    /// <summary>Whether the first turn must be the user's.</summary>
    public bool UserFirst { get; init; } = true;
}

/// <summary>
/// Puts a conversation into the order that every strict target asks for: turns alternate; each call's result stands in
/// the very next user turn, first and in the order of the calls; nothing is empty; no reasoning but the target's own.
/// </summary>
internal static class History
{
    public static List<Turn> Arrange(Conversation conversation, HistoryRules rules, List<string> losses)
    {
        var turns = Merge(Clean(conversation.Turns, rules, losses));
        var arranged = new List<Turn>(turns.Count + 1);
        if (rules.UserFirst && turns is [{ Role: TurnRole.Assistant }, ..]) arranged.Add(new(TurnRole.User, [new TextPart("(start)")]));
        var ids = new IdMap(rules.ToolId);
        var waiting = new List<Turn>();
        IReadOnlyList<ToolCallPart> open = [];
        foreach (var turn in turns)
        {
            if (turn.Role == TurnRole.System)
            {
                // Nothing may stand between a call and its result.
                if (open.Count > 0) waiting.Add(turn);
                else arranged.Add(turn);
                continue;
            }

            var parts = turn.Role == TurnRole.User ? turn.Parts : [];
            if ((turn.Role == TurnRole.User || open.Count > 0) && Results(parts, open, ids, losses) is { Count: > 0 } results) arranged.Add(new(TurnRole.User, results));
            ids.NextTurn();
            open = [];
            arranged.AddRange(waiting);
            waiting.Clear();
            if (turn.Role == TurnRole.User) continue;
            var renamed = turn.Parts.Select(part => part is ToolCallPart call ? call with { Id = ids.Call(call.Id) } : part).ToList();
            open = [.. renamed.OfType<ToolCallPart>()];
            arranged.Add(turn with { Parts = renamed });
        }

        if (open.Count > 0) arranged.Add(new(TurnRole.User, Results([], open, ids, losses)));
        arranged.AddRange(waiting);
        return Merge(arranged);
    }

    private static IEnumerable<Turn> Clean(IReadOnlyList<Turn> turns, HistoryRules rules, List<string> losses)
    {
        foreach (var turn in turns)
        {
            var parts = new List<Part>(turn.Parts.Count);
            foreach (var part in turn.Parts)
            {
                switch (part)
                {
                    // "Text content blocks must be non-empty", and "must contain non-whitespace text".
                    case TextPart { Text: var text } when string.IsNullOrWhiteSpace(text): break;
                    case ThinkingPart thinking when thinking.Maker != rules.Keeps || thinking.Signature is null:
                    case RedactedThinkingPart redacted when redacted.Maker != rules.Keeps:
                        Note(losses, "reasoning of another model");
                        break;
                    case OpaquePart opaque when turn.Role == TurnRole.Assistant && opaque.Origin != rules.Protocol:
                        // A stand-in text would be taken for the model's own habit, and imitated.
                        Note(losses, $"block {opaque.Kind}");
                        break;
                    case RefusalPart refusal: parts.Add(new TextPart(refusal.Text)); break;
                    default: parts.Add(part); break;
                }
            }

            if (parts.Count == 0) continue;
            if (turn.Role == TurnRole.System && !rules.SystemTurns)
            {
                // Hoisting it would change what it applies to, and the prefix that a cache keys on.
                Note(losses, "instruction in mid-conversation (told as a note)");
                yield return new(TurnRole.User, [new TextPart($"<system>\n{string.Join("\n\n", parts.OfType<TextPart>().Select(part => part.Text))}\n</system>")]);
                continue;
            }

            yield return turn with { Parts = parts };
        }
    }

    private static List<Turn> Merge(IEnumerable<Turn> turns)
    {
        var merged = new List<Turn>();
        foreach (var turn in turns)
        {
            if (merged is [.., var last] && last.Role == turn.Role) merged[^1] = last with { Parts = [.. last.Parts, .. turn.Parts] };
            else merged.Add(turn);
        }

        return merged;
    }

    /// <summary>A user turn's parts with the results of <paramref name="open"/> first, complete and in order.</summary>
    private static List<Part> Results(IReadOnlyList<Part> parts, IReadOnlyList<ToolCallPart> open, IdMap ids, List<string> losses)
    {
        var found = new Dictionary<string, ToolResultPart>(StringComparer.Ordinal);
        var rest = new List<Part>();
        foreach (var part in parts)
        {
            if (part is not ToolResultPart result)
            {
                rest.Add(part);
            }
            else if (ids.Result(result.Id) is { } id)
            {
                found[id] = result with { Id = id };
            }
            else
            {
                // Its call is gone, cut off by the client's own compaction perhaps: refused everywhere as a result.
                Note(losses, "tool result without its call (told as text)");
                rest.AddRange(result.Content.Prepend(new TextPart("Result of an earlier tool call:")).Where(inner => inner is not TextPart { Text: "" }));
            }
        }

        var ordered = new List<Part>(open.Count + rest.Count);
        foreach (var call in open)
        {
            if (found.TryGetValue(call.Id, out var result))
            {
                ordered.Add(result);
                continue;
            }

            Note(losses, "tool call without a result (told as interrupted)");
            ordered.Add(new ToolResultPart(call.Id, [new TextPart("The tool was interrupted and gave no result.")], true));
        }

        ordered.AddRange(rest);
        return ordered;
    }

    /// <summary>A trailing assistant turn, for a target that does not go on from it.</summary>
    public static void TellPrefill(List<Turn> turns, List<string> losses)
    {
        Note(losses, "prefill (told as an instruction)");
        turns.Add(new(TurnRole.User, [new TextPart("Continue your text exactly where it ends above, without repeating any of it.")]));
    }

    internal static void Note(List<string> losses, string loss)
    {
        if (!losses.Contains(loss)) losses.Add(loss);
    }

    /// <summary>
    /// A call's arguments as a JSON object. Empty means none; what is not an object, or not JSON at all, is wrapped: it
    /// is history, and a target that needs an object would refuse the whole conversation.
    /// </summary>
    public static string ArgumentsObject(ToolCallPart call)
    {
        if (call.IsFreeText) return Wrapped("input", call.Arguments);
        if (string.IsNullOrWhiteSpace(call.Arguments)) return "{}";
        try
        {
            // By way of bytes, for a half surrogate pair would be an exception here and later.
            var json = Encoding.UTF8.GetBytes(call.Arguments);
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object ? Encoding.UTF8.GetString(json) : $"{{\"_raw\":{Encoding.UTF8.GetString(json)}}}";
        }
        catch (JsonException)
        {
            return Wrapped("_raw", call.Arguments);
        }
    }

    private static string Wrapped(string name, string text)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, JsonText.Writing))
        {
            json.WriteStartObject();
            json.WriteString(name, text);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Gives each call a target's id; the same one for its result, and never the same for two calls.</summary>
    private sealed class IdMap(Func<string, string> rule)
    {
        private readonly HashSet<string> _used = new(StringComparer.Ordinal);
        private readonly Dictionary<string, Queue<string>> _turn = new(StringComparer.Ordinal);

        public void NextTurn() => _turn.Clear();

        public string Call(string id)
        {
            var mapped = rule(id);
            // Servers that number their calls anew in every answer repeat ids; history only grows at its end, so
            // counting repetitions gives the same result in every turn.
            for (var again = 2; !_used.Add(mapped); again++) mapped = rule($"{id}#{again}");
            if (!_turn.TryGetValue(id, out var queue)) _turn[id] = queue = new();
            queue.Enqueue(mapped);
            return mapped;
        }

        /// <summary>The id for a result of the latest turn's calls; null where there is no such call.</summary>
        public string? Result(string id)
        {
            if (!_turn.TryGetValue(id, out var queue)) return null;
            return queue.Count > 1 ? queue.Dequeue() : queue.Peek();
        }
    }
}
