using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Understudy.Calls;

namespace Understudy.Wires.Anthropic;

/// <summary>Writes a Messages request for a model with its own rules.</summary>
internal static class AnthropicRequestWriter
{
    /// <summary>Where the client named no limit: Anthropic insists on one.</summary>
    private const long DefaultMaxTokens = 16_384;

    public static WrittenRequest Write(Conversation conversation, TargetProfile profile, IBufferWriter<byte> output)
    {
        if (Ability.Lacks(conversation, profile, WireProtocol.AnthropicMessages) is { } lack) return WrittenRequest.NotAble(lack);
        var losses = RequestLosses.Begin(conversation, WireProtocol.AnthropicMessages);
        var turns = History.Arrange(conversation, new() { Protocol = WireProtocol.AnthropicMessages, ToolId = ToolIds.Common, Keeps = ReasoningMaker.Anthropic, SystemTurns = profile.SystemInConversation }, losses);
        if (turns.Count == 0) return WrittenRequest.NotAble("nothing is left of the conversation");
        if (turns[^1].Role == TurnRole.Assistant) EndTurn(turns, profile, losses);
        var names = new ToolNames(conversation.Origin != WireProtocol.AnthropicMessages);
        var tools = RequestLosses.Tools(conversation, WireProtocol.AnthropicMessages);
        var maxTokens = Math.Min(conversation.MaxOutput ?? DefaultMaxTokens, profile.MaxOutputTokens ?? long.MaxValue);
        var thinking = Thinking(conversation, profile, turns, maxTokens, losses);

        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        json.WriteStartObject();
        json.WriteString("model"u8, profile.Model);
        json.WriteNumber("max_tokens"u8, maxTokens);
        WriteSystem(json, conversation, profile, losses);
        WriteMessages(json, turns, names, conversation.Origin, losses);
        WriteTools(json, conversation, tools, turns, names);
        WriteReasoning(json, conversation, profile, thinking, maxTokens);
        WriteSampling(json, conversation.Sampling, profile, thinking is { IsOff: false }, losses);
        if (conversation.Stream) json.WriteBoolean("stream"u8, true);
        if (conversation.UserId is { } user)
        {
            json.WriteStartObject("metadata"u8);
            json.WriteString("user_id"u8, conversation.Origin == WireProtocol.AnthropicMessages ? user : RequestLosses.ForeignUser(user));
            json.WriteEndObject();
        }

        if (conversation.Origin == WireProtocol.AnthropicMessages)
        {
            // "clear_thinking" without thinking is refused.
            var withoutThinking = thinking is null or { IsOff: true } && conversation.Reasoning is { IsOff: false };
            foreach (var extra in conversation.Extras)
            {
                if (extra.Key == "context_management" && withoutThinking) History.Note(losses, "field context_management");
                else json.WriteRaw(extra.Key, extra.Value);
            }
        }

        json.WriteEndObject();
        json.Flush();
        return new(null, losses, names.ToClient);
    }

    /// <summary>A trailing assistant turn is a prefill: newer models refuse it, and nobody takes one that ends in white space.</summary>
    private static void EndTurn(List<Turn> turns, TargetProfile profile, List<string> losses)
    {
        if (!profile.Prefill) History.TellPrefill(turns, losses);
        else if (turns[^1].Parts is [.., TextPart last]) turns[^1] = turns[^1] with { Parts = [.. turns[^1].Parts.SkipLast(1), last with { Text = last.Text.TrimEnd() }] };
    }

