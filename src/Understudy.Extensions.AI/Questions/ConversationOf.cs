using System.Globalization;
using Microsoft.Extensions.AI;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Extensions.AI.Questions;

/// <summary>
/// A program's messages and options in the engine's words. What no provider could be told is refused with the name of the
/// setting; what is only left out stands in <c>docs/library.md</c>.
/// </summary>
internal static class ConversationOf
{
    /// <summary>The conversation.</summary>
    /// <param name="messages">What was said.</param>
    /// <param name="options">How to answer; null for the defaults.</param>
    /// <param name="model">The model that is asked for.</param>
    /// <param name="stream">Whether the answer is wanted as it comes.</param>
    /// <exception cref="ArgumentException">There is nothing to answer, or a value is none.</exception>
    /// <exception cref="NotSupportedException">Something that no other provider could take up.</exception>
    public static Conversation Read(IEnumerable<ChatMessage> messages, ChatOptions? options, string model, bool stream)
    {
        var system = new List<TextPart>();
        if (options?.Instructions is { Length: > 0 } instructions) system.Add(new(instructions));
        var turns = new List<Turn>();
        var number = 0;
        foreach (var message in messages) Add(message, number++, system, turns);
        if (turns.Count == 0) throw new ArgumentException("There is nothing to answer: no message of a user's.", nameof(messages));
        Refuse(options);
        var tools = ToolsOf.Read(options);
        return new()
        {
            Origin = WireProtocol.InProcess,
            Model = model,
            System = system,
            Turns = turns,
            Tools = tools,
            ToolChoice = ToolsOf.Choice(options?.ToolMode, tools),
            ParallelTools = tools.Count == 0 ? null : options?.AllowMultipleToolCalls,
            Sampling = options is null ? Sampling.None : SamplingOf(options),
            MaxOutput = Positive(options?.MaxOutputTokens, nameof(ChatOptions.MaxOutputTokens)),
            Reasoning = ReasoningOf(options?.Reasoning),
            Output = FormOf(options),
            Stream = stream,
            IncludeUsage = true,
        };
    }

    private static void Add(ChatMessage message, int number, List<TextPart> system, List<Turn> turns)
    {
        var parts = PartsOf.Read(message.Contents, $"messages[{number}]");
        if (message.Role == ChatRole.System)
        {
            var said = parts.OfType<TextPart>().ToList();
            if (said.Count != parts.Count) throw new NotSupportedException($"messages[{number}]: a system message is text, and nothing else.");
            if (turns.Count == 0) system.AddRange(said);
            else turns.Add(new(TurnRole.System, said));
            return;
        }

        turns.Add(new(
            message.Role == ChatRole.Assistant ? TurnRole.Assistant
            : message.Role == ChatRole.User || message.Role == ChatRole.Tool ? TurnRole.User
            : throw new NotSupportedException($"messages[{number}].Role: '{message.Role}' is none of system, user, assistant and tool."),
            parts));
    }

    private static void Refuse(ChatOptions? options)
    {
        if (options?.ConversationId is not null) throw new NotSupportedException("ChatOptions.ConversationId: a conversation that one vendor keeps, no other could take up. Send the whole history with each call.");
        if (options?.RawRepresentationFactory is not null) throw new NotSupportedException("ChatOptions.RawRepresentationFactory: it speaks to one vendor's own client, and any provider of the ladder may answer.");
    }

    private static Sampling SamplingOf(ChatOptions options) => new()
    {
        Temperature = Number(options.Temperature, nameof(ChatOptions.Temperature)),
        TopP = Number(options.TopP, nameof(ChatOptions.TopP)),
        TopK = options.TopK?.ToString(CultureInfo.InvariantCulture),
        Seed = options.Seed?.ToString(CultureInfo.InvariantCulture),
        FrequencyPenalty = Number(options.FrequencyPenalty, nameof(ChatOptions.FrequencyPenalty)),
        PresencePenalty = Number(options.PresencePenalty, nameof(ChatOptions.PresencePenalty)),
        StopSequences = options.StopSequences is { Count: > 0 } stops ? [.. stops] : [],
    };

    private static ReasoningWish? ReasoningOf(ReasoningOptions? options) => options switch
    {
        null => null,
        { Effort: Microsoft.Extensions.AI.ReasoningEffort.None } => ReasoningWish.Off,
        { Effort: { } effort } => new(
            effort switch
            {
                Microsoft.Extensions.AI.ReasoningEffort.Low => Wires.ReasoningEffort.Low,
                Microsoft.Extensions.AI.ReasoningEffort.Medium => Wires.ReasoningEffort.Medium,
                Microsoft.Extensions.AI.ReasoningEffort.High => Wires.ReasoningEffort.High,
                Microsoft.Extensions.AI.ReasoningEffort.ExtraHigh => Wires.ReasoningEffort.XHigh,
                _ => throw new ArgumentOutOfRangeException(nameof(options), effort, "ChatOptions.Reasoning.Effort: no such effort."),
            },
            null,
            Adaptive: false),
        _ => new(null, null, Adaptive: true),
    };

    private static OutputForm? FormOf(ChatOptions? options) => options?.ResponseFormat switch
    {
        null or ChatResponseFormatText => null,
        ChatResponseFormatJson json => new(json.Schema?.GetRawText(), json.SchemaName, json.SchemaDescription, ToolsOf.Strict(options.AdditionalProperties)),
        var other => throw new NotSupportedException($"ChatOptions.ResponseFormat: {other.GetType().Name} is neither text nor JSON."),
    };

    private static string? Number(float? value, string name) => value is not { } given ? null
        : float.IsFinite(given) ? given.ToString("R", CultureInfo.InvariantCulture)
        : throw new ArgumentOutOfRangeException(name, given, $"ChatOptions.{name}: a number is wanted.");

    private static long? Positive(int? value, string name) => value is not <= 0 ? value : throw new ArgumentOutOfRangeException(name, value, $"ChatOptions.{name}: more than 0 is wanted.");
}
