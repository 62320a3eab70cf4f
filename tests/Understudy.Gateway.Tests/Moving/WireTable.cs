using System.Text;
using Understudy.Calls;

namespace Understudy.Gateway.Tests.Moving;

/// <summary>The table as the docs show it.</summary>
internal sealed class WireTable
{
    private const string Prose =
        """
        # What survives a move

        *Written by `WireTableTests` from a run of each cell; the test fails where this page and the gateway differ. To write it
        anew: `UNDERSTUDY_UPDATE_GOLDEN=1`, run the test, and read the diff.*

        Rows are what the client speaks, columns what is asked of the model. In a cell, one mark for each way of getting there:

        1. **whole**: the target serves the call alone, streamed and not;
        2. **moved**: the client's own vendor serves the first turn, the target the next with the whole history, and the
           client's own vendor takes the history back for the third;
        3. **cut**: the client's own vendor breaks off in the stream, in three ways at four places, and the target goes on.

        ✓ is all of it: the exact text, whole calls of tools, the picture in the target's request, a document that fits its
        schema, the closing event of the client's protocol, and, of a whole answer, the thoughts that were asked for. A number
        is a hole, named below the tables: the client gets less than it asked for. Nothing in these tables is a part of an
        answer that was shown as a whole one: that fails the test.

        Vendors are simulated: they refuse what the real ones are known to refuse, and say nothing about how well a real model
        goes on with another's words.

        """;

    private readonly Dictionary<WireProtocol, SortedDictionary<int, Dictionary<string, string>>> _rows = [];
    private readonly List<string> _holes = [];

    public void Add(WireProtocol client, WireProtocol target, string feature, params string?[] findings)
    {
        if (!_rows.TryGetValue(client, out var targets)) _rows[client] = targets = [];
        if (!targets.TryGetValue((int)target, out var cells)) targets[(int)target] = cells = [];
        cells[feature] = string.Join(' ', findings.Select(Mark));
    }

    public override string ToString()
    {
        var page = new StringBuilder(Prose);
        foreach (var (client, targets) in _rows)
        {
            var features = targets.Values.First().Keys.ToArray();
            page.Append($"\n## A client of {Name(client)}\n\n| target | {string.Join(" | ", features)} |\n| --- |{string.Concat(features.Select(_ => " --- |"))}\n");
            foreach (var (target, cells) in targets) page.Append($"| {Name((WireProtocol)target)} | {string.Join(" | ", features.Select(feature => cells[feature]))} |\n");
        }

        page.Append("\n## Holes\n\n");
        if (_holes.Count == 0) page.Append("None.\n");
        foreach (var (i, hole) in _holes.Index()) page.Append($"{i + 1}. {hole}.\n");
        return page.ToString().ReplaceLineEndings("\n");
    }

    private string Mark(string? finding)
    {
        if (finding is null) return "✓";
        var at = _holes.IndexOf(finding);
        if (at < 0)
        {
            at = _holes.Count;
            _holes.Add(finding);
        }

        return $"[{at + 1}](#holes)";
    }

    private static string Name(WireProtocol protocol) => protocol switch
    {
        WireProtocol.AnthropicMessages => "Anthropic Messages",
        WireProtocol.OpenAIChat => "OpenAI Chat Completions",
        WireProtocol.OpenAIResponses => "OpenAI Responses",
        WireProtocol.InProcess => throw new ArgumentOutOfRangeException(nameof(protocol)),
        WireProtocol.Gemini => "Gemini",
    };
}