    /// <summary>What is asked for after the model's rules; null for saying nothing.</summary>
    private static ReasoningWish? Thinking(Conversation conversation, TargetProfile profile, List<Turn> turns, long maxTokens, List<string> losses)
    {
        if (conversation.Reasoning is not { } wish) return null;
        if (wish.IsOff) return profile.ReasoningOff && profile.Reasoning != ReasoningKind.None ? wish : null;
        var reason = profile.Reasoning == ReasoningKind.None ? "reasoning (the model has none)"
            : conversation.ToolChoice is { Kind: ToolChoiceKind.Required or ToolChoiceKind.One } ? "reasoning (not with a forced tool)"
            : turns[^1].Role == TurnRole.Assistant ? "reasoning (not with prefill)"
            // A tool loop that another model began has no thinking block to go on from.
            : profile.Reasoning == ReasoningKind.Budget && turns is [.., { Role: TurnRole.Assistant, Parts: [not (ThinkingPart or RedactedThinkingPart), ..] } called, { Parts: [ToolResultPart, ..] }] && called.Parts.Any(part => part is ToolCallPart) ? "reasoning (the turn was begun by another model)"
            : profile.Reasoning == ReasoningKind.Budget && Efforts.Budget(wish, maxTokens) is null ? "reasoning (the token limit is too small)"
            : null;
        if (reason is null) return wish;
        History.Note(losses, reason);
        return profile is { Reasoning: ReasoningKind.Effort, ReasoningOff: true } ? ReasoningWish.Off : null;
    }

    private static void WriteSystem(Utf8JsonWriter json, Conversation conversation, TargetProfile profile, List<string> losses)
    {
        var blocks = conversation.System.Where(block => !string.IsNullOrWhiteSpace(block.Text)).ToList();
        if (conversation.Output is { } form && (form.Schema is null || !profile.OutputSchemas))
        {
            History.Note(losses, "form of the answer (told as an instruction)");
            blocks.Add(new(RequestLosses.FormInstruction(form)));
        }

        if (blocks.Count == 0) return;
        MarkLast(blocks, conversation.Origin);
        json.WriteStartArray("system"u8);
        foreach (var block in blocks) AnthropicContent.Write(json, block, null, null);
        json.WriteEndArray();
    }

    /// <summary>Other protocols cache by themselves; Anthropic wants marks, or every turn is paid in full.</summary>
    private static void MarkLast<T>(IList<T> parts, WireProtocol origin)
        where T : Part
    {
        if (origin != WireProtocol.AnthropicMessages && parts.Count > 0 && parts[^1] is not (ThinkingPart or RedactedThinkingPart)) parts[^1] = (T)(parts[^1] with { CacheMark = EphemeralMark });
    }

    private const string EphemeralMark = """{"type":"ephemeral"}""";

