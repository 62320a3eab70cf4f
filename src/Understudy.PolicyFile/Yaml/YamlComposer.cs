using Understudy.PolicyFile.Reading;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using Mark = Understudy.PolicyFile.Reading.Mark;

namespace Understudy.PolicyFile.Yaml;

/// <summary>
/// Makes a tree out of the parser's events. YamlDotNet's own representation model stops at the first duplicate key and
/// resolves aliases without a bound; a reader that tells everything at once needs neither.
/// </summary>
internal sealed class YamlComposer(MistakeList mistakes, ReferenceBraces braces)
{
    // Anchors that double at each level ("billion laughs") must not cost more than a long honest file.
    private const int MostNodes = 20_000;
    private const int DeepestNesting = 32;

    private readonly Dictionary<string, (YamlTree Node, int Size)> _anchors = new(StringComparer.Ordinal);
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private int _nodes;

    /// <summary>The tree; null where the file is empty or the syntax is broken (then a mistake says so).</summary>
    public static YamlTree? Compose(string text, MistakeList mistakes)
    {
        var braces = ReferenceBraces.For(text);
        var parser = new Parser(new StringReader(braces.Hide(text)));
        try
        {
            return new YamlComposer(mistakes, braces).Document(parser);
        }
        catch (YamlException broken)
        {
            ReportSyntax(text, At(broken.Start), braces.Show(broken.Message), mistakes);
        }
        catch (InvalidOperationException)
        {
            // YamlDotNet 16.3 throws this, without a place, for some unfinished flow collections.
            ReportSyntax(text, parser.Current is { } last ? At(last.Start) : Mark.Nowhere, "A '{' or '[' near here is not closed, or a ':' is misplaced", mistakes);
        }
        return null;
    }

    private YamlTree? Document(Parser parser)
    {
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _)) return null;
        var root = Node(parser, depth: 0);
        parser.Consume<DocumentEnd>();
        if (parser.TryConsume<DocumentStart>(out var second))
            mistakes.Add(At(second.Start), "a second document starts here", "one file is one policy: remove the '---' or use two files");
        return root;
    }

    private YamlTree Node(Parser parser, int depth)
    {
        _nodes++;
        if (parser.TryConsume<AnchorAlias>(out var alias)) return Alias(alias);
        var at = At(parser.Current!.Start);
        var name = (parser.Current as NodeEvent)?.Anchor is { IsEmpty: false } anchor ? anchor.Value : null;
        if (name is not null) _open.Add(name);
        var before = _nodes;
        var node = depth > DeepestNesting ? TooDeep(parser, at) : Content(parser, at, depth);
        if (name is not null)
        {
            _open.Remove(name);
            _anchors[name] = (node, _nodes - before + 1);
        }
        return node;
    }

    private YamlTree Content(Parser parser, Mark at, int depth)
    {
        if (parser.TryConsume<Scalar>(out var scalar))
            return new YamlText(at, braces.Show(scalar.Value), scalar.Style != ScalarStyle.Plain);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<YamlTree>();
            while (!parser.TryConsume<SequenceEnd>(out _)) items.Add(Node(parser, depth + 1));
            return new YamlList(at, items);
        }
        parser.Consume<MappingStart>();
        var entries = new List<YamlEntry>();
        var merged = new List<YamlEntry>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = Node(parser, depth + 1);
            var value = Node(parser, depth + 1);
            if (key is YamlText { Text: "<<", Quoted: false }) merged.AddRange(Merged(key.At, value));
            else if (key is YamlText text) entries.Add(new YamlEntry(text, value));
            else if (key is not YamlBroken) mistakes.Add(key.At, "a key must be a word", "this one is a list or a mapping");
        }
        // What is written here wins over what is merged in; that is what merging is for.
        entries.AddRange(merged.Where(entry => !entries.Exists(own => own.Key.Text == entry.Key.Text)).DistinctBy(entry => entry.Key.Text));
        return new YamlMap(at, entries);
    }

    private IEnumerable<YamlEntry> Merged(Mark at, YamlTree value)
    {
        switch (value)
        {
            case YamlMap map:
                return map.Entries;
            case YamlList list when list.Items.All(item => item is YamlMap):
                return list.Items.Cast<YamlMap>().SelectMany(map => map.Entries);
            case YamlBroken:
                return [];
            default:
                mistakes.Add(at, "'<<' merges mappings only", "as in '<<: *name'");
                return [];
        }
    }

    private YamlTree Alias(AnchorAlias alias)
    {
        var at = At(alias.Start);
        var name = alias.Value.Value;
        if (_open.Contains(name))
        {
            mistakes.Add(at, $"'*{name}' stands inside what '&{name}' names", "the file would have no end");
            return new YamlBroken(at);
        }
        if (!_anchors.TryGetValue(name, out var anchored))
        {
            mistakes.Add(at, $"'*{name}' refers to nothing", $"no '&{name}' stands above it (text that starts with '*' needs quotes)", Nearest.To(name, _anchors.Keys));
            return new YamlBroken(at);
        }
        if (_nodes + anchored.Size > MostNodes)
        {
            mistakes.Add(at, $"'*{name}' makes the file too large", $"with its aliases written out it has more than {MostNodes} values");
            return new YamlBroken(at);
        }
        _nodes += anchored.Size;
        // The place is the alias's: that is where the reader of the message has to look.
        return anchored.Node with { At = at };
    }

    private YamlBroken TooDeep(Parser parser, Mark at)
    {
        parser.SkipThisAndNestedEvents();
        mistakes.Add(at, "nested too deep", $"at most {DeepestNesting} levels are read");
        return new YamlBroken(at);
    }

    private static void ReportSyntax(string text, Mark at, string message, MistakeList mistakes)
    {
        var tabs = text.Split('\n').Index()
            .Where(line => line.Item.AsSpan()[..^line.Item.AsSpan().TrimStart().Length].Contains('\t'))
            .Select(line => new Mark(line.Index + 1, line.Item.IndexOf('\t', StringComparison.Ordinal) + 1)).ToList();
        foreach (var tab in tabs) mistakes.Add(tab, "a tab in the indentation", "YAML indents with spaces");
        if (tabs.Count == 0) mistakes.Add(at, $"not YAML: {Tidy(message)}", "the file could not be read beyond this place");
    }

    private static string Tidy(string message) => message.Length == 0 ? message : char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('.');

    private static Mark At(YamlDotNet.Core.Mark mark) => new((int)mark.Line, (int)mark.Column);
}
