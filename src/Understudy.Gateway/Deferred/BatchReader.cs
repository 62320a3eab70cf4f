using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Understudy.Calls;
using Understudy.Routing;
using Understudy.Wires;

namespace Understudy.Gateway.Deferred;

/// <summary>One request of a batch, found good.</summary>
/// <param name="CustomIdSensitive">Its maker's name for it.</param>
/// <param name="BodySensitive">The request.</param>
/// <param name="Model">The model that it asks for.</param>
/// <param name="Route">Its route.</param>
internal sealed record BatchItem(string CustomIdSensitive, ReadOnlyMemory<byte> BodySensitive, string Model, Route Route)
{
    /// <summary>Nothing of what it holds.</summary>
    public override string ToString() => $"a request for {Model}";
}

/// <summary>What is wrong with a batch.</summary>
/// <param name="Path">Where: <c>requests.3.params.model</c>.</param>
/// <param name="Message">What.</param>
internal readonly record struct BatchMistake(string Path, string Message);

/// <summary>Reads the body of a batch: every mistake is found, for a batch is taken as a whole or not at all.</summary>
/// <param name="routeOf">The route of a model; null where none serves it.</param>
/// <param name="mostItemBytes">The largest request that is taken.</param>
internal sealed partial class BatchReader(Func<string, Route?> routeOf, long mostItemBytes)
{
    /// <summary>Requests in one batch, as at the vendor.</summary>
    public const int MostItems = 100_000;

    private const int MostMistakes = 50;

    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);

    /// <summary>The requests, as far as they are good.</summary>
    public List<BatchItem> Items { get; } = [];

    /// <summary>What is wrong; the first fifty of it.</summary>
    public List<BatchMistake> Mistakes { get; } = [];

    /// <summary>Reads a body.</summary>
    public void Read(ReadOnlyMemory<byte> body)
    {
        var count = 0;
        var found = false;
        try
        {
            var reader = new Utf8JsonReader(body.Span, new() { MaxDepth = 512 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                Add("", "The body must be an object with 'requests'.");
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isRequests = reader.ValueTextEquals("requests"u8);
                reader.Read();
                if (!isRequests || reader.TokenType != JsonTokenType.StartArray)
                {
                    reader.Skip();
                    continue;
                }

                found = true;
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    var from = (int)reader.TokenStartIndex;
                    reader.Skip();
                    if (count < MostItems && Mistakes.Count < MostMistakes) ReadItem(body[from..(int)reader.BytesConsumed], count);
                    count++;
                }
            }
        }
        catch (JsonException malformed)
        {
            Add("", string.Create(CultureInfo.InvariantCulture, $"The body is not JSON (line {malformed.LineNumber + 1})."));
            return;
        }

        if (!found) Add("requests", "Field required: a list of { custom_id, params }.");
        else if (count == 0) Add("requests", "A batch needs at least one request.");
        else if (count > MostItems) Add("requests", string.Create(CultureInfo.InvariantCulture, $"{count} requests; a batch takes {MostItems} at most."));
    }

    private void ReadItem(ReadOnlyMemory<byte> item, int index)
    {
        using var document = JsonDocument.Parse(item, new() { MaxDepth = 512 });
        var at = string.Create(CultureInfo.InvariantCulture, $"requests.{index}");
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            Add(at, "Each request must be an object with 'custom_id' and 'params'.");
            return;
        }

        var name = ReadName(root, index, at);
        if (!root.TryGetProperty("params", out var asked) || asked.ValueKind != JsonValueKind.Object)
        {
            Add($"{at}.params", "Field required: what /v1/messages takes.");
            return;
        }

        var body = System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(asked);
        if (body.Length > mostItemBytes)
        {
            Add($"{at}.params", string.Create(CultureInfo.InvariantCulture, $"The request is larger than {mostItemBytes} bytes."));
            return;
        }

        if (RequestScan.TryScan(body, out var facts) is { } mistake)
        {
            Add($"{at}.params", mistake);
            return;
        }

        if (facts.Stream) Add($"{at}.params.stream", "A batch gives no streams: leave it out.");
        if (facts.ModelStart < 0) Add($"{at}.params.model", "Field required.");
        if (facts.MaxTokens < 1) Add($"{at}.params.max_tokens", "Field required: a whole number of at least 1.");
        if (facts.ModelStart < 0 || facts.MaxTokens < 1) return;
        var model = RequestScan.Unquote(body.Slice(facts.ModelStart, facts.ModelLength));
        if (routeOf(model) is not { } route)
        {
            Add($"{at}.params.model", "No route of this gateway serves it.");
            return;
        }

        try
        {
            Wire.Of(WireProtocol.AnthropicMessages).ReadRequest(body);
        }
        catch (WireFormatException malformed)
        {
            Add($"{at}.params.{malformed.Path}", malformed.Message);
            return;
        }

        if (name is not null) Items.Add(new(name, body.ToArray(), model, route));
    }

    private string? ReadName(JsonElement root, int index, string at)
    {
        if (!root.TryGetProperty("custom_id", out var given) || given.ValueKind != JsonValueKind.String || given.GetString() is not { } name || !Name().IsMatch(name))
        {
            Add($"{at}.custom_id", "It must be a text of 1 to 64 letters, digits, '_' and '-'.");
            return null;
        }

        if (_names.TryAdd(name, index)) return name;
        Add($"{at}.custom_id", string.Create(CultureInfo.InvariantCulture, $"It is the same as that of requests.{_names[name]}: it must be unique in its batch."));
        return null;
    }

    private void Add(string path, string message)
    {
        if (Mistakes.Count < MostMistakes) Mistakes.Add(new(path, message));
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
