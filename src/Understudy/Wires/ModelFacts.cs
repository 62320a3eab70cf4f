namespace Understudy.Wires;

/// <summary>What is known of models by their names. A name that says nothing gets the careful answer.</summary>
internal static class ModelFacts
{
    public static TargetProfile Claude(string model)
    {
        if (!model.Contains("claude", StringComparison.OrdinalIgnoreCase))
        {
            // A compatible server (Ollama, llama.cpp): knows budgets but not "adaptive", images only inline.
            return new() { Model = model, Reasoning = ReasoningKind.Budget, ImageUrls = false, OutputSchemas = false, ToolChoice = false };
        }

        var version = Version(model);
        var unswitchable = model.Contains("fable", StringComparison.OrdinalIgnoreCase) || model.Contains("mythos", StringComparison.OrdinalIgnoreCase);
        var opus = model.Contains("opus", StringComparison.OrdinalIgnoreCase);
        return new()
        {
            Model = model,
            MaxOutputTokens = version switch
            {
                0 or >= 46 => 128_000,
                >= 45 => 64_000,
                >= 40 => opus ? 32_000 : 64_000,
                >= 37 => 64_000,
                >= 35 => 8_192,
                _ => 4_096,
            },
            Prefill = version is > 0 and <= 45 && !unswitchable,
            SamplingAllowed = version is > 0 and <= 46 && !unswitchable,
            TemperatureWithTopP = version is > 0 and < 40,
            Reasoning = version switch
            {
                0 or >= 46 => ReasoningKind.Effort,
                >= 37 => ReasoningKind.Budget,
                _ => ReasoningKind.None,
            },
            ReasoningOff = !unswitchable,
            HighestEffort = version is 0 or >= 47 ? ReasoningEffort.Max : ReasoningEffort.High,
            OutputSchemas = version is 0 or >= 45,
        };
    }

    public static TargetProfile OpenAI(string model)
    {
        var name = model.ToLowerInvariant();
        var series = name is ['o', >= '1' and <= '9', ..];
        var five = name.StartsWith("gpt-", StringComparison.Ordinal) && Version(name) >= 50 && !name.Contains("chat", StringComparison.Ordinal);
        var version = five ? Version(name) : 0;
        if (!series && !five) return new() { Model = model, MaxCompletionTokens = true };
        return new()
        {
            Model = model,
            MaxCompletionTokens = true,
            MaxOutputTokens = series ? 100_000 : 128_000,
            SamplingAllowed = false,
            StopSequences = !series,
            Reasoning = ReasoningKind.Effort,
            ReasoningOff = version >= 51,
            LowestEffort = version >= 51 ? ReasoningEffort.None : five ? ReasoningEffort.Minimal : ReasoningEffort.Low,
            HighestEffort = version >= 52 ? ReasoningEffort.XHigh : ReasoningEffort.High,
        };
    }

    public static TargetProfile Chat(string model)
    {
        var name = model.ToLowerInvariant();
        if (name.StartsWith("gpt-oss", StringComparison.Ordinal)) return new() { Model = model, Reasoning = ReasoningKind.Effort, ReasoningOff = false, Vision = false };
        if (name is ['o', >= '1' and <= '9', ..] || name.StartsWith("gpt-", StringComparison.Ordinal) || name.StartsWith("chatgpt", StringComparison.Ordinal)) return OpenAI(model);
        foreach (var stem in (ReadOnlySpan<string>)["mistral", "ministral", "magistral", "codestral", "devstral", "pixtral", "mixtral", "voxtral"])
        {
            if (name.Contains(stem, StringComparison.Ordinal)) return new() { Model = model, NineCharacterToolIds = true };
        }

        return new() { Model = model };
    }

    public static TargetProfile Gemini(string model)
    {
        var version = Version(model);
        var flash = model.Contains("flash", StringComparison.OrdinalIgnoreCase);
        return new()
        {
            Model = model,
            MaxOutputTokens = version is >= 10 and < 25 ? 8_192 : 65_536,
            Audio = true,
            ImageUrls = false,
            Reasoning = version switch
            {
                0 or >= 30 => ReasoningKind.Effort,
                >= 25 => ReasoningKind.Budget,
                _ => ReasoningKind.None,
            },
            ReasoningOff = version == 25 && flash,
            LowestEffort = flash ? ReasoningEffort.Minimal : ReasoningEffort.Low,
            Prefill = version is > 0 and < 36 && !(version == 35 && model.Contains("lite", StringComparison.OrdinalIgnoreCase)), // reported by others, not measured
        };
    }

    /// <summary>
    /// The version in a name, times ten: <c>claude-opus-4-1-20250805</c> 41, <c>claude-3-5-sonnet</c> 35,
    /// <c>gpt-5.1</c> 51, <c>gemini-2.5-pro</c> 25; 0 where there is none.
    /// </summary>
    internal static int Version(string model)
    {
        for (var i = 0; i < model.Length; i++)
        {
            // A number of one digit that begins a word: dates are longer, and so are sizes.
            if (!char.IsAsciiDigit(model[i]) || (i > 0 && (char.IsAsciiLetterOrDigit(model[i - 1]) || model[i - 1] == '.'))) continue;
            if (i + 1 < model.Length && char.IsAsciiDigit(model[i + 1])) continue;
            var minor = i + 2 < model.Length && model[i + 1] is '-' or '.' && char.IsAsciiDigit(model[i + 2]) && (i + 3 == model.Length || !char.IsAsciiLetterOrDigit(model[i + 3]))
                ? model[i + 2] - '0'
                : 0;
            return ((model[i] - '0') * 10) + minor;
        }

        return 0;
    }
}
