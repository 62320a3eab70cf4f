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

    private const string NoText = "[not kept: it is no text]";

    /// <summary>Names whose texts and numbers are taken out whole, those of a list too.</summary>
    private static readonly HashSet<string> _secretNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "pwd", "token", "accesstoken", "refreshtoken", "idtoken", "authtoken", "sessiontoken", "authorization", "proxyauthorization", "cookie", "setcookie", "credential", "credentials",
    };

    /// <summary>Whatever stands before them, as in <c>db_password</c> and <c>xGoogApiKey</c>.</summary>
    private static readonly string[] _secretEnds = ["password", "passwd", "passphrase", "secret", "apikey", "privatekey", "secretkey", "accesskey"];

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
                        name = TextOf(ref reader);
                        json.WritePropertyName(name is null ? NoText : redactor.Clean(name));
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
        catch (JsonException)
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
                json.WriteStringValue(TextOf(ref reader) is { } text ? Text(text, redactor) : NoText);
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

    /// <summary>A text, cleaned, as JSON where it is JSON: arguments of tools are. Of an image or a document only how long it is.</summary>
    public static string Text(string text, Redactor redactor)
    {
        var from = text.StartsWith("data:", StringComparison.Ordinal) ? text.IndexOf(',', StringComparison.Ordinal) + 1 : 0;
        if (text.Length - from >= LongBlob && text.AsSpan(from).IndexOfAnyExcept(_base64) < 0) return redactor.Blob(text.Length);
        if (text.AsSpan().TrimStart() is not ['{' or '[', ..]) return redactor.Clean(text);
        var bytes = Encoding.UTF8.GetBytes(text);
        if (!IsWhole(bytes)) return redactor.Clean(text);
        var before = (redactor.Count, redactor.Blobs);
        var clean = Write(bytes, redactor);
        return (redactor.Count, redactor.Blobs) == before ? text : clean; // where nothing was found it stays as it was written
    }

    private static bool IsWhole(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Reading);
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>A text or a name; null where it is none: half a character, or bytes that are no UTF-8.</summary>
    private static string? TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static bool IsSecret(string name)
    {
        var plain = name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        return _secretNames.Contains(plain) || Array.Exists(_secretEnds, end => plain.EndsWith(end, StringComparison.OrdinalIgnoreCase));
    }

    private static void Close(Utf8JsonWriter json, bool isObject)
    {
        if (isObject) json.WriteEndObject();
        else json.WriteEndArray();
    }
}
