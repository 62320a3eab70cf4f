using System.Text.RegularExpressions;

namespace Understudy.Simulator.Vendors;

/// <summary>The characters vendors take in names and ids.</summary>
internal static partial class ToolIds
{
    /// <summary>Anthropic's ids, and the names of tools at Anthropic and OpenAI.</summary>
    public static bool IsPlain(string text) => Plain().IsMatch(text);

    /// <summary>Gemini's function names: dots and colons too, but no digit first.</summary>
    public static bool IsGeminiName(string text) => GeminiName().IsMatch(text);

    [GeneratedRegex("^[a-zA-Z0-9_-]+$")]
    private static partial Regex Plain();

    [GeneratedRegex("^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$")]
    private static partial Regex GeminiName();
}
