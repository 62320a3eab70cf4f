using Understudy.PolicyFile.Keys;
using Understudy.PolicyFile.Yaml;

namespace Understudy.PolicyFile.Reading;

/// <summary>Holds a tree against the table of keys: unknown and duplicate keys, wrong types, numbers out of range.</summary>
internal sealed class TableCheck(MistakeList mistakes, References references)
{
    private readonly ScalarCheck _scalars = new(mistakes, references);
    private readonly JsonCheck _json = new(mistakes, references);

    /// <summary>The mapping as a section; null where it is none (reported).</summary>
    public Section? Object(YamlTree tree, KeyShape shape)
    {
        switch (tree)
        {
            case YamlMap map:
                return Mapping(map, shape);
            case YamlText { IsNull: true }:
                return Mapping(new YamlMap(tree.At, []), shape);
            case YamlBroken:
                return null;
            default:
                mistakes.Add(tree.At, $"expected {Article(shape)}, found {Name(tree)}", $"write it as {ExampleOf(shape)}");
                return null;
        }
    }

    private Section Mapping(YamlMap map, KeyShape shape)
    {
        var section = new Section(shape, map.At);
        var seen = new Dictionary<string, Mark>(StringComparer.Ordinal);
        foreach (var (nameNode, value) in map.Entries)
        {
            var name = nameNode.Text;
            if (!seen.TryAdd(name, nameNode.At))
            {
                mistakes.Add(nameNode.At, $"'{name}' stands twice", $"it is already set in line {seen[name].Line}");
                continue;
            }
            if (shape.Find(name) is not { } key) ReportUnknown(nameNode, shape);
            else if (Field(key, nameNode.At, value) is { } field) section.Set(field);
        }
        foreach (var key in shape.Keys.Where(key => key.Required && !seen.ContainsKey(key.Name)))
        {
            // A misspelt key was reported where it stands; saying that it is missing as well would be the same mistake twice.
            if (seen.Keys.Any(name => shape.Find(name) is null && Suggestion(name, shape) == key.Name)) continue;
            mistakes.Add(map.At, $"{shape.Title} needs '{key.Name}'", key.Words.Count > 0 ? $"one of {string.Join(", ", key.Words)}" : key.Example is null ? null : $"as in '{key.Name}: {key.Example}'");
        }
        return section;
    }

    private Field? Field(Key key, Mark keyAt, YamlTree value)
    {
        if (value is YamlText { IsNull: true } && key.Kind is not KeyKind.Object)
        {
            // "clients:" with every line below it commented out is a common state of a file: the default holds.
            if (key.Kind is not (KeyKind.ObjectList or KeyKind.ObjectMap))
            {
                mistakes.Add(keyAt, $"'{key.Name}' has no value", "give it one, or remove the line for the default");
                return new Field(key.Name, keyAt, value.At, null, "");
            }
            return null;
        }
        var shown = value is YamlText text && key.Kind != KeyKind.Secret ? text.Text : "";
        return new Field(key.Name, keyAt, value.At, Value(key, value), shown);
    }

    private object? Value(Key key, YamlTree value) => key.Kind switch
    {
        KeyKind.Object => Object(value, key.Shape!),
        KeyKind.ObjectList => Items(key, value, item => Object(item, key.Shape!)),
        KeyKind.ObjectMap => Names(key, value),
        KeyKind.TextOrObject => value is YamlMap ? Object(value, key.Shape!) : _scalars.Value(key, value, key.Words.Count > 0 ? KeyKind.Word : KeyKind.Text),
        KeyKind.TextMap => Texts(key, value),
        KeyKind.Json => _json.Value(key, value),
        KeyKind.TextList => Items(key, value, item => _scalars.Value(key, item, KeyKind.Text)),
        KeyKind.NumberList => Items(key, value, item => _scalars.Value(key, item, KeyKind.Number)),
        KeyKind.TextOrList when value is YamlText one => new List<Field> { Item("", one.At, one, _scalars.Value(key, one, KeyKind.Text)) },
        KeyKind.TextOrList => Items(key, value, item => _scalars.Value(key, item, KeyKind.Text)),
        KeyKind.Text or KeyKind.Secret or KeyKind.Duration or KeyKind.Size or KeyKind.Whole or KeyKind.Number or KeyKind.Percent or KeyKind.Flag or KeyKind.Word => _scalars.Value(key, value, key.Kind),
    };

    private List<Field>? Items(Key key, YamlTree value, Func<YamlTree, object?> read)
    {
        if (value is YamlList list) return [.. list.Items.Select(item => Item("", item.At, item, read(item)))];
        if (value is not YamlBroken)
            mistakes.Add(value.At, $"'{key.Name}' must be a list, found {Name(value)}", key.Example is null ? "start each item with '- '" : $"as in '{key.Name}: {key.Example}'");
        return null;
    }

    private List<Field>? Names(Key key, YamlTree value) => Named(key, value, "settings", "name: { … }", inner => Object(inner, key.Shape!));

    private List<Field>? Texts(Key key, YamlTree value) => Named(key, value, "texts", "name: text", inner => _scalars.Value(key, inner, KeyKind.Text));

    private List<Field>? Named(Key key, YamlTree value, string to, string form, Func<YamlTree, object?> read)
    {
        if (value is not YamlMap map)
        {
            if (value is not YamlBroken) mistakes.Add(value.At, $"'{key.Name}' must map names to {to}, found {Name(value)}", $"write '{key.Name}:' and below it '{form}'");
            return null;
        }
        var items = new List<Field>();
        foreach (var (name, inner) in map.Entries)
        {
            if (items.Find(item => string.Equals(item.Name, name.Text, StringComparison.OrdinalIgnoreCase)) is { } first)
                mistakes.Add(name.At, $"'{name.Text}' stands twice in '{key.Name}'", $"it is already named in line {first.KeyAt.Line}; upper and lower case count as the same");
            else items.Add(Item(name.Text, name.At, inner, read(inner)));
        }
        return items;
    }

    private static Field Item(string name, Mark nameAt, YamlTree node, object? value) =>
        new(name, nameAt, node.At, value, node is YamlText text ? text.Text : "");

    private void ReportUnknown(YamlText name, KeyShape shape)
    {
        var near = Suggestion(name.Text, shape);
        var home = PolicyKeys.All.Select(pair => pair.Shape).FirstOrDefault(other => other.Find(name.Text) is not null);
        var why = near is not null ? null
            : home is not null ? $"it belongs to {home.Title}"
            : $"known here: {string.Join(", ", shape.Keys.Select(key => key.Name))}";
        mistakes.Add(name.At, $"unknown key '{name.Text}' in {shape.Title}", why, near);
    }

    private static string? Suggestion(string name, KeyShape shape) =>
        shape.Keys.FirstOrDefault(key => key.Elsewhere.Contains(name, StringComparer.OrdinalIgnoreCase))?.Name
        ?? Nearest.To(name, shape.Keys.Select(key => key.Name));

    internal static string Name(YamlTree tree) => tree switch
    {
        YamlText { IsNull: true } => "nothing",
        YamlText => "a text",
        YamlList => "a list",
        YamlMap => "a mapping",
        _ => "something else",
    };

    private static string Article(KeyShape shape) => shape == PolicyKeys.File ? "keys like 'providers:' and 'routes:'" : $"{shape.Title} as a mapping";

    private static string ExampleOf(KeyShape shape)
    {
        var key = shape.Keys[0];
        return $"'{key.Name}: {key.Example ?? "…"}'";
    }
}
