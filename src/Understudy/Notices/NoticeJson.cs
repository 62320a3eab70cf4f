using System.Text.Json;
using System.Text.Json.Nodes;

namespace Understudy.Notices;

/// <summary>A notice for callers that asked for JSON: the operator's object, with variables in its texts.</summary>
public static class NoticeJson
{
    /// <summary>The JSON with its variables filled in.</summary>
    public static string Fill(string json, Func<string, string> value) =>
        Each(JsonNode.Parse(json), text => NoticeTemplate.Of(text).Fill(value))!.ToJsonString(Options);

    /// <summary>The names in its texts that no variable has.</summary>
    public static IReadOnlyList<string> UnknownIn(string json)
    {
        var unknown = new List<string>();
        Each(JsonNode.Parse(json), text =>
        {
            unknown.AddRange(NoticeTemplate.UnknownIn(text));
            return text;
        });
        return unknown;
    }

    private static JsonSerializerOptions Options { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static JsonNode? Each(JsonNode? node, Func<string, string> change) => node switch
    {
        JsonObject inner => new JsonObject(inner.Select(pair => KeyValuePair.Create(pair.Key, Each(pair.Value, change)))),
        JsonArray items => new JsonArray([.. items.Select(item => Each(item, change))]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => JsonValue.Create(change(value.GetValue<string>())),
        _ => node?.DeepClone(),
    };
}
