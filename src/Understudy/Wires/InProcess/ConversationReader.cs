using Understudy.Calls;

namespace Understudy.Wires.InProcess;

/// <summary>Reads a conversation that <see cref="ConversationWriter"/> wrote: deferred work, or one from which our own words were cut.</summary>
internal static class ConversationReader
{
    public static Conversation Read(JsonAt body) => new()
    {
        Origin = WireProtocol.InProcess,
        Model = body.NeedText("model"),
        Stream = body.FindBool("stream") ?? false,
        MaxOutput = body.FindInteger("max_tokens"),
        System = [.. body.FindItems("system").Select(ReadPart).OfType<TextPart>()],
        Turns = [.. body.Need("turns").Items().Select(ReadTurn)],
        Tools = [.. body.FindItems("tools").Select(ReadTool)],
        ToolChoice = ReadChoice(body.Find("tool_choice")),
        ParallelTools = body.FindBool("parallel_tools"),
        Sampling = new()
        {
            Temperature = body.FindNumber("temperature"),
            TopP = body.FindNumber("top_p"),
            TopK = body.FindNumber("top_k"),
            Seed = body.FindNumber("seed"),
            FrequencyPenalty = body.FindNumber("frequency_penalty"),
            PresencePenalty = body.FindNumber("presence_penalty"),
            StopSequences = [.. body.FindItems("stop").Select(stop => stop.Text())],
        },
        Reasoning = body.Find("reasoning") is { } wish
            ? new(wish.FindText("effort") is { } effort ? Efforts.Read(effort) : null, wish.FindInteger("budget"), wish.FindBool("adaptive") ?? false)
            : null,
        Output = body.Find("output") is { } form ? new(form.Find("schema")?.Raw, form.FindText("name"), form.FindText("description"), form.FindBool("strict")) : null,
        IncludeUsage = true,
        UserId = body.FindText("user"),
    };

    private static Turn ReadTurn(JsonAt turn) => new(
        turn.NeedText("role") switch
        {
            "user" => TurnRole.User,
            "assistant" => TurnRole.Assistant,
            "system" => TurnRole.System,
            _ => throw turn.Need("role").Fail("The role must be user, assistant or system."),
        },
        turn.Need("content") is { IsText: true } said ? [new TextPart(said.Text())] : [.. turn.Need("content").Items().Select(ReadPart)]);

    private static Part ReadPart(JsonAt part)
    {
        switch (part.NeedText("type"))
        {
            case "text": return new TextPart(part.NeedText("text"));
            case "image": return new ImagePart(part.FindText("media_type"), part.FindText("data"), part.FindText("url")) { Detail = part.FindText("detail") };
            case "document": return new DocumentPart(part.FindText("media_type"), part.FindText("data"), part.FindText("body"), part.FindText("url"), part.FindText("title"));
            case "audio": return new AudioPart(part.NeedText("format"), part.NeedText("data"));
            case "tool_call": return new ToolCallPart(part.NeedText("id"), part.NeedText("name"), part.NeedText("arguments")) { GeminiSignature = part.FindText("gemini_signature") };
            case "tool_result": return new ToolResultPart(part.NeedText("id"), [.. part.FindItems("content").Select(ReadPart)], part.FindBool("is_error") ?? false);
            case "thinking":
                var (maker, signature) = GatewaySignature.Read(part.FindText("signature") ?? "");
                return new ThinkingPart(part.NeedText("thinking"), signature, maker);
            case "redacted_thinking": return new RedactedThinkingPart(part.NeedText("data"), ReasoningMaker.Anthropic);
            case "refusal": return new RefusalPart(part.NeedText("refusal"));
            default: throw part.Need("type").Fail("No such part.");
        }
    }

    private static ToolSpec ReadTool(JsonAt tool) => new(ToolKind.Function, tool.NeedText("name"), "", WireProtocol.InProcess)
    {
        Description = tool.FindText("description"),
        Schema = tool.Find("schema")?.Raw,
        Strict = tool.FindBool("strict"),
    };

    private static ToolChoice? ReadChoice(JsonAt? choice) => choice is not { } given ? null : new(
        given.NeedText("type") switch
        {
            "auto" => ToolChoiceKind.Auto,
            "required" => ToolChoiceKind.Required,
            "one" => ToolChoiceKind.One,
            "none" => ToolChoiceKind.None,
            _ => throw given.Need("type").Fail("The type must be auto, required, one or none."),
        },
        [.. given.FindItems("names").Select(name => name.Text())]);
}
