using Understudy.Calls;

namespace Understudy.Wires.Gemini;

/// <summary>Reads a generateContent request. The model and the wish to stream stand in the address: the endpoint adds them.</summary>
internal static class GeminiRequestReader
{
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "contents", "systemInstruction", "system_instruction", "tools", "toolConfig", "tool_config", "generationConfig", "generation_config", "model",
    };

    private static readonly HashSet<string> KnownSettings = new(StringComparer.Ordinal)
    {
        "temperature", "topP", "topK", "candidateCount", "maxOutputTokens", "stopSequences", "presencePenalty", "frequencyPenalty", "seed",
        "responseMimeType", "responseSchema", "responseJsonSchema", "thinkingConfig",
    };

    public static Conversation Read(JsonAt body)
    {
        var losses = new List<string>();
        var settings = Either(body, "generationConfig", "generation_config");
        foreach (var other in settings?.Others(KnownSettings) ?? []) History.Note(losses, $"field generationConfig.{other.Key}");
        var system = Either(body, "systemInstruction", "system_instruction");
        var mime = settings?.FindText("responseMimeType");
        return new()
        {
            Origin = WireProtocol.Gemini,
            Model = body.FindText("model") ?? "",
            System = system is null ? [] : [.. ReadSystem(system.Value)],
            Turns = ReadTurns(body.Need("contents")),
            Tools = [.. body.FindItems("tools").SelectMany(ReadTools)],
            ToolChoice = ReadToolChoice(Either(body, "toolConfig", "tool_config")?.Find("functionCallingConfig")),
            Sampling = settings is not { } given ? Sampling.None : new()
            {
                Temperature = given.FindNumber("temperature"),
                TopP = given.FindNumber("topP"),
                TopK = given.FindNumber("topK"),
                Seed = given.FindNumber("seed"),
                FrequencyPenalty = given.FindNumber("frequencyPenalty"),
                PresencePenalty = given.FindNumber("presencePenalty"),
                StopSequences = [.. given.FindItems("stopSequences").Select(item => item.Text())],
            },
            MaxOutput = settings?.FindInteger("maxOutputTokens"),
            Reasoning = settings?.Find("thinkingConfig") is { } thinking ? ReadReasoning(thinking) : null,
            Output = mime == "application/json" ? new(settings?.Find("responseJsonSchema")?.Raw ?? OpenApi(settings?.Find("responseSchema")), null, null, null) : null,
            IncludeUsage = true,
            Answers = settings?.FindInteger("candidateCount") ?? 1,
            Extras = [.. body.Others(Known)],
            Losses = losses,
        };
    }

    /// <summary>Google's JSON takes both spellings; its own examples use the second.</summary>
    private static JsonAt? Either(JsonAt at, string camel, string snake) => at.Find(camel) ?? at.Find(snake);

    private static IEnumerable<TextPart> ReadSystem(JsonAt system) =>
        system.IsText ? [new TextPart(system.Text())] : system.FindItems("parts").Select(part => new TextPart(part.NeedText("text")));

    private static List<Turn> ReadTurns(JsonAt contents)
    {
        var turns = new List<Turn>();
        var count = 0;
        var open = new List<ToolCallPart>();
        foreach (var content in contents.IsArray ? contents.Items() : [contents])
        {
            var role = content.FindText("role") switch
            {
                null or "user" or "function" => TurnRole.User,
                "model" => TurnRole.Assistant,
                _ => throw content.Need("role").Fail("The role must be user or model."),
            };
            var parts = new List<Part>();
            foreach (var part in content.FindItems("parts"))
            {
                var read = ReadPart(part, ref count, open);
                if (read is ToolCallPart call) open.Add(call);
                parts.Add(read);
            }

            if (role == TurnRole.User) open.Clear();
            turns.Add(new(role, parts));
        }

        return turns;
    }

    private static Part ReadPart(JsonAt part, ref int count, List<ToolCallPart> open)
    {
        if (part.Find("functionCall") is { } call)
        {
            return new ToolCallPart(call.FindText("id") ?? ToolIds.Mint("gemini"u8, count++), call.NeedText("name"), call.Find("args")?.Raw ?? "{}") { GeminiSignature = ForeignCall.Own(part.FindText("thoughtSignature")) };
        }

        if (part.Find("functionResponse") is { } response) return ReadResponse(response, open);
        if (part.FindText("text") is { } text)
        {
            return part.FindBool("thought") == true ? new ThinkingPart(text, part.FindText("thoughtSignature"), ReasoningMaker.Gemini) : new TextPart(text);
        }

        if (Either(part, "inlineData", "inline_data") is { } data) return ReadInline(Either(data, "mimeType", "mime_type") is { } type ? type.Text() : "", data.NeedText("data"));
        return new OpaquePart(part.Value.EnumerateObject().Select(property => property.Name).FirstOrDefault() ?? "part", part.Raw, WireProtocol.Gemini);
    }

    private static Part ReadInline(string type, string data) =>
        type.StartsWith("image/", StringComparison.Ordinal) ? new ImagePart(type, data, null)
        : type.StartsWith("audio/", StringComparison.Ordinal) ? new AudioPart(type["audio/".Length..], data)
        : new DocumentPart(type, data, null, null, null);

    /// <summary>A response names its call by id, or else by its tool's name and its place among the calls of that name.</summary>
    private static ToolResultPart ReadResponse(JsonAt response, List<ToolCallPart> open)
    {
        var name = response.FindText("name") ?? "";
        var id = response.FindText("id");
        var call = open.Find(candidate => id is not null ? candidate.Id == id : candidate.Name == name);
        if (call is not null) open.Remove(call);
        var given = response.Find("response");
        var error = given?.Find("error");
        var told = error ?? given?.Find("output") ?? given?.Find("result") ?? given;
        var text = told is not { } value ? "" : value.IsText ? value.Text() : value.Raw;
        return new(call?.Id ?? id ?? name, [new TextPart(text)], error is not null);
    }

    private static IEnumerable<ToolSpec> ReadTools(JsonAt tool)
    {
        if (Either(tool, "functionDeclarations", "function_declarations") is not { } declarations)
        {
            return [new(ToolKind.Hosted, tool.Value.EnumerateObject().Select(property => property.Name).FirstOrDefault() ?? "tool", tool.Raw, WireProtocol.Gemini)];
        }

        return declarations.Items().Select(function => new ToolSpec(ToolKind.Function, function.NeedText("name"), function.Raw, WireProtocol.Gemini)
        {
            Description = function.FindText("description"),
            Schema = (function.Find("parametersJsonSchema") ?? function.Find("parameters")) is not { } schema ? null
                : function.Find("parametersJsonSchema") is null ? Schemas.FromOpenApi(schema.Raw) : schema.Raw,
        });
    }

    private static string? OpenApi(JsonAt? schema) => schema is { } given ? Schemas.FromOpenApi(given.Raw) : null;

    private static ToolChoice? ReadToolChoice(JsonAt? config)
    {
        if (config is not { } given) return null;
        List<string> names = [.. given.FindItems("allowedFunctionNames").Select(name => name.Text())];
        return given.FindText("mode") switch
        {
            null or "AUTO" or "MODE_UNSPECIFIED" => new(ToolChoiceKind.Auto, names),
            "VALIDATED" => new(ToolChoiceKind.Auto, names),
            "ANY" => names.Count == 1 ? new(ToolChoiceKind.One, names) : new(ToolChoiceKind.Required, names),
            "NONE" => ToolChoice.Of(ToolChoiceKind.None),
            _ => throw given.Need("mode").Fail("The mode must be AUTO, ANY, NONE or VALIDATED."),
        };
    }

    private static ReasoningWish ReadReasoning(JsonAt thinking)
    {
        if (thinking.FindInteger("thinkingBudget") is { } budget) return budget == 0 ? ReasoningWish.Off : budget < 0 ? new(null, null, true) : new(null, budget, false);
        return new(thinking.FindText("thinkingLevel") is { } level ? Efforts.Read(level.ToLowerInvariant()) : null, null, true);
    }
}
