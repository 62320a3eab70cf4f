using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Caching;

/// <summary>
/// The key of a call: everything that changes its answer, and nothing else. Two rules, because a key that forgets
/// something gives one caller another's answer.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>A plain conversation (every name in its body is one of <see cref="Plain"/>: texts, roles, sampling) is keyed by
/// what it says, in no protocol's words: the same question in another protocol is the same call.</item>
/// <item>Any other body is keyed as canonical JSON under its protocol: the order of names and the spelling of strings do
/// not count, everything else does, known to us or not.</item>
/// </list>
/// Left out in both: who asks, how the answer travels, and what the vendor books it under (<see cref="Volatile"/>).
/// </remarks>
public static class CallKeys
{
    /// <summary>A change of the rules changes every key: answers kept under older ones are not found any more.</summary>
    private const string Version = "1";

    /// <summary>Top-level fields that do not change the answer.</summary>
    private static readonly HashSet<string> Volatile = new(StringComparer.Ordinal)
    {
        "model", "stream", "stream_options", "metadata", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier", "store",
    };

    /// <summary>With these the answer depends on more than the request, or is more than text.</summary>
    private static readonly HashSet<string> Unique = new(StringComparer.Ordinal)
    {
        "previous_response_id", "conversation", "prompt", "background", "logprobs", "top_logprobs", "audio", "modalities", "web_search_options",
        "container", "mcp_servers", "cachedContent", "cached_content", "functions", "function_call",
    };

    private static readonly HashSet<string> Plain = new(StringComparer.Ordinal)
    {
        "messages", "contents", "input", "role", "content", "parts", "text", "type", "system", "instructions", "systemInstruction", "temperature", "top_p",
        "topP", "max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "stop", "stop_sequences", "stopSequences", "generationConfig",
    };

    /// <summary>The key of a call; null where its answer must not be kept, nor a kept one given.</summary>
    /// <param name="request">The call.</param>
    /// <param name="conversation">The same, read.</param>
    /// <param name="route">The route's name: another ladder is another answer.</param>
    /// <param name="owner">Who may get it: a client's name, or a word for all.</param>
    public static CacheKey? Of(CallRequest request, Conversation conversation, string route, string owner)
    {
        if (!IsRepeatable(conversation)) return null;
        using var output = new PooledBuffer();
        using (var json = new Utf8JsonWriter(output, JsonText.Writing))
        {
            json.WriteStartArray();
            foreach (var text in (string[])[Version, owner, route, request.Model, request.Header("anthropic-beta") ?? "", request.Header("openai-beta") ?? ""]) json.WriteStringValue(text);
            try
            {
                using var body = JsonDocument.Parse(request.Body, new() { AllowDuplicateProperties = false, MaxDepth = 128 });
                if (IsPlain(body.RootElement))
                {
                    Write(json, conversation);
                }
                else
                {
                    json.WriteStringValue(request.Protocol.ToString());
                    Write(json, body.RootElement, Volatile);
                }
            }
            catch (JsonException)
            {
                return null;
            }

            json.WriteEndArray();
        }

        Span<byte> hash = stackalloc byte[CacheKey.Length];
        SHA256.HashData(output.Span, hash);
        return CacheKey.From(hash);
    }

    /// <summary>Whether a call samples, so that asking again is asking for another answer: without a word on it every vendor does.</summary>
    public static bool Samples(Conversation conversation) =>
        conversation.Sampling.Temperature is not { } temperature || !double.TryParse(temperature, System.Globalization.CultureInfo.InvariantCulture, out var value) || value > 0;

    private static bool IsRepeatable(Conversation conversation)
    {
        if (conversation.Answers != 1 || conversation.Tools.Any(tool => tool.Kind == ToolKind.Hosted)) return false;
        if (conversation.Extras.Any(extra => Unique.Contains(extra.Key))) return false;
        // What a tool gave back is of this moment: nobody else's, and not of tomorrow.
        return !conversation.Turns.Reverse().TakeWhile(turn => turn.Role != TurnRole.Assistant).SelectMany(turn => turn.Parts).Any(part => part is ToolResultPart);
    }

    private static bool IsPlain(JsonElement value, bool top = true) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().All(property => (top && Volatile.Contains(property.Name)) || (Plain.Contains(property.Name) && IsPlain(property.Value, top: false))),
        JsonValueKind.Array => value.EnumerateArray().All(item => IsPlain(item, top: false)),
        _ => true,
    };

    private static void Write(Utf8JsonWriter json, Conversation conversation)
    {
        json.WriteStringValue(string.Join('\n', conversation.System.Select(part => part.Text)));
        foreach (var turn in conversation.Turns)
        {
            json.WriteStartArray();
            json.WriteStringValue(turn.Role.ToString());
            foreach (var part in turn.Parts) json.WriteStringValue(((TextPart)part).Text);
            json.WriteEndArray();
        }

        json.WriteStringValue(conversation.Sampling.Temperature);
        json.WriteStringValue(conversation.Sampling.TopP);
        json.WriteStringValue(conversation.MaxOutput?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        foreach (var stop in conversation.Sampling.StopSequences) json.WriteStringValue(stop);
    }

    private static void Write(Utf8JsonWriter json, JsonElement value, HashSet<string>? without)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var property in value.EnumerateObject().Where(property => without?.Contains(property.Name) != true).OrderBy(property => property.Name, StringComparer.Ordinal))
                {
                    json.WritePropertyName(property.Name);
                    Write(json, property.Value, null);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(json, item, null);
                json.WriteEndArray();
                break;
            case JsonValueKind.String:
                json.WriteStringValue(JsonText.TextOf(value)); // however it was escaped
                break;
            default:
                json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true); // numbers keep their digits
                break;
        }
    }
}
