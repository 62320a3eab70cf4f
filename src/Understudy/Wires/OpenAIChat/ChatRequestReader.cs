using Understudy.Calls;

namespace Understudy.Wires.OpenAIChat;

/// <summary>Reads a Chat Completions request.</summary>
internal static class ChatRequestReader
{
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "seed", "frequency_penalty",
        "presence_penalty", "stop", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "response_format",
        "reasoning_effort", "user", "safety_identifier", "n",
    };

    public static Conversation Read(JsonAt body)
    {
        var losses = new List<string>();
        var turns = new List<Turn>();
        var system = new List<TextPart>();
        foreach (var message in body.Need("messages").Items()) ReadMessage(message, system, turns, losses);
        return new()
        {
            Origin = WireProtocol.OpenAIChat,
            Model = body.NeedText("model"),
            System = system,
            Turns = turns,
            Tools = [.. body.FindItems("tools").Select(ReadTool)],
            ToolChoice = ReadToolChoice(body.Find("tool_choice")),
            ParallelTools = body.FindBool("parallel_tool_calls"),
            Sampling = new()
            {
                Temperature = body.FindNumber("temperature"),
                TopP = body.FindNumber("top_p"),
                TopK = body.FindNumber("top_k"),
                Seed = body.FindNumber("seed"),
                FrequencyPenalty = body.FindNumber("frequency_penalty"),
                PresencePenalty = body.FindNumber("presence_penalty"),
                StopSequences = body.Find("stop") is not { } stop ? [] : stop.IsText ? [stop.Text()] : [.. stop.Items().Select(item => item.Text())],
            },
            MaxOutput = body.FindInteger("max_completion_tokens") ?? body.FindInteger("max_tokens"),
            Reasoning = body.FindText("reasoning_effort") is not { } effort ? null : new(Efforts.Read(effort) ?? ReasoningEffort.High, null, false),
            Output = ReadFormat(body.Find("response_format")),
            Stream = body.FindBool("stream") ?? false,
            IncludeUsage = body.Find("stream_options")?.FindBool("include_usage") ?? false,
            UserId = body.FindText("user") ?? body.FindText("safety_identifier"),
            Answers = body.FindInteger("n") ?? 1,
            Extras = [.. body.Others(Known)],
            Losses = losses,
        };
    }

    private static void ReadMessage(JsonAt message, List<TextPart> system, List<Turn> turns, List<string> losses)
    {
        switch (message.NeedText("role"))
        {
            case "system" or "developer":
                var said = ReadContent(message.Find("content")).OfType<TextPart>().ToList();
                if (turns.Count == 0) system.AddRange(said);
                else turns.Add(new(TurnRole.System, said));
                break;
            case "user": turns.Add(new(TurnRole.User, ReadContent(message.Need("content")))); break;
            case "assistant": turns.Add(new(TurnRole.Assistant, ReadAssistant(message, losses))); break;
            case "tool":
                var content = ReadContent(message.Find("content"));
                turns.Add(new(TurnRole.User, [new ToolResultPart(message.NeedText("tool_call_id"), content, ToolErrors.Undo(content))]));
                break;
            case "function": throw message.Need("role").Fail("Function messages are no longer supported: use tool messages.");
            default: throw message.Need("role").Fail("The role must be developer, system, user, assistant or tool.");
        }
    }

    private static List<Part> ReadAssistant(JsonAt message, List<string> losses)
    {
        var parts = new List<Part>();
        if ((message.FindText("reasoning_content") ?? message.FindText("reasoning")) is { Length: > 0 } reasoning) parts.Add(new ThinkingPart(reasoning, null, ReasoningMaker.Unknown));
        parts.AddRange(ReadContent(message.Find("content")));
        if (message.FindText("refusal") is { Length: > 0 } refusal) parts.Add(new RefusalPart(refusal));
        foreach (var call in message.FindItems("tool_calls")) parts.Add(ReadCall(call));
        if (message.Find("function_call") is not null) History.Note(losses, "field function_call");
        if (message.Find("audio") is not null) History.Note(losses, "an earlier spoken answer");
        return parts;
    }

    internal static ToolCallPart ReadCall(JsonAt call)
    {
        var custom = call.FindText("type") == "custom";
        var function = call.Need(custom ? "custom" : "function");
        var arguments = function.Find(custom ? "input" : "arguments");
        return new(call.FindText("id") ?? "", function.NeedText("name"), arguments is not { } given ? "" : given.IsObject ? given.Raw : given.Text())
        {
            IsFreeText = custom,
            GeminiSignature = call.Find("extra_content")?.Find("google")?.FindText("thought_signature"),
        };
    }

    private static List<Part> ReadContent(JsonAt? content) => content is not { } given ? []
        : given.IsText ? [new TextPart(given.Text())]
        : [.. given.Items().Select(ReadPart)];

    private static Part ReadPart(JsonAt part)
    {
        var type = part.NeedText("type");
        switch (type)
        {
            case "text": return new TextPart(part.NeedText("text"));
            case "refusal": return new RefusalPart(part.NeedText("refusal"));
            case "image_url":
                var image = part.Need("image_url");
                var url = image.IsText ? image.Text() : image.NeedText("url"); // some clients leave the object out
                var detail = image.IsObject ? image.FindText("detail") : null;
                return (Images.TryDataUrl(url, out var mediaType, out var base64) ? new ImagePart(mediaType, base64, null) : new ImagePart(null, null, url)) with { Detail = detail };
            case "input_audio":
                var audio = part.Need("input_audio");
                return new AudioPart(audio.NeedText("format"), audio.NeedText("data"));
            case "file" when part.Need("file").FindText("file_data") is { } data && Images.TryDataUrl(data, out var fileType, out var file):
                return new DocumentPart(fileType, file, null, null, part.Need("file").FindText("filename"));
            default: return new OpaquePart(type, part.Raw, WireProtocol.OpenAIChat);
        }
    }

    private static ToolSpec ReadTool(JsonAt tool)
    {
        var type = tool.NeedText("type");
        if (type is not ("function" or "custom")) return new(ToolKind.Hosted, type, tool.Raw, WireProtocol.OpenAIChat);
        var function = tool.Need(type);
        return new(type == "custom" ? ToolKind.FreeText : ToolKind.Function, function.NeedText("name"), tool.Raw, WireProtocol.OpenAIChat)
        {
            Description = function.FindText("description"),
            Schema = function.Find("parameters") is { } parameters ? parameters.IsObject ? parameters.Raw : throw parameters.Wrong("an object") : null,
            Strict = function.FindBool("strict"),
        };
    }

    private static ToolChoice? ReadToolChoice(JsonAt? choice)
    {
        if (choice is not { } given) return null;
        if (given.IsText)
        {
            return given.Text() switch
            {
                "auto" => ToolChoice.Of(ToolChoiceKind.Auto),
                "required" => ToolChoice.Of(ToolChoiceKind.Required),
                "none" => ToolChoice.Of(ToolChoiceKind.None),
                _ => throw given.Fail("The choice must be auto, required, none or an object."),
            };
        }

        switch (given.NeedText("type"))
        {
            case "function": return new(ToolChoiceKind.One, [given.Need("function").NeedText("name")]);
            case "custom": return new(ToolChoiceKind.One, [given.Need("custom").NeedText("name")]);
            case "allowed_tools":
                var allowed = given.Need("allowed_tools");
                return new(
                    allowed.FindText("mode") == "required" ? ToolChoiceKind.Required : ToolChoiceKind.Auto,
                    [.. allowed.FindItems("tools").Select(tool => tool.Find("function")?.FindText("name") ?? tool.Find("custom")?.FindText("name")).OfType<string>()]);
            default: throw given.Need("type").Fail("The type must be function, custom or allowed_tools.");
        }
    }

    private static OutputForm? ReadFormat(JsonAt? format) => format is not { } given ? null : given.NeedText("type") switch
    {
        "text" => null,
        "json_object" => new(null, null, null, null),
        "json_schema" when given.Need("json_schema") is var schema => new(schema.Need("schema").Raw, schema.FindText("name"), schema.FindText("description"), schema.FindBool("strict")),
        _ => throw given.Need("type").Fail("The type must be text, json_object or json_schema."),
    };
}
