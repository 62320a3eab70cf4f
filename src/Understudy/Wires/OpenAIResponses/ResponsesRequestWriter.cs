using System.Buffers;
using System.Text.Json;
using Understudy.Calls;

namespace Understudy.Wires.OpenAIResponses;

/// <summary>Writes a Responses request: stateless, with all of the conversation in it.</summary>
internal static class ResponsesRequestWriter
{
    /// <summary>Fewer are refused.</summary>
    private const long LeastOutput = 16;

    private const long RoomToThink = 4_096;

    public static WrittenRequest Write(Conversation conversation, TargetProfile profile, IBufferWriter<byte> output)
    {
        if (Ability.Lacks(conversation, profile, WireProtocol.OpenAIResponses) is { } lack) return WrittenRequest.NotAble(lack);
        var losses = RequestLosses.Begin(conversation, WireProtocol.OpenAIResponses);
        var rules = new HistoryRules { Protocol = WireProtocol.OpenAIResponses, ToolId = ToolIds.Common, Keeps = ReasoningMaker.OpenAI, SystemTurns = true, UserFirst = false };
        var turns = History.Arrange(conversation, rules, losses);
        if (turns.Count == 0) return WrittenRequest.NotAble("nothing is left of the conversation");
        var isForeign = conversation.Origin != WireProtocol.OpenAIResponses;
        if (turns[^1].Role == TurnRole.Assistant && isForeign) History.TellPrefill(turns, losses);
        var names = new ToolNames(isForeign);

        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        json.WriteStartObject();
        json.WriteString("model"u8, profile.Model);
        var system = conversation.System.Where(block => !string.IsNullOrWhiteSpace(block.Text) && !RequestLosses.IsAttribution(block)).Select(block => block.Text).ToList();
        if (system.Count > 0) json.WriteString("instructions"u8, string.Join("\n\n", system));
        json.WriteStartArray("input"u8);
        var freeText = new HashSet<string>(StringComparer.Ordinal);
        foreach (var turn in turns) ResponsesInput.Write(json, turn, names, freeText, losses);
        json.WriteEndArray();
        WriteTools(json, conversation, names, losses);
        WriteLimits(json, conversation, profile, losses);
        if (conversation.Output is { } form) WriteFormat(json, form);
        if (conversation.Stream) json.WriteBoolean("stream"u8, true);
        if (conversation.UserId is { } user) json.WriteString("safety_identifier"u8, conversation.Origin is WireProtocol.OpenAIResponses or WireProtocol.OpenAIChat ? user : RequestLosses.ForeignUser(user));
        if (isForeign)
        {
            json.WriteBoolean("store"u8, false); // kept by default, which nobody asked for
            json.WriteStartArray("include"u8);
            json.WriteStringValue("reasoning.encrypted_content"u8);
            json.WriteEndArray();
        }
        else
        {
            foreach (var extra in conversation.Extras) json.WriteRaw(extra.Key, extra.Value);
        }

        json.WriteEndObject();
        json.Flush();
        return new(null, losses, names.ToClient);
    }

