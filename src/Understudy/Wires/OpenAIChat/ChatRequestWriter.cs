using System.Buffers;
using System.Text.Json;
using Understudy.Calls;

namespace Understudy.Wires.OpenAIChat;

/// <summary>Writes a Chat Completions request for a model with its own rules.</summary>
internal static class ChatRequestWriter
{
    /// <summary>OpenAI's greatest number of stop sequences.</summary>
    private const int MostStops = 4;

    /// <summary>What a reasoning model gets on top where the client did not expect it to think: it counts thoughts as output.</summary>
    private const long RoomToThink = 4_096;

    public static WrittenRequest Write(Conversation conversation, TargetProfile profile, IBufferWriter<byte> output)
    {
        if (Ability.Lacks(conversation, profile, WireProtocol.OpenAIChat) is { } lack) return WrittenRequest.NotAble(lack);
        var losses = RequestLosses.Begin(conversation, WireProtocol.OpenAIChat);
        var rules = new HistoryRules
        {
            Protocol = WireProtocol.OpenAIChat,
            ToolId = profile.NineCharacterToolIds ? ToolIds.Nine : ToolIds.Common,
            SystemTurns = true,
            UserFirst = false,
        };
        var turns = History.Arrange(conversation, rules, losses);
        if (turns.Count == 0) return WrittenRequest.NotAble("nothing is left of the conversation");
        // A Chat client's own trailing assistant message is its own affair.
        if (turns[^1].Role == TurnRole.Assistant && !profile.Prefill && conversation.Origin != WireProtocol.OpenAIChat) History.TellPrefill(turns, losses);
        var names = new ToolNames(conversation.Origin != WireProtocol.OpenAIChat);

        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        json.WriteStartObject();
        json.WriteString("model"u8, profile.Model);
        json.WriteStartArray("messages"u8);
        WriteSystem(json, conversation, profile, losses);
        foreach (var turn in turns) ChatMessages.Write(json, turn, names, losses);
        json.WriteEndArray();
        WriteTools(json, conversation, profile, turns, names, losses);
        WriteLimits(json, conversation, profile, losses);
        WriteSampling(json, conversation.Sampling, profile, losses);
        if (profile.OutputSchemas) WriteFormat(json, conversation.Output);
        if (conversation.Stream)
        {
            json.WriteBoolean("stream"u8, true);
            // Always asked for: without it a stream tells no usage. The writer hides the chunk from a client that did not ask.
            json.WriteStartObject("stream_options"u8);
            json.WriteBoolean("include_usage"u8, true);
            json.WriteEndObject();
        }

        // Only OpenAI gets it: strict compatible servers refuse what they do not know.
        if (conversation.UserId is { } user && profile.MaxCompletionTokens) json.WriteString("user"u8, conversation.Origin == WireProtocol.OpenAIChat ? user : RequestLosses.ForeignUser(user));
        if (conversation.Origin == WireProtocol.OpenAIChat)
        {
            if (conversation.Answers > 1) json.WriteNumber("n"u8, conversation.Answers);
            foreach (var extra in conversation.Extras) json.WriteRaw(extra.Key, extra.Value);
        }

        json.WriteEndObject();
        json.Flush();
        return new(null, losses, names.ToClient);
    }

    private static void WriteSystem(Utf8JsonWriter json, Conversation conversation, TargetProfile profile, List<string> losses)
    {
        var texts = conversation.System.Where(block => !string.IsNullOrWhiteSpace(block.Text) && !RequestLosses.IsAttribution(block)).Select(block => block.Text).ToList();
        if (conversation.Output is { } form && !profile.OutputSchemas)
        {
            History.Note(losses, "form of the answer (told as an instruction)");
            texts.Add(RequestLosses.FormInstruction(form));
        }

        if (texts.Count == 0) return;
        // One message: the templates of local models refuse a second system message.
        json.WriteStartObject();
        json.WriteString("role"u8, "system"u8);
        json.WriteString("content"u8, string.Join("\n\n", texts));
        json.WriteEndObject();
    }

