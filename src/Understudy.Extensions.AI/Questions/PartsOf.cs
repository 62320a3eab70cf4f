using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Understudy.Wires;

namespace Understudy.Extensions.AI.Questions;

/// <summary>The contents of a message as parts of a turn.</summary>
internal static class PartsOf
{
    /// <summary>Marks reasoning that only its maker can read, in <see cref="TextReasoningContent.ProtectedData"/>.</summary>
    public const string Redacted = "redacted:";

    /// <summary>Reads contents.</summary>
    /// <param name="contents">The contents.</param>
    /// <param name="at">Where they stand, for complaints.</param>
    public static List<Part> Read(IList<AIContent> contents, string at)
    {
        var parts = new List<Part>(contents.Count);
        for (var i = 0; i < contents.Count; i++)
        {
            if (Of(contents[i], $"{at}.Contents[{i}]") is { } part) parts.Add(part);
        }

        return parts;
    }

    /// <summary>One content; null for what tells of an answer and is no part of it.</summary>
    private static Part? Of(AIContent content, string at) => content switch
    {
        TextReasoningContent reasoning => OfReasoning(reasoning),
        TextContent text => new TextPart(text.Text),
        DataContent data => OfData(data, at),
        UriContent uri when uri.HasTopLevelMediaType("image") => new ImagePart(null, null, uri.Uri.ToString()),
        UriContent uri when IsDocument(uri.MediaType) => new DocumentPart(null, null, null, uri.Uri.ToString(), null),
        FunctionCallContent call => new ToolCallPart(call.CallId, call.Name, Arguments(call)),
        FunctionResultContent result => new ToolResultPart(result.CallId, ResultParts(result.Result, at), result.Exception is not null),
        ErrorContent error => new RefusalPart(error.Message),
        UsageContent => null,
        _ => throw new NotSupportedException($"{at}: {content.GetType().Name} {(content is UriContent other ? $"({other.MediaType}) " : "")}cannot be told to every provider of a ladder."),
    };

    private static Part OfReasoning(TextReasoningContent reasoning)
    {
        if (reasoning.ProtectedData is not { Length: > 0 } mark) return new ThinkingPart(reasoning.Text, null, ReasoningMaker.Unknown);
        if (mark.StartsWith(Redacted, StringComparison.Ordinal)) return new RedactedThinkingPart(mark[Redacted.Length..], ReasoningMaker.Anthropic);
        var (maker, signature) = GatewaySignature.Read(mark);
        return new ThinkingPart(reasoning.Text, signature, maker);
    }

    private static Part OfData(DataContent data, string at)
    {
        if (data.HasTopLevelMediaType("image")) return new ImagePart(data.MediaType, data.Base64Data.ToString(), null);
        if (data.HasTopLevelMediaType("audio")) return new AudioPart(Format(data.MediaType), data.Base64Data.ToString());
        if (data.HasTopLevelMediaType("text")) return new DocumentPart("text/plain", null, Encoding.UTF8.GetString(data.Data.Span), null, data.Name);
        if (IsDocument(data.MediaType)) return new DocumentPart(data.MediaType, data.Base64Data.ToString(), null, null, data.Name);
        throw new NotSupportedException($"{at}: data of type {data.MediaType} is neither an image, sound, text nor a PDF.");
    }

    private static bool IsDocument(string mediaType) => mediaType.Equals("application/pdf", StringComparison.OrdinalIgnoreCase);

    private static string Format(string mediaType) => mediaType.ToLowerInvariant() switch
    {
        "audio/mpeg" or "audio/mp3" => "mp3",
        "audio/wav" or "audio/x-wav" or "audio/wave" => "wav",
        var other => other["audio/".Length..],
    };

    private static string Arguments(FunctionCallContent call) => call.Arguments is { Count: > 0 } arguments ? JsonSerializer.Serialize(arguments, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>))) : "{}";

    private static List<Part> ResultParts(object? result, string at) => result switch
    {
        null => [],
        string text => [new TextPart(text)],
        JsonElement { ValueKind: JsonValueKind.String } text => [new TextPart(text.GetString()!)],
        JsonElement json => [new TextPart(json.GetRawText())],
        AIContent content => Read([content], at),
        IEnumerable<AIContent> contents => Read([.. contents], at),
        _ => [new TextPart(JsonSerializer.Serialize(result, AIJsonUtilities.DefaultOptions.GetTypeInfo(result.GetType())))],
    };
}
