using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile;

/// <summary>The policy file for editors and readers, printed from the table of keys that the reader itself checks by.</summary>
public static class PolicySchema
{
    /// <summary>The schema's file, beside the program.</summary>
    public const string FileName = "schema/understudy.schema.json";

    // A value that is a number or a flag may also come out of the environment.
    private const string Reference = @"\$\{";

    private static readonly JsonSerializerOptions _written = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <summary>The JSON Schema (draft 2020-12) of <c>understudy.yaml</c>.</summary>
    public static string Json()
    {
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "understudy.yaml",
            ["description"] = "The policy of an Understudy gateway. ${NAME} reads the environment, ${file:PATH} a secret file.",
        };
        foreach (var (name, value) in Object(PolicyKeys.File).ToList())
        {
            schema[name] = value?.DeepClone();
        }
        return schema.ToJsonString(_written) + "\n";
    }

    /// <summary>The keys with their kinds, defaults and meanings as Markdown tables.</summary>
    public static string KeysAsMarkdown()
    {
        var page = new StringBuilder("# Keys of `understudy.yaml`\n\n*Printed from the program's own table of keys.* Durations: `250ms`, `8s`, `10m`, `24h`, `1h30m`. Sizes: `64KB`, `32MB` (a KB is 1024 bytes). `${NAME}` reads the environment, `${file:PATH}` a file beside this one, `$${` is a plain `${`.\n");
        foreach (var (path, shape) in PolicyKeys.All)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {(path.Length == 0 ? "The file" : $"`{path.TrimEnd('.')}`")}\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
            foreach (var key in shape.Keys)
                page.Append(CultureInfo.InvariantCulture, $"| `{path}{key.Name}` | {Kind(key)} | {(key.Required ? "**required**" : Default(key))} | {key.Meaning} |\n");
        }
        return page.ToString();
    }

    private static string Default(Key key) => key.Default is null ? "" : key.Default.Contains(' ', StringComparison.Ordinal) ? key.Default : $"`{key.Default}`";

    private static string Kind(Key key) => key.Kind switch
    {
        KeyKind.Text => "text",
        KeyKind.Secret => "text, secret",
        KeyKind.Duration => string.Join(", ", key.Words.Select(word => $"`{word}`").Prepend("duration")),
        KeyKind.Size => "size",
        KeyKind.Whole => "whole number",
        KeyKind.Number => "number",
        KeyKind.Percent => "share, as `5%`",
        KeyKind.Flag => "`true` or `false`",
        KeyKind.Word => string.Join(", ", key.Words.Select(word => $"`{word}`")),
        KeyKind.TextOrList => "text, or a list of them",
        KeyKind.TextOrObject => key.Words.Count > 0 ? $"{string.Join(", ", key.Words.Select(word => $"`{word}`"))}, or a mapping" : "text, or a mapping",
        KeyKind.TextMap => "texts by name",
        KeyKind.Json => "mapping, as JSON",
        KeyKind.TextList => "list of texts",
        KeyKind.NumberList => "list of numbers",
        KeyKind.Object => "mapping",
        KeyKind.ObjectList => "list of mappings",
        KeyKind.ObjectMap => "mappings by name",
    };

    private static JsonObject Object(KeyShape shape)
    {
        var properties = new JsonObject();
        foreach (var key in shape.Keys)
        {
            var property = Value(key);
            property["description"] = key.Default is null || key.Required ? key.Meaning : $"{key.Meaning} Default: {key.Default}.";
            properties[key.Name] = property;
        }
        var schema = new JsonObject { ["type"] = Types("object", shape), ["additionalProperties"] = false, ["properties"] = properties };
        var required = shape.Keys.Where(key => key.Required).Select(key => (JsonNode)key.Name).ToArray();
        if (required.Length > 0) schema["required"] = new JsonArray(required);
        return schema;
    }

    // "cache:" and "admin:" with nothing behind them are their defaults; so is an empty file.
    private static JsonNode Types(string type, KeyShape shape) =>
        shape.Keys.Any(key => key.Required) ? type : new JsonArray(type, "null");

    private static JsonObject Value(Key key) => key.Kind switch
    {
        KeyKind.Text or KeyKind.Secret => Text(),
        KeyKind.Duration => Pattern(key.Words.Count == 0 ? DurationText.Pattern : $"{DurationText.Pattern}|^({string.Join('|', key.Words)})$"),
        KeyKind.Size => Pattern(SizeText.Pattern),
        KeyKind.Whole => OrReference(Bounds(key, "integer")),
        KeyKind.Number => OrReference(Bounds(key, "number")),
        KeyKind.Percent => Pattern(key.Words.Count == 0 ? "^[0-9]+(\\.[0-9]+)?%$" : $"^[0-9]+(\\.[0-9]+)?%$|^({string.Join('|', key.Words)})$"),
        KeyKind.Flag => OrReference(new JsonObject { ["type"] = "boolean" }),
        KeyKind.Word => OrReference(Words(key)),
        KeyKind.TextOrList => new JsonObject { ["anyOf"] = new JsonArray(Text(), List(Text())) },
        KeyKind.TextOrObject => new JsonObject { ["anyOf"] = new JsonArray(key.Words.Count > 0 ? Words(key) : Text(), Object(key.Shape!)) },
        KeyKind.TextMap => new JsonObject { ["type"] = "object", ["additionalProperties"] = Text() },
        KeyKind.Json => new JsonObject { ["type"] = new JsonArray("object", "string") },
        KeyKind.TextList => List(Text()),
        KeyKind.NumberList => List(OrReference(Bounds(key, "number"))),
        KeyKind.Object => Object(key.Shape!),
        KeyKind.ObjectList => List(Object(key.Shape!), mayBeNull: true),
        KeyKind.ObjectMap => new JsonObject { ["type"] = new JsonArray("object", "null"), ["additionalProperties"] = Object(key.Shape!) },
    };

    private static JsonObject Words(Key key) => new() { ["enum"] = new JsonArray([.. key.Words.Select(word => (JsonNode)word)]) };

    private static JsonObject Text() => new() { ["type"] = "string", ["minLength"] = 1 };

    private static JsonObject Pattern(string pattern) => new() { ["type"] = "string", ["pattern"] = $"{pattern}|{Reference}" };

    private static JsonObject OrReference(JsonObject schema) =>
        new() { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "string", ["pattern"] = Reference }) };

    private static JsonObject List(JsonObject items, bool mayBeNull = false) =>
        new() { ["type"] = mayBeNull ? new JsonArray("array", "null") : "array", ["items"] = items };

    private static JsonObject Bounds(Key key, string type)
    {
        var schema = new JsonObject { ["type"] = type };
        if (key.Least != double.MinValue) schema[key.MoreThanLeast ? "exclusiveMinimum" : "minimum"] = key.Least;
        if (key.Most != double.MaxValue) schema["maximum"] = key.Most;
        return schema;
    }
}
