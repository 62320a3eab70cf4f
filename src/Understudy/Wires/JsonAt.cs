using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Understudy.Wires;

/// <summary>A JSON value of a request or an answer that knows where it stands, so that every complaint can name the place.</summary>
internal readonly struct JsonAt
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 128 };
    private readonly Place? _place;

    private JsonAt(JsonElement value, Place? place)
    {
        Value = value;
        _place = place;
    }

    public JsonElement Value { get; }

    public bool IsText => Value.ValueKind == JsonValueKind.String;

    public bool IsArray => Value.ValueKind == JsonValueKind.Array;

    public bool IsObject => Value.ValueKind == JsonValueKind.Object;

    /// <summary>The value as it was written. Numbers keep their digits: nothing goes through a double.</summary>
    public string Raw => Value.GetRawText();

    /// <summary>
    /// Reads a body whose root is an object and hands it to <paramref name="read"/>. A name that comes twice is refused:
    /// two readers could take different ones, and so could we and the upstream.
    /// </summary>
    /// <exception cref="WireFormatException">Not JSON, not an object, or a name twice.</exception>
    public static T Read<T>(ReadOnlySpan<byte> body, Func<JsonAt, T> read)
    {
        if (!Utf8.IsValid(body)) throw new WireFormatException("The body is not UTF-8.", "");
        var copy = ArrayPool<byte>.Shared.Rent(body.Length);
        try
        {
            body.CopyTo(copy);
            using var document = Parse(copy.AsMemory(0, body.Length));
            var root = new JsonAt(document.RootElement, null);
            if (!root.IsObject) throw root.Fail("The body must be a JSON object.");
            return read(root);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy, clearArray: true); // it held a prompt
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body, Options);
        }
        catch (JsonException e)
        {
            // A name that comes twice is told without a place.
            throw new WireFormatException(e.LineNumber is null ? "A name comes twice in one object." : $"The body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine}).", "");
        }
        catch (InvalidOperationException)
        {
            // Names are compared for doubles, and one with half a surrogate pair can't be.
            throw new WireFormatException("A name is not text.", "");
        }
    }

    /// <summary>A property; null where it is missing or null.</summary>
    public JsonAt? Find(string name)
    {
        NeedObject();
        return Value.TryGetProperty(name, out var found) && found.ValueKind != JsonValueKind.Null ? new JsonAt(found, new(_place, name, -1)) : null;
    }

    public JsonAt Need(string name) => Find(name) ?? throw new WireFormatException("This field is required.", new Place(_place, name, -1).ToString());

    public string Text()
    {
        if (!IsText) throw Wrong("a string");
        return JsonText.TextOf(Value); // a client may send half a surrogate pair, and that is no reason to refuse its call
    }

    public string? FindText(string name) => Find(name)?.Text();

    public string NeedText(string name) => Need(name).Text();

    public bool? FindBool(string name) => Find(name) is not { } found ? null
        : found.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? found.Value.GetBoolean()
        : throw found.Wrong("true or false");

    /// <summary>A number as it was written.</summary>
    public string? FindNumber(string name) => Find(name) is not { } found ? null
        : found.Value.ValueKind == JsonValueKind.Number ? found.Raw
        : throw found.Wrong("a number");

    public long? FindInteger(string name)
    {
        if (Find(name) is not { } found) return null;
        if (found.Value.ValueKind != JsonValueKind.Number) throw found.Wrong("a whole number");
        if (found.Value.TryGetInt64(out var whole)) return whole;
        return found.Value.TryGetDouble(out var number) && number == Math.Floor(number) && Math.Abs(number) < 1e15 ? (long)number : throw found.Wrong("a whole number");
    }

    public IEnumerable<JsonAt> Items()
    {
        if (!IsArray) throw Wrong("an array");
        return Walk(this);

        static IEnumerable<JsonAt> Walk(JsonAt array)
        {
            var index = 0;
            foreach (var item in array.Value.EnumerateArray()) yield return new(item, new(array._place, null, index++));
        }
    }

    public IEnumerable<JsonAt> FindItems(string name) => Find(name)?.Items() ?? [];

    /// <summary>The properties whose names are not among <paramref name="known"/>, and that are not null.</summary>
    public IEnumerable<KeyValuePair<string, string>> Others(HashSet<string> known)
    {
        NeedObject();
        foreach (var property in Value.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.Null && !known.Contains(property.Name)) yield return new(property.Name, property.Value.GetRawText());
        }
    }

    public WireFormatException Fail(string message) => new(message, _place?.ToString() ?? "");

    public WireFormatException Wrong(string expected) => Fail($"This must be {expected}, not {Kind}.");

    private string Kind => Value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a truth value",
        JsonValueKind.Null or JsonValueKind.Undefined => "null",
    };

    private void NeedObject()
    {
        if (!IsObject) throw Wrong("an object");
    }

    private sealed class Place(Place? parent, string? name, int index)
    {
        public override string ToString() =>
            name is null ? $"{parent}[{index}]" : parent is null ? name : $"{parent}.{name}";
    }
}