    private static void WriteMessages(Utf8JsonWriter json, List<Turn> turns, ToolNames names, WireProtocol origin, List<string> losses)
    {
        json.WriteStartArray("messages"u8);
        for (var i = 0; i < turns.Count; i++)
        {
            var parts = turns[i].Parts.ToList();
            if (i == turns.Count - 1) MarkLast(parts, origin);
            json.WriteStartObject();
            json.WriteString("role"u8, turns[i].Role switch { TurnRole.User => "user"u8, TurnRole.Assistant => "assistant"u8, TurnRole.System => "system"u8 });
            json.WriteStartArray("content"u8);
            foreach (var part in parts) AnthropicContent.Write(json, part, names, losses);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTools(Utf8JsonWriter json, Conversation conversation, List<ToolSpec> tools, List<Turn> turns, ToolNames names)
    {
        var called = turns.SelectMany(turn => turn.Parts).OfType<ToolCallPart>().Select(call => call.Name).Distinct(StringComparer.Ordinal).ToList();
        if (tools.Count == 0 && called.Count == 0) return;
        json.WriteStartArray("tools"u8);
        for (var i = 0; i < tools.Count; i++) WriteTool(json, tools[i], names, mark: conversation.Origin != WireProtocol.AnthropicMessages && i == tools.Count - 1);
        if (tools.Count == 0)
        {
            // Calls in the history of a request without tools are refused: name the tools, and forbid them.
            foreach (var name in called) WriteTool(json, new(ToolKind.Function, name, "", WireProtocol.OpenAIChat), names, mark: false);
        }

        json.WriteEndArray();
        var choice = tools.Count == 0 ? ToolChoice.Of(ToolChoiceKind.None) : conversation.ToolChoice;
        if (choice is null && conversation.ParallelTools != false) return;
        json.WriteStartObject("tool_choice"u8);
        json.WriteString("type"u8, (choice?.Kind ?? ToolChoiceKind.Auto) switch
        {
            ToolChoiceKind.Auto => "auto"u8,
            ToolChoiceKind.Required => "any"u8,
            ToolChoiceKind.One => "tool"u8,
            ToolChoiceKind.None => "none"u8,
        });
        if (choice is { Kind: ToolChoiceKind.One }) json.WriteString("name"u8, names.For(choice.Names[0]));
        if (conversation.ParallelTools == false && choice?.Kind != ToolChoiceKind.None) json.WriteBoolean("disable_parallel_tool_use"u8, true);
        json.WriteEndObject();
    }

    private static void WriteTool(Utf8JsonWriter json, ToolSpec tool, ToolNames names, bool mark)
    {
        if (tool.Origin == WireProtocol.AnthropicMessages)
        {
            json.WriteRawValue(tool.Json, skipInputValidation: true);
            return;
        }

        json.WriteStartObject();
        json.WriteString("name"u8, names.For(tool.Name));
        if (tool.Description is { Length: > 0 } description) json.WriteString("description"u8, description);
        json.WriteRaw("input_schema", tool.Kind == ToolKind.FreeText ? Schemas.FreeText : Schemas.Arguments(tool.Schema));
        if (mark) json.WriteRaw("cache_control", EphemeralMark);
        json.WriteEndObject();
    }

    private static void WriteReasoning(Utf8JsonWriter json, Conversation conversation, TargetProfile profile, ReasoningWish? thinking, long maxTokens)
    {
        var schema = profile.OutputSchemas ? conversation.Output?.Schema : null;
        var effort = thinking is { IsOff: false, Effort: not null } or { Adaptive: false, IsOff: false } && profile.Reasoning == ReasoningKind.Effort
            ? Efforts.Word(Efforts.For(thinking.EffortOrEquivalent, profile))
            : null;
        if (thinking is not null)
        {
            json.WriteStartObject("thinking"u8);
            if (thinking.IsOff)
            {
                json.WriteString("type"u8, "disabled"u8);
            }
            else if (profile.Reasoning == ReasoningKind.Effort)
            {
                json.WriteString("type"u8, "adaptive"u8);
            }
            else
            {
                json.WriteString("type"u8, "enabled"u8);
                json.WriteNumber("budget_tokens"u8, Efforts.Budget(thinking, maxTokens) ?? 1024);
            }

            json.WriteEndObject();
        }

        if (effort is null && schema is null) return;
        json.WriteStartObject("output_config"u8);
        if (effort is not null) json.WriteString("effort"u8, effort);
        if (schema is not null)
        {
            json.WriteStartObject("format"u8);
            json.WriteString("type"u8, "json_schema"u8);
            json.WriteRaw("schema", conversation.Origin == WireProtocol.AnthropicMessages ? schema : Schemas.ForAnthropic(schema));
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteSampling(Utf8JsonWriter json, Sampling sampling, TargetProfile profile, bool thinks, List<string> losses)
    {
        var stops = sampling.StopSequences.Where(stop => !string.IsNullOrWhiteSpace(stop)).ToList();
        if (stops.Count < sampling.StopSequences.Count) History.Note(losses, "stop sequence of white space");
        if (stops.Count > 0)
        {
            json.WriteStartArray("stop_sequences"u8);
            foreach (var stop in stops) json.WriteStringValue(stop);
            json.WriteEndArray();
        }

        if (sampling.Seed is not null) History.Note(losses, "seed");
        if (sampling.FrequencyPenalty is not null || sampling.PresencePenalty is not null) History.Note(losses, "penalties");
        if (!profile.SamplingAllowed || thinks)
        {
            if (sampling.Temperature is not null || sampling.TopP is not null || sampling.TopK is not null) History.Note(losses, thinks ? "temperature, top_p, top_k (not with reasoning)" : "temperature, top_p, top_k (the model refuses them)");
            return;
        }

        if (sampling.Temperature is { } temperature)
        {
            var hot = double.TryParse(temperature, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 1;
            if (hot) History.Note(losses, "temperature above 1");
            json.WriteRaw("temperature", hot ? "1" : temperature);
        }

        if (sampling.TopP is { } topP)
        {
            if (sampling.Temperature is null || profile.TemperatureWithTopP) json.WriteRaw("top_p", topP);
            else History.Note(losses, "top_p (not with temperature)");
        }

        if (sampling.TopK is { } topK) json.WriteRaw("top_k", topK);
    }
}