    private static void WriteTools(Utf8JsonWriter json, Conversation conversation, ToolNames names, List<string> losses)
    {
        var tools = RequestLosses.Tools(conversation, WireProtocol.OpenAIResponses);
        if (tools.Count == 0) return;
        json.WriteStartArray("tools"u8);
        foreach (var tool in tools)
        {
            if (tool.Origin == WireProtocol.OpenAIResponses)
            {
                json.WriteRawValue(tool.Json, skipInputValidation: true);
                continue;
            }

            json.WriteStartObject();
            json.WriteString("type"u8, "function"u8);
            json.WriteString("name"u8, names.For(tool.Name));
            if (tool.Description is { Length: > 0 } description) json.WriteString("description"u8, description);
            json.WriteRaw("parameters", Schemas.Arguments(tool.Schema));
            // Said always: here nothing said means strict, which a schema not made for it fails.
            json.WriteBoolean("strict"u8, tool is { Origin: WireProtocol.OpenAIChat, Strict: true });
            if (tool is { Origin: not WireProtocol.OpenAIChat, Strict: true }) History.Note(losses, "strict tools");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (conversation.ToolChoice is { } choice)
        {
            if (choice.Kind == ToolChoiceKind.One)
            {
                var isFreeText = conversation.Tools.Any(tool => tool.Name == choice.Names[0] && tool.Kind == ToolKind.FreeText && tool.Origin == WireProtocol.OpenAIResponses);
                json.WriteStartObject("tool_choice"u8);
                json.WriteString("type"u8, isFreeText ? "custom"u8 : "function"u8);
                json.WriteString("name"u8, names.For(choice.Names[0]));
                json.WriteEndObject();
            }
            else
            {
                json.WriteString("tool_choice"u8, choice.Kind switch
                {
                    ToolChoiceKind.Auto => "auto"u8,
                    ToolChoiceKind.Required or ToolChoiceKind.One => "required"u8,
                    ToolChoiceKind.None => "none"u8,
                });
            }
        }

        if (conversation.ParallelTools is { } parallel) json.WriteBoolean("parallel_tool_calls"u8, parallel);
    }

    private static void WriteLimits(Utf8JsonWriter json, Conversation conversation, TargetProfile profile, List<string> losses)
    {
        var sampling = conversation.Sampling;
        if (profile.Reasoning == ReasoningKind.Effort)
        {
            var wish = conversation.Reasoning?.EffortOrEquivalent ?? (conversation.Origin == WireProtocol.AnthropicMessages ? ReasoningEffort.None : null as ReasoningEffort?);
            if (wish is { } effort)
            {
                json.WriteStartObject("reasoning"u8);
                json.WriteString("effort"u8, Efforts.Word(Efforts.For(effort, profile)));
                if (effort > ReasoningEffort.Minimal) json.WriteString("summary"u8, "auto"u8);
                json.WriteEndObject();
            }
        }
        else if (conversation.Reasoning is { IsOff: false })
        {
            History.Note(losses, "reasoning (the model has none)");
        }

        if (profile.SamplingAllowed)
        {
            if (sampling.Temperature is { } temperature) json.WriteRaw("temperature", temperature);
            if (sampling.TopP is { } topP) json.WriteRaw("top_p", topP);
        }
        else if (sampling.Temperature is not null || sampling.TopP is not null)
        {
            History.Note(losses, "temperature, top_p (the model refuses them)");
        }

        if (sampling.TopK is not null) History.Note(losses, "top_k");
        if (sampling.Seed is not null) History.Note(losses, "seed");
        if (sampling.FrequencyPenalty is not null || sampling.PresencePenalty is not null) History.Note(losses, "penalties");
        if (sampling.StopSequences.Count > 0) History.Note(losses, "stop sequences");
        if (conversation.MaxOutput is not { } max) return;
        var foreign = conversation.Origin is WireProtocol.AnthropicMessages or WireProtocol.Gemini;
        if (foreign && profile is { Reasoning: ReasoningKind.Effort, ReasoningOff: false } && conversation.Reasoning is null or { IsOff: true }) max += RoomToThink;
        json.WriteNumber("max_output_tokens"u8, Math.Max(LeastOutput, Math.Min(max, profile.MaxOutputTokens ?? long.MaxValue)));
    }

    /// <summary>Flat, unlike Chat's.</summary>
    private static void WriteFormat(Utf8JsonWriter json, OutputForm form)
    {
        json.WriteStartObject("text"u8);
        json.WriteStartObject("format"u8);
        json.WriteString("type"u8, form.Schema is null ? "json_object"u8 : "json_schema"u8);
        if (form.Schema is { } schema)
        {
            json.WriteString("name"u8, form.Name ?? "answer");
            if (form.Description is { } description) json.WriteString("description"u8, description);
            json.WriteRaw("schema", schema);
            json.WriteBoolean("strict"u8, form.Strict ?? false);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
