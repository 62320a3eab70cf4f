using System.Buffers;
using System.Text.Json;
using Understudy.Calls;

namespace Understudy.Wires.Gemini;

/// <summary>Writes a generateContent request. The model and the wish to stream stand in the address, which is the endpoint's to build.</summary>
internal static class GeminiRequestWriter
{
    private const int MostStops = 5;

    /// <summary>As in Chat: thoughts count as output, and the client did not expect any.</summary>
    private const long RoomToThink = 4_096;

    public static WrittenRequest Write(Conversation conversation, TargetProfile profile, IBufferWriter<byte> output)
    {
        if (Ability.Lacks(conversation, profile, WireProtocol.Gemini) is { } lack) return WrittenRequest.NotAble(lack);
        var losses = RequestLosses.Begin(conversation, WireProtocol.Gemini);
        var rules = new HistoryRules { Protocol = WireProtocol.Gemini, ToolId = ToolIds.Common, Keeps = ReasoningMaker.Gemini };
        var turns = History.Arrange(conversation, rules, losses);
        if (turns.Count == 0) return WrittenRequest.NotAble("nothing is left of the conversation");
        if (turns[^1].Role == TurnRole.Assistant && !profile.Prefill) History.TellPrefill(turns, losses);
        var names = new ToolNames(conversation.Origin != WireProtocol.Gemini, startsWithLetter: true);

        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        json.WriteStartObject();
        json.WriteStartArray("contents"u8);
        var called = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var turn in turns) WriteTurn(json, turn, names, called, profile, losses);
        json.WriteEndArray();
        WriteSystem(json, conversation);
        WriteTools(json, conversation, names, losses);
        WriteSettings(json, conversation, profile, losses);
        if (conversation.Origin == WireProtocol.Gemini)
        {
            foreach (var extra in conversation.Extras) json.WriteRaw(extra.Key, extra.Value);
        }

