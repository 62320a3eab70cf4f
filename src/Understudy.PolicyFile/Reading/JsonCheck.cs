using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Understudy.PolicyFile.Keys;
using Understudy.PolicyFile.Yaml;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads a JSON object: written as YAML, which needs no quotes, or as the JSON itself in a text.</summary>
internal sealed class JsonCheck(MistakeList mistakes, References references)
{
    public string? Value(Key key, YamlTree tree) => tree switch
    {
        YamlMap => Node(tree)?.ToJsonString(Written),
        YamlText text => Text(key, text),
        YamlBroken => null,
        _ => Wrong(key, tree, $"must be a JSON object, found {TableCheck.Name(tree)}"),
    };

    private static JsonSerializerOptions Written { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private string? Text(Key key, YamlText text)
    {
        if (references.Expand(text.Text, text.At) is not { } json) return null;
        try
        {
            return JsonNode.Parse(json, null, new() { AllowDuplicateProperties = false }) is JsonObject node ? node.ToJsonString(Written) : Wrong(key, text, "must be a JSON object");
        }
        catch (JsonException broken)
        {
            // A name that comes twice is told without a place.
            return Wrong(key, text, broken.LineNumber is null ? "is not valid JSON: a name comes twice" : string.Create(CultureInfo.InvariantCulture, $"is not valid JSON (its line {broken.LineNumber + 1}, byte {broken.BytePositionInLine})"));
        }
    }

    private string? Wrong(Key key, YamlTree tree, string what)
    {
        mistakes.Add(tree.At, $"'{key.Name}' {what}", $"as in '{key.Name}: {key.Example}'");
        return null;
    }

    private JsonNode? Node(YamlTree tree) => tree switch
    {
        YamlMap map => Object(map),
        YamlList list => new JsonArray([.. list.Items.Select(Node)]),
        YamlText text => Scalar(text),
        _ => null,
    };

    private JsonObject Object(YamlMap map)
    {
        var node = new JsonObject();
        foreach (var (name, value) in map.Entries)
        {
            if (!node.ContainsKey(name.Text)) node[name.Text] = Node(value);
            else mistakes.Add(name.At, $"'{name.Text}' stands twice", "a JSON object has each name once");
        }
        return node;
    }

    /// <summary>YAML 1.2's own kinds: what stands in quotes is a text.</summary>
    private JsonNode? Scalar(YamlText scalar)
    {
        if (scalar.IsNull) return null;
        if (references.Expand(scalar.Text, scalar.At) is not { } text) return null;
        if (scalar.Quoted) return JsonValue.Create(text);
        if (text is "true" or "false") return JsonValue.Create(text == "true");
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? JsonValue.Create(whole)
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }
}
