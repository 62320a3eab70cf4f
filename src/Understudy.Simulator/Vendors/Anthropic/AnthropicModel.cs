namespace Understudy.Simulator.Vendors.Anthropic;

/// <summary>What a Claude model takes, by its generation: read out of its name, dates left aside.</summary>
internal readonly record struct AnthropicModel
{
    private AnthropicModel(string name, double generation)
    {
        Name = name;
        Generation = generation;
    }

    public string Name { get; }

    /// <summary>3.5, 4.5, 4.6, 5, …; a name that tells none counts as the newest.</summary>
    public double Generation { get; }

    /// <summary>4.6 and later refuse an assistant message at the end.</summary>
    public bool TakesPrefill => Generation < 4.55 && !IsMythos;

    /// <summary>4.7 and later refuse <c>thinking: enabled</c>.</summary>
    public bool TakesThinkingBudget => Generation < 4.65 && !IsMythos;

    /// <summary>4.5 and earlier refuse <c>thinking: adaptive</c>.</summary>
    public bool TakesAdaptiveThinking => Generation > 4.55 || IsMythos;

    /// <summary>Fable and Mythos always think.</summary>
    public bool CanStopThinking => !IsMythos && !Name.Contains("fable", StringComparison.Ordinal);

    /// <summary>4.7 and later refuse temperature, top_p and top_k.</summary>
    public bool TakesSampling => Generation < 4.65;

    /// <summary>The newest take a system message among the others.</summary>
    public bool TakesSystemMessages => Generation > 4.75;

    private bool IsMythos => Name.Contains("mythos", StringComparison.Ordinal);

    public static AnthropicModel Of(string name)
    {
        var numbers = name.Split('-', '.', '@')
            .Where(part => part.Length is 1 or 2 && part.All(char.IsAsciiDigit))
            .Select(part => int.Parse(part, System.Globalization.CultureInfo.InvariantCulture))
            .ToArray();
        var generation = numbers.Length switch { 0 => 5, 1 => numbers[0], _ => numbers[0] + numbers[1] / 10.0 };
        return new AnthropicModel(name, generation);
    }
}
