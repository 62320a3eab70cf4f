using Understudy.Calls;

namespace Understudy.Wires.OpenAIResponses;

/// <summary>Reads a Responses request.</summary>
internal static class ResponsesRequestReader
{
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "model", "input", "instructions", "max_output_tokens", "temperature", "top_p", "tools", "tool_choice", "parallel_tool_calls",
        "reasoning", "text", "stream", "user", "safety_identifier",
    };

    public static Conversation Read(JsonAt body)
    {
        var losses = new List<string>();
        var system = new List<TextPart>();
        var turns = new List<Turn>();
        List<ToolSpec> tools = [.. body.FindItems("tools").SelectMany(tool => ReadTool(tool, null))];
        if (body.FindText("instructions") is { } instructions) system.Add(new(instructions));
        if (body.Need("input") is { IsText: true } input) turns.Add(new(TurnRole.User, [new TextPart(input.Text())]));
        else foreach (var item in body.Need("input").Items()) ReadItem(item, system, turns, tools);
        var format = body.Find("text")?.Find("format");
        if (body.Find("text")?.FindText("verbosity") is not null) History.Note(losses, "field text.verbosity");
        return new()
        {
            Origin = WireProtocol.OpenAIResponses,
            Model = body.NeedText("model"),
            System = system,
            Turns = turns,
            Tools = tools,
            ToolChoice = ReadToolChoice(body.Find("tool_choice")),
            ParallelTools = body.FindBool("parallel_tool_calls"),
            Sampling = new() { Temperature = body.FindNumber("temperature"), TopP = body.FindNumber("top_p") },
            MaxOutput = body.FindInteger("max_output_tokens"),
            Reasoning = body.Find("reasoning")?.FindText("effort") is { } effort ? new(Efforts.Read(effort) ?? ReasoningEffort.High, null, false) : null,
            Output = format is { } given ? ReadFormat(given) : null,
            Stream = body.FindBool("stream") ?? false,
            IncludeUsage = true,
            UserId = body.FindText("safety_identifier") ?? body.FindText("user"),
            Extras = [.. body.Others(Known)],
            Losses = losses,
        };
    }

    private static void ReadItem(JsonAt item, List<TextPart> system, List<Turn> turns, List<ToolSpec> tools)
    {
        switch (item.FindText("type") ?? "message")
        {
            case "message": ReadMessage(item, system, turns); break;
            case "function_call_output" or "custom_tool_call_output":
                turns.Add(new(TurnRole.User, [ReadOutput(item)]));
                break;
            case "additional_tools": // newer Codex declares its tools in the conversation
                tools.AddRange(item.FindItems("tools").SelectMany(tool => ReadTool(tool, null)));
                break;
            default:
                var parts = new List<Part>();
                ReadOutputItem(item, parts);
                if (parts.Count > 0) turns.Add(new(TurnRole.Assistant, parts));
                break;
        }
    }

    private static void ReadMessage(JsonAt item, List<TextPart> system, List<Turn> turns)
    {
        var content = item.Need("content");
        List<Part> parts = content.IsText ? [new TextPart(content.Text())] : [.. content.Items().Select(ReadPart)];
        switch (item.NeedText("role"))
        {
            case "user": turns.Add(new(TurnRole.User, parts)); break;
            case "assistant": turns.Add(new(TurnRole.Assistant, parts)); break;
            case "system" or "developer":
                if (turns.Count == 0) system.AddRange(parts.OfType<TextPart>());
                else turns.Add(new(TurnRole.System, parts));
                break;
            default: throw item.Need("role").Fail("The role must be user, assistant, system or developer.");
        }
    }

    private static Part ReadPart(JsonAt part)
    {
        var type = part.NeedText("type");
        switch (type)
        {
            case "input_text" or "output_text" or "text": return new TextPart(part.NeedText("text"));
            case "refusal": return new RefusalPart(part.NeedText("refusal"));
            case "input_image" when part.FindText("image_url") is { } url:
                return (Images.TryDataUrl(url, out var mediaType, out var base64) ? new ImagePart(mediaType, base64, null) : new ImagePart(null, null, url)) with { Detail = part.FindText("detail") };
            case "input_file" when part.FindText("file_data") is { } data && Images.TryDataUrl(data, out var fileType, out var file):
                return new DocumentPart(fileType, file, null, null, part.FindText("filename"));
            case "input_file" when part.FindText("file_url") is { } address: return new DocumentPart(null, null, null, address, part.FindText("filename"));
            default: return new OpaquePart(type, part.Raw, WireProtocol.OpenAIResponses);
        }
    }

    private static ToolResultPart ReadOutput(JsonAt item)
    {
        var output = item.Find("output");
        List<Part> content = output is not { } given ? [] : given.IsText ? [new TextPart(given.Text())] : [.. given.Items().Select(ReadPart)];
        return new(item.NeedText("call_id"), content, ToolErrors.Undo(content));
    }

    /// <summary>An item that the model made: in an answer, or in the history.</summary>
    public static void ReadOutputItem(JsonAt item, List<Part> parts)
    {
        var type = item.NeedText("type");
        switch (type)
        {
            case "message": parts.AddRange(item.FindItems("content").Select(ReadPart)); break;
            case "function_call": parts.Add(new ToolCallPart(item.NeedText("call_id"), item.NeedText("name"), item.FindText("arguments") ?? "") { Namespace = item.FindText("namespace") }); break;
            case "custom_tool_call": parts.Add(new ToolCallPart(item.NeedText("call_id"), item.NeedText("name"), item.FindText("input") ?? "") { IsFreeText = true, Namespace = item.FindText("namespace") }); break;
            case "reasoning":
                var text = string.Join("\n\n", item.FindItems("summary").Concat(item.FindItems("content")).Select(piece => piece.FindText("text")).OfType<string>());
                var encrypted = item.FindText("encrypted_content");
                if (text.Length > 0 || encrypted is not null) parts.Add(new ThinkingPart(text, encrypted, ReasoningMaker.OpenAI));
                break;
            default: parts.Add(new OpaquePart(type, item.Raw, WireProtocol.OpenAIResponses)); break;
        }
    }

    private static IEnumerable<ToolSpec> ReadTool(JsonAt tool, string? space)
    {
        var type = tool.NeedText("type");
        if (type == "namespace") return tool.FindItems("tools").SelectMany(inner => ReadTool(inner, tool.NeedText("name")));
        if (type is not ("function" or "custom")) return [new(ToolKind.Hosted, tool.FindText("name") ?? type, tool.Raw, WireProtocol.OpenAIResponses)];
        return
        [
            new(type == "custom" ? ToolKind.FreeText : ToolKind.Function, tool.NeedText("name"), tool.Raw, WireProtocol.OpenAIResponses)
            {
                Description = tool.FindText("description"),
                Schema = tool.Find("parameters")?.Raw,
                Strict = tool.FindBool("strict"),
                Namespace = space,
            },
        ];
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

        return given.NeedText("type") switch
        {
            "function" or "custom" => new(ToolChoiceKind.One, [given.NeedText("name")]),
            "allowed_tools" => new(
                given.FindText("mode") == "required" ? ToolChoiceKind.Required : ToolChoiceKind.Auto,
                [.. given.FindItems("tools").Select(tool => tool.FindText("name")).OfType<string>()]),
            var hosted => new(ToolChoiceKind.One, [hosted]),
        };
    }

    private static OutputForm? ReadFormat(JsonAt format) => format.NeedText("type") switch
    {
        "text" => null,
        "json_object" => new(null, null, null, null),
        "json_schema" => new(format.Need("schema").Raw, format.FindText("name"), format.FindText("description"), format.FindBool("strict")),
        _ => throw format.Need("type").Fail("The type must be text, json_object or json_schema."),
    };
}
