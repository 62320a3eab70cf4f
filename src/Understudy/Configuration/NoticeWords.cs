namespace Understudy.Configuration;

/// <summary>One notice in all its languages.</summary>
public sealed record NoticeWords
{
    /// <summary>The text for everyone whose language is not among <see cref="Languages"/>.</summary>
    public required string Text { get; init; }

    /// <summary>The language of <see cref="Text"/>: a caller that prefers it gets that. Default <c>en</c>.</summary>
    public string Language { get; init; } = "en";

    /// <summary>The text in other languages, by tags such as <c>de</c> or <c>pt-BR</c>. Default none.</summary>
    public IReadOnlyDictionary<string, string> Languages { get; init; } = new Dictionary<string, string>();

    /// <inheritdoc/>
    public override string ToString() => $"{Language}: “{Text}”{string.Concat(Languages.Select(pair => $", {pair.Key}: “{pair.Value}”"))}";
}
