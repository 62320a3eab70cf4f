using Understudy.Calls;

namespace Understudy.Wires.Anthropic;

/// <summary>Reads a Messages request.</summary>
internal static class AnthropicRequestReader
{
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "model", "max_tokens", "messages", "system", "temperature", "top_p", "top_k", "stop_sequences", "stream", "metadata",
        "tools", "tool_choice", "thinking", "output_config", "output_format",
    };

    private static readonly HashSet<string> KnownOutput = new(StringComparer.Ordinal) { "effort", "format" };

    public static Conversation Read(JsonAt body)
    {
        var losses = new List<string>();
        var output = body.Find("output_config");
        if (output is { } config)
        {
            if (body.Find("thinking") is null && config.Find("effort") is not null) History.Note(losses, "field output_config.effort");
            foreach (var other in config.Others(KnownOutput)) History.Note(losses, $"field output_config.{other.Key}");
        }

        return new()
        {
            Origin = WireProtocol.AnthropicMessages,
            Model = body.NeedText("model"),
            System = [.. ReadSystem(body)],
            Turns = [.. body.Need("messages").Items().Select(message => ReadTurn(message, losses))],
            Tools = [.. body.FindItems("tools").Select(ReadTool)],
            ToolChoice = ReadToolChoice(body.Find("tool_choice")),
            ParallelTools = body.Find("tool_choice")?.FindBool("disable_parallel_tool_use") is { } off ? !off : null,
            Sampling = new()
            {
                Temperature = body.FindNumber("temperature"),
                TopP = body.FindNumber("top_p"),
                TopK = body.FindNumber("top_k"),
                StopSequences = [.. body.FindItems("stop_sequences").Select(item => item.Text())],
            },
            MaxOutput = body.FindInteger("max_tokens"),
            Reasoning = ReadReasoning(body.Find("thinking"), output),
            Output = (output?.Find("format") ?? body.Find("output_format")) is { } format ? ReadFormat(format) : null, // the second is its older place
            Stream = body.FindBool("stream") ?? false,
            IncludeUsage = true,
            UserId = body.Find("metadata")?.FindText("user_id"),
            Extras = [.. body.Others(Known)],
            Losses = losses,
        };
    }

    private static IEnumerable<TextPart> ReadSystem(JsonAt body)
    {
        if (body.Find("system") is not { } system) yield break;
        if (system.IsText)
        {
            yield return new(system.Text());
            yield break;
        }

        foreach (var block in system.Items()) yield return new(block.NeedText("text")) { CacheMark = block.Find("cache_control")?.Raw };
    }

    private static Turn ReadTurn(JsonAt message, List<string> losses)
    {
        var role = message.NeedText("role") switch
        {
            "user" => TurnRole.User,
            "assistant" => TurnRole.Assistant,
            "system" => TurnRole.System,
            _ => throw message.Need("role").Fail("The role must be user, assistant or system."),
        };
        return new(role, ReadContent(message.Need("content"), losses));
    }

    private static List<Part> ReadContent(JsonAt content, List<string> losses) =>
        content.IsText ? [new TextPart(content.Text())] : [.. content.Items().Select(block => ReadPart(block, losses))];

    internal static Part ReadPart(JsonAt block, List<string> losses)
    {
        var mark = block.Find("cache_control")?.Raw;
        var type = block.NeedText("type");
        Part part = type switch
        {
            "text" => ReadText(block, losses),
            "image" => ReadImage(block.Need("source"), block),
            "document" => ReadDocument(block, losses),
            "tool_use" => new ToolCallPart(block.NeedText("id"), block.NeedText("name"), Input(block.Need("input"))),
            "tool_result" => new ToolResultPart(block.NeedText("tool_use_id"), block.Find("content") is { } content ? ReadContent(content, losses) : [], block.FindBool("is_error") ?? false),
            "thinking" => ReadThinking(block),
            "redacted_thinking" => new RedactedThinkingPart(block.NeedText("data"), ReasoningMaker.Anthropic),
            _ => new OpaquePart(type, block.Raw, WireProtocol.AnthropicMessages), // server tools, search results, and what may come
        };
        return mark is null ? part : part with { CacheMark = mark };
    }

    private static string Input(JsonAt input) => input.IsObject ? input.Raw : throw input.Wrong("an object");

    private static TextPart ReadText(JsonAt block, List<string> losses)
    {
        if (block.Find("citations") is { IsArray: true }) History.Note(losses, "citations");
        return new(block.NeedText("text"));
    }

    private static ThinkingPart ReadThinking(JsonAt block)
    {
        var (maker, signature) = GatewaySignature.Read(block.FindText("signature") ?? "");
        return new(block.FindText("thinking") ?? "", signature, maker);
    }

    private static Part ReadImage(JsonAt source, JsonAt block) => source.NeedText("type") switch
    {
        "base64" => new ImagePart(source.NeedText("media_type"), source.NeedText("data"), null),
        "url" => new ImagePart(null, null, source.NeedText("url")),
        _ => new OpaquePart("image", block.Raw, WireProtocol.AnthropicMessages), // a file of this account
    };

    private static Part ReadDocument(JsonAt block, List<string> losses)
    {
        if (block.Find("citations") is not null) History.Note(losses, "citations");
        var source = block.Need("source");
        var title = block.FindText("title");
        return source.NeedText("type") switch
        {
            "base64" => new DocumentPart(source.NeedText("media_type"), source.NeedText("data"), null, null, title),
            "text" => new DocumentPart("text/plain", null, source.NeedText("data"), null, title),
            "url" => new DocumentPart(null, null, null, source.NeedText("url"), title),
            _ => new OpaquePart("document", block.Raw, WireProtocol.AnthropicMessages),
        };
    }

    private static ToolSpec ReadTool(JsonAt tool)
    {
        var isFunction = tool.FindText("type") is null or "custom";
        return new(isFunction ? ToolKind.Function : ToolKind.Hosted, tool.NeedText("name"), tool.Raw, WireProtocol.AnthropicMessages)
        {
            Description = tool.FindText("description"),
            Schema = isFunction ? tool.Need("input_schema").Raw : null,
            Strict = tool.FindBool("strict"),
            CacheMark = tool.Find("cache_control")?.Raw,
        };
    }

    private static ToolChoice? ReadToolChoice(JsonAt? choice) => choice is not { } given ? null : given.NeedText("type") switch
    {
        "auto" => ToolChoice.Of(ToolChoiceKind.Auto),
        "any" => ToolChoice.Of(ToolChoiceKind.Required),
        "none" => ToolChoice.Of(ToolChoiceKind.None),
        "tool" => new(ToolChoiceKind.One, [given.NeedText("name")]),
        _ => throw given.Need("type").Fail("The type must be auto, any, tool or none."),
    };

    private static ReasoningWish? ReadReasoning(JsonAt? thinking, JsonAt? output)
    {
        var effort = output?.FindText("effort") is { } word ? Efforts.Read(word) : null;
        // Without "thinking" nothing is thought, whatever the effort says about the length of the answer.
        if (thinking is not { } given) return null;
        return given.NeedText("type") switch
        {
            "disabled" => ReasoningWish.Off,
            "adaptive" => new(effort, null, true),
            "enabled" => new(effort, given.FindInteger("budget_tokens") ?? 1024, false),
            _ => throw given.Need("type").Fail("The type must be enabled, adaptive or disabled."),
        };
    }

    private static OutputForm ReadFormat(JsonAt format) =>
        format.NeedText("type") == "json_schema" ? new(format.Need("schema").Raw, null, null, null) : throw format.Need("type").Fail("The type must be json_schema.");
}
