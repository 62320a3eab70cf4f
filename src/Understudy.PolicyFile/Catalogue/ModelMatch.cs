using System.Text.Json;
using System.Text.RegularExpressions;

namespace Understudy.PolicyFile.Catalogue;

/// <summary>A rule of the catalogue: which names mean a model.</summary>
internal abstract record ModelMatch
{
    /// <summary>Matches no name.</summary>
    public static ModelMatch Nothing { get; } = new Any([]);

    /// <summary>How long the text is that must be there: the longest wins where two models match.</summary>
    public abstract int Specificity(string name);

    public static ModelMatch Read(JsonElement rule)
    {
        var property = rule.EnumerateObject().Single();
        return property.Name switch
        {
            "equals" => new Same(property.Value.GetString()!),
            "starts_with" => new Start(property.Value.GetString()!),
            "contains" => new Part(property.Value.GetString()!),
            "regex" => new Pattern(new Regex(property.Value.GetString()!, RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)),
            "or" => new Any([.. property.Value.EnumerateArray().Select(Read)]),
            "and" => new Every([.. property.Value.EnumerateArray().Select(Read)]),
            var other => throw new InvalidDataException($"The catalogue has a rule '{other}' that nothing reads."),
        };
    }

    private sealed record Same(string Text) : ModelMatch
    {
        public override int Specificity(string name) => string.Equals(name, Text, StringComparison.OrdinalIgnoreCase) ? 10_000 : 0;
    }

    private sealed record Start(string Text) : ModelMatch
    {
        public override int Specificity(string name) => name.StartsWith(Text, StringComparison.OrdinalIgnoreCase) ? Text.Length : 0;
    }

    private sealed record Part(string Text) : ModelMatch
    {
        public override int Specificity(string name) => name.Contains(Text, StringComparison.OrdinalIgnoreCase) ? Text.Length : 0;
    }

    private sealed record Pattern(Regex Regex) : ModelMatch
    {
        // A pattern says less about the name than any literal of the same rule; it only has to hold.
        public override int Specificity(string name) => Regex.IsMatch(name) ? 1 : 0;
    }

    private sealed record Any(IReadOnlyList<ModelMatch> Rules) : ModelMatch
    {
        public override int Specificity(string name) => Rules.Select(rule => rule.Specificity(name)).DefaultIfEmpty().Max();
    }

    private sealed record Every(IReadOnlyList<ModelMatch> Rules) : ModelMatch
    {
        public override int Specificity(string name) => Rules.Min(rule => rule.Specificity(name)) == 0 ? 0 : Rules.Max(rule => rule.Specificity(name));
    }
}
