using Microsoft.Extensions.AI;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Extensions.AI.Questions;

/// <summary>The tools of a call, and which of them is to be called.</summary>
internal static class ToolsOf
{
    /// <summary>Reads the tools.</summary>
    public static List<ToolSpec> Read(ChatOptions? options)
    {
        var tools = new List<ToolSpec>(options?.Tools?.Count ?? 0);
        foreach (var tool in options?.Tools ?? [])
        {
            if (tool is not AIFunctionDeclaration function) throw new NotSupportedException($"ChatOptions.Tools: {tool.GetType().Name} '{tool.Name}' is run by one vendor; another that takes over has no such tool. Functions of your own work everywhere.");
            tools.Add(new(ToolKind.Function, function.Name, "", WireProtocol.InProcess)
            {
                Description = function.Description.Length == 0 ? null : function.Description,
                Schema = function.JsonSchema.ValueKind == System.Text.Json.JsonValueKind.Object ? function.JsonSchema.GetRawText() : null,
                Strict = Strict(function.AdditionalProperties),
            });
        }

        return tools;
    }

    /// <summary>Reads which tool is to be called.</summary>
    public static ToolChoice? Choice(ChatToolMode? mode, List<ToolSpec> tools) => mode switch
    {
        null => null,
        _ when tools.Count == 0 => mode is RequiredChatToolMode ? throw new ArgumentException("ChatOptions.ToolMode: a tool must be called, and there is none.") : null,
        NoneChatToolMode => ToolChoice.Of(ToolChoiceKind.None),
        RequiredChatToolMode { RequiredFunctionName: { } name } => tools.Exists(tool => tool.Name == name)
            ? new(ToolChoiceKind.One, [name])
            : throw new ArgumentException($"ChatOptions.ToolMode: '{name}' must be called and is none of the tools."),
        RequiredChatToolMode => ToolChoice.Of(ToolChoiceKind.Required),
        _ => ToolChoice.Of(ToolChoiceKind.Auto),
    };

    /// <summary>Whether a schema is to be obeyed to the letter: the word that OpenAI's adapter for these types has for it, too.</summary>
    public static bool? Strict(IReadOnlyDictionary<string, object?>? properties) =>
        properties is not null && properties.TryGetValue("strict", out var strict) && strict is bool said ? said : null;
}