        json.WriteEndObject();
        json.Flush();
        return new(null, losses, names.ToClient);
    }

    private static void WriteSystem(Utf8JsonWriter json, Conversation conversation)
    {
        var blocks = conversation.System.Where(block => !string.IsNullOrWhiteSpace(block.Text) && !RequestLosses.IsAttribution(block)).ToList();
        if (blocks.Count == 0) return;
        json.WriteStartObject("systemInstruction"u8);
        json.WriteStartArray("parts"u8);
        foreach (var block in blocks) GeminiAnswer.WriteText(json, block.Text, isThought: false);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTurn(Utf8JsonWriter json, Turn turn, ToolNames names, Dictionary<string, string> called, TargetProfile profile, List<string> losses)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, turn.Role == TurnRole.Assistant ? "model"u8 : "user"u8);
        json.WriteStartArray("parts"u8);
        string? signature = null;
        var isFirstCall = true;
        var later = new List<Part>();
        foreach (var part in turn.Parts)
        {
            switch (part)
            {
                case ThinkingPart thinking: signature = thinking.Signature; break; // its text is not taken back, its mark is
                case ToolCallPart call:
                    called[call.Id] = names.For(call.Name);
                    var mark = call.GeminiSignature ?? signature ?? (isFirstCall && profile.Reasoning == ReasoningKind.Effort ? ForeignCall.Literal : null);
                    WriteCall(json, call, called[call.Id], isFirstCall ? mark : call.GeminiSignature);
                    isFirstCall = false;
                    break;
                case ToolResultPart result: WriteResponse(json, result, called.GetValueOrDefault(result.Id, ""), later); break;
                default: WritePart(json, part, losses); break;
            }
        }

        foreach (var part in later) WritePart(json, part, losses);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Without ids: Gemini pairs by name and order, which hold, and older versions refuse the field.</summary>
    private static void WriteCall(Utf8JsonWriter json, ToolCallPart call, string name, string? signature)
    {
        json.WriteStartObject();
        json.WriteStartObject("functionCall"u8);
        json.WriteString("name"u8, name);
        json.WriteRaw("args", History.ArgumentsObject(call));
        json.WriteEndObject();
        if (signature is not null) json.WriteString("thoughtSignature"u8, signature);
        json.WriteEndObject();
    }

    private static void WriteResponse(Utf8JsonWriter json, ToolResultPart result, string name, List<Part> later)
    {
        var texts = new List<string>();
        foreach (var part in result.Content)
        {
            if (part is TextPart text) texts.Add(text.Text);
            else if (part is ImagePart or DocumentPart) later.Add(part);
        }

        json.WriteStartObject();
        json.WriteStartObject("functionResponse"u8);
        json.WriteString("name"u8, name);
        json.WriteStartObject("response"u8);
        json.WriteString(result.IsError ? "error"u8 : "output"u8, string.Join("\n", texts));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, Part part, List<string> losses)
    {
        switch (part)
        {
            case TextPart text: GeminiAnswer.WriteText(json, text.Text, isThought: false); break;
            case DocumentPart { Text: { } plain }: GeminiAnswer.WriteText(json, plain, isThought: false); break;
            case ImagePart image: WriteInline(json, Images.TrueType(image) ?? image.MediaType ?? "image/png", image.Base64); break;
            case DocumentPart document: WriteInline(json, document.MediaType ?? "application/pdf", document.Base64); break;
            case AudioPart audio: WriteInline(json, $"audio/{audio.Format}", audio.Base64); break;
            case OpaquePart { Origin: WireProtocol.Gemini } own: json.WriteRawValue(own.Json, skipInputValidation: true); break;
            case OpaquePart opaque: GeminiAnswer.WriteText(json, RequestLosses.Stand(opaque, losses), isThought: false); break;
            default: break; // reasoning of others was taken out before
        }
    }

    private static void WriteInline(Utf8JsonWriter json, string type, string? data)
    {
        json.WriteStartObject();
        json.WriteStartObject("inlineData"u8);
        json.WriteString("mimeType"u8, type);
        json.WriteString("data"u8, data);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTools(Utf8JsonWriter json, Conversation conversation, ToolNames names, List<string> losses)
    {
        var tools = RequestLosses.Tools(conversation, WireProtocol.Gemini);
        if (conversation.ParallelTools == false) History.Note(losses, "one tool call at a time");
        if (tools.Count == 0) return;
        json.WriteStartArray("tools"u8);
        var functions = tools.Where(tool => tool.Kind != ToolKind.Hosted).ToList();
        if (functions.Count > 0)
        {
            // All in one entry: several are refused.
            json.WriteStartObject();
            json.WriteStartArray("functionDeclarations"u8);
            foreach (var tool in functions) WriteTool(json, tool, names);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        foreach (var hosted in tools.Where(tool => tool.Kind == ToolKind.Hosted)) json.WriteRawValue(hosted.Json, skipInputValidation: true);
        json.WriteEndArray();
        if (conversation.ToolChoice is not { } choice) return;
        json.WriteStartObject("toolConfig"u8);
        json.WriteStartObject("functionCallingConfig"u8);
        json.WriteString("mode"u8, choice.Kind switch
        {
            ToolChoiceKind.Auto => "AUTO"u8,
            ToolChoiceKind.Required or ToolChoiceKind.One => "ANY"u8,
            ToolChoiceKind.None => "NONE"u8,
        });
        if (choice.Kind == ToolChoiceKind.One)
        {
            json.WriteStartArray("allowedFunctionNames"u8);
            json.WriteStringValue(names.For(choice.Names[0]));
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTool(Utf8JsonWriter json, ToolSpec tool, ToolNames names)
    {
        if (tool.Origin == WireProtocol.Gemini)
        {
            json.WriteRawValue(tool.Json, skipInputValidation: true);
            return;
        }

        json.WriteStartObject();
        json.WriteString("name"u8, names.For(tool.Name));
        if (tool.Description is { Length: > 0 } description) json.WriteString("description"u8, description);
        // The older "parameters" is an OpenAPI dialect that knows few of the keywords agents use.
        if (tool.Kind == ToolKind.FreeText || tool.Schema is not null) json.WriteRaw("parametersJsonSchema", tool.Kind == ToolKind.FreeText ? Schemas.FreeText : Schemas.Arguments(tool.Schema));
        json.WriteEndObject();
    }

    private static void WriteSettings(Utf8JsonWriter json, Conversation conversation, TargetProfile profile, List<string> losses)
    {
        var sampling = conversation.Sampling;
        json.WriteStartObject("generationConfig"u8);
        if (sampling.Temperature is { } temperature) json.WriteRaw("temperature", temperature);
        if (sampling.TopP is { } topP) json.WriteRaw("topP", topP);
        if (sampling.TopK is { } topK) json.WriteRaw("topK", topK);
        if (sampling.Seed is { } seed) json.WriteRaw("seed", seed);
        if (sampling.FrequencyPenalty is { } frequency) json.WriteRaw("frequencyPenalty", frequency);
        if (sampling.PresencePenalty is { } presence) json.WriteRaw("presencePenalty", presence);
        if (sampling.StopSequences.Count > 0)
        {
            if (sampling.StopSequences.Count > MostStops) History.Note(losses, "stop sequences");
            json.WriteStartArray("stopSequences"u8);
            foreach (var stop in sampling.StopSequences.Take(MostStops)) json.WriteStringValue(stop);
            json.WriteEndArray();
        }

        if (conversation.Answers > 1) json.WriteNumber("candidateCount"u8, conversation.Answers);
        var max = conversation.MaxOutput;
        if (max is not null && conversation.Origin != WireProtocol.Gemini && conversation.Reasoning is null or { IsOff: true } && profile is { Reasoning: not ReasoningKind.None, ReasoningOff: false }) max += RoomToThink;
        if (max is { } wish) json.WriteNumber("maxOutputTokens"u8, Math.Min(wish, profile.MaxOutputTokens ?? long.MaxValue));
        if (conversation.Output is { } form)
        {
            json.WriteString("responseMimeType"u8, "application/json"u8);
            if (form.Schema is { } schema) json.WriteRaw("responseJsonSchema", schema);
        }

        WriteReasoning(json, conversation, profile, losses);
        json.WriteEndObject();
    }

    private static void WriteReasoning(Utf8JsonWriter json, Conversation conversation, TargetProfile profile, List<string> losses)
    {
        // Who comes from where thinking must be asked for, and did not ask, gets as little as there is.
        var wish = conversation.Reasoning ?? (conversation.Origin == WireProtocol.AnthropicMessages ? ReasoningWish.Off : null);
        if (wish is null) return;
        if (profile.Reasoning == ReasoningKind.None)
        {
            if (!wish.IsOff) History.Note(losses, "reasoning (the model has none)");
            return;
        }

        json.WriteStartObject("thinkingConfig"u8);
        if (!wish.IsOff) json.WriteBoolean("includeThoughts"u8, true);
        if (profile.Reasoning == ReasoningKind.Effort)
        {
            json.WriteString("thinkingLevel"u8, Efforts.Word(Efforts.For(wish.EffortOrEquivalent, profile)).ToUpperInvariant());
        }
        else
        {
            // Pro can't be switched off, and takes no less than 128.
            var least = profile.ReasoningOff ? 0 : 128;
            var most = profile.ReasoningOff ? 24_576 : 32_768;
            var budget = wish.IsOff ? least : wish is { Adaptive: true, Budget: null, Effort: null } ? -1 : wish.Budget ?? Efforts.Budget(wish, conversation.MaxOutput ?? 32_768) ?? least;
            json.WriteNumber("thinkingBudget"u8, budget < 0 ? budget : Math.Clamp(budget, least, most));
        }

        json.WriteEndObject();
    }
}
