using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Understudy.Capture;

/// <summary>
/// JSON written again without what must not be kept. Texts are searched as they read, not as they are escaped; a body that
/// was cut off, or is broken, is kept up to there.
/// </summary>
internal static class CleanJson
{
    private const int LongBlob = 400;

    private static readonly JsonReaderOptions Reading = new() { MaxDepth = 500, AllowTrailingCommas = true };
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 600, SkipValidation = true };
    private static readonly SearchValues<char> _base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-");

    /// <summary>Names whose texts and numbers are taken out whole, those of a list too.</summary>
    private static readonly HashSet<string> _secretNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "password", "passwd", "pwd", "passphrase", "secret", "clientsecret", "apikey", "xapikey", "xgoogapikey", "token", "accesstoken", "refreshtoken",
        "idtoken", "authtoken", "sessiontoken", "authorization", "proxyauthorization", "cookie", "setcookie", "privatekey", "credential", "credentials",
    };

    /// <summary>The body, cleaned.</summary>
    /// <param name="body">JSON; its beginning, where it was cut.</param>
    /// <param name="redactor">What must not be kept.</param>
    public static string Write(ReadOnlySpan<byte> body, Redactor redactor)
    {
        var output = new ArrayBufferWriter<byte>(body.Length + 64);
        using (var json = new Utf8JsonWriter(output, Writing)) Copy(body, json, redactor);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>JSON as it is written everywhere here: readable.</summary>
    public static string Made(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, Writing)) write(json);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static void Copy(ReadOnlySpan<byte> body, Utf8JsonWriter json, Redactor redactor)
    {
        var reader = new Utf8JsonReader(body, isFinalBlock: false, new JsonReaderState(Reading));
        var open = new Stack<(bool IsObject, string? Name)>();
        string? name = null;
        var ended = false;
        try
        {
            while (!ended && reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        var isObject = reader.TokenType == JsonTokenType.StartObject;
                        open.Push((isObject, name));
                        if (isObject) json.WriteStartObject();
                        else json.WriteStartArray();
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        Close(json, open.Pop().IsObject);
                        ended = open.Count == 0;
                        break;
                    case JsonTokenType.PropertyName:
                        name = reader.GetString()!;
                        json.WritePropertyName(redactor.Clean(name));
                        break;
                    default:
                        Value(ref reader, json, name, redactor);
                        ended = open.Count == 0;
                        break;
                }

                // All of a list stand under its name.
                if (reader.TokenType != JsonTokenType.PropertyName) name = open.TryPeek(out var around) ? around.Name : null;
            }
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // As far as it could be read.
        }

        if (ended) return;
        if (reader.TokenType is JsonTokenType.PropertyName || open.Count == 0) json.WriteStringValue("[cut off]");
        while (open.TryPop(out var left)) Close(json, left.IsObject);
    }

    private static void Value(ref Utf8JsonReader reader, Utf8JsonWriter json, string? name, Redactor redactor)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String or JsonTokenType.Number when name is not null && IsSecret(name):
                json.WriteStringValue(redactor.Out());
                break;
            case JsonTokenType.String:
                json.WriteStringValue(Text(reader.GetString()!, redactor));
                break;
            case JsonTokenType.Number:
                var digits = Encoding.ASCII.GetString(reader.ValueSpan);
                var clean = digits.Length < 6 ? digits : redactor.Clean(digits); // a card's number, or a pattern's
                if (clean == digits) json.WriteRawValue(digits, skipInputValidation: true);
                else json.WriteStringValue(clean);
                break;
            case JsonTokenType.True or JsonTokenType.False:
                json.WriteBooleanValue(reader.GetBoolean());
                break;
            case JsonTokenType.Null:
                json.WriteNullValue();
                break;
        }
    }

    /// <summary>A text, cleaned; of an image or a document only how long it is.</summary>
    private static string Text(string text, Redactor redactor)
    {
        var from = text.StartsWith("data:", StringComparison.Ordinal) ? text.IndexOf(',', StringComparison.Ordinal) + 1 : 0;
        return text.Length - from >= LongBlob && text.AsSpan(from).IndexOfAnyExcept(_base64) < 0 ? $"[{text.Length} characters of base64]" : redactor.Clean(text);
    }

    private static bool IsSecret(string name) => _secretNames.Contains(name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal));

    private static void Close(Utf8JsonWriter json, bool isObject)
    {
        if (isObject) json.WriteEndObject();
        else json.WriteEndArray();
    }
}