    private static void WriteTools(Utf8JsonWriter json, Conversation conversation, TargetProfile profile, List<Turn> turns, ToolNames names, List<string> losses)
    {
        var tools = RequestLosses.Tools(conversation, WireProtocol.OpenAIChat);
        var forbidden = conversation.ToolChoice is { Kind: ToolChoiceKind.None };
        var inHistory = turns.Any(turn => turn.Parts.Any(part => part is ToolCallPart));
        if (forbidden && !profile.ToolChoice && !inHistory) tools.Clear(); // an ignored "none" is told by leaving them out
        if (tools.Count == 0) return; // with an empty list, or a choice without tools, OpenAI refuses the request
        json.WriteStartArray("tools"u8);
        foreach (var tool in tools) WriteTool(json, tool, names, losses);
        json.WriteEndArray();
        if (conversation.ToolChoice is { } choice)
        {
            if (choice.Kind == ToolChoiceKind.One)
            {
                json.WriteStartObject("tool_choice"u8);
                json.WriteString("type"u8, "function"u8);
                json.WriteStartObject("function"u8);
                json.WriteString("name"u8, names.For(choice.Names[0]));
                json.WriteEndObject();
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

    private static void WriteTool(Utf8JsonWriter json, ToolSpec tool, ToolNames names, List<string> losses)
    {
        if (tool.Origin == WireProtocol.OpenAIChat)
        {
            json.WriteRawValue(tool.Json, skipInputValidation: true);
            return;
        }

        json.WriteStartObject();
        json.WriteString("type"u8, "function"u8);
        json.WriteStartObject("function"u8);
        json.WriteString("name"u8, names.For(tool.Name));
        if (tool.Description is { Length: > 0 } description) json.WriteString("description"u8, description);
        json.WriteRaw("parameters", tool.Kind == ToolKind.FreeText ? Schemas.FreeText : Schemas.Arguments(tool.Schema));
        if (tool.Strict == true)
        {
            // OpenAI's strict asks for more of a schema (every property required) than the schema's own vendor does.
            if (tool.Origin == WireProtocol.OpenAIResponses) json.WriteBoolean("strict"u8, true);
            else History.Note(losses, "strict tools");
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteLimits(Utf8JsonWriter json, Conversation conversation, TargetProfile profile, List<string> losses)
    {
        var reasoning = conversation.Reasoning;
        if (profile.Reasoning == ReasoningKind.Effort)
        {
            // Who comes from a protocol where thinking must be asked for, and did not ask, gets as little as there is.
            var wish = reasoning?.EffortOrEquivalent ?? (conversation.Origin == WireProtocol.AnthropicMessages ? ReasoningEffort.None : null as ReasoningEffort?);
            if (wish is { } effort) json.WriteString("reasoning_effort"u8, Efforts.Word(Efforts.For(effort, profile)));
        }
        else if (reasoning is { IsOff: false })
        {
            History.Note(losses, "reasoning (the model's own way)");
        }

        if (conversation.MaxOutput is not { } max) return;
        if (profile.Reasoning == ReasoningKind.Effort && conversation.Origin != WireProtocol.OpenAIChat && reasoning is null or { IsOff: true }) max += profile.ReasoningOff ? 0 : RoomToThink;
        max = Math.Min(max, profile.MaxOutputTokens ?? long.MaxValue);
        json.WriteNumber(profile.MaxCompletionTokens ? "max_completion_tokens"u8 : "max_tokens"u8, max);
    }

    private static void WriteSampling(Utf8JsonWriter json, Sampling sampling, TargetProfile profile, List<string> losses)
    {
        if (sampling.TopK is not null) History.Note(losses, "top_k");
        if (profile.SamplingAllowed)
        {
            if (sampling.Temperature is { } temperature) json.WriteRaw("temperature", temperature);
            if (sampling.TopP is { } topP) json.WriteRaw("top_p", topP);
            if (sampling.FrequencyPenalty is { } frequency) json.WriteRaw("frequency_penalty", frequency);
            if (sampling.PresencePenalty is { } presence) json.WriteRaw("presence_penalty", presence);
        }
        else if (sampling.Temperature is not null || sampling.TopP is not null || sampling.FrequencyPenalty is not null || sampling.PresencePenalty is not null)
        {
            History.Note(losses, "temperature, top_p, penalties (the model refuses them)");
        }

        if (sampling.Seed is { } seed) json.WriteRaw("seed", seed);
        if (sampling.StopSequences.Count == 0) return;
        if (!profile.StopSequences || sampling.StopSequences.Count > MostStops) History.Note(losses, "stop sequences");
        if (!profile.StopSequences) return;
        json.WriteStartArray("stop"u8);
        foreach (var stop in sampling.StopSequences.Take(MostStops)) json.WriteStringValue(stop);
        json.WriteEndArray();
    }

    private static void WriteFormat(Utf8JsonWriter json, OutputForm? form)
    {
        if (form is null) return;
        json.WriteStartObject("response_format"u8);
        json.WriteString("type"u8, form.Schema is null ? "json_object"u8 : "json_schema"u8);
        if (form.Schema is { } schema)
        {
            json.WriteStartObject("json_schema"u8);
            json.WriteString("name"u8, form.Name ?? "answer");
            if (form.Description is { } description) json.WriteString("description"u8, description);
            json.WriteRaw("schema", schema);
            if (form.Strict is { } strict) json.WriteBoolean("strict"u8, strict);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
