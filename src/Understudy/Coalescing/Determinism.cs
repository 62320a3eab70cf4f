using System.Text.Json;
using Understudy.Calls;

namespace Understudy.Coalescing;

/// <summary>Whether a request asks for the same answer every time: <c>temperature: 0</c>, where its protocol has it.</summary>
internal static class Determinism
{
    /// <summary>Looks for the temperature. Only asked on routes that share.</summary>
    public static bool IsAsked(CallRequest request)
    {
        var body = request.Body.Span;
        if (body.IndexOf("\"temperature\""u8) < 0) return false;
        try
        {
            var reader = new Utf8JsonReader(body.StartsWith("\uFEFF"u8) ? body[3..] : body);
            reader.Read();
            return HasZero(ref reader, inside: request.Protocol == WireProtocol.Gemini ? "generationConfig" : null);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return false; // the provider's to judge, not ours
        }
    }

    /// <summary>Whether the object that is read has a temperature of zero; Gemini has it one level down.</summary>
    private static bool HasZero(ref Utf8JsonReader reader, string? inside)
    {
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(inside ?? "temperature") || (inside is not null && reader.ValueTextEquals("generation_config"));
            reader.Read();
            if (!found) reader.Skip();
            else if (inside is not null) return HasZero(ref reader, inside: null);
            else return reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var temperature) && temperature == 0;
        }

        return false;
    }
}
