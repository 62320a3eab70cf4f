namespace Understudy.Configuration;

/// <summary>A rung that answers with an honest text when no model does. It always answers, so it is the last of its ladder.</summary>
public sealed record NoticeRung : RungModel
{
    /// <summary>What the person reads where nothing more special is written. Variables: <c>Notices.NoticeTemplate.Variables</c>.</summary>
    public required NoticeWords Words { get; init; }

    /// <summary>Other words for calls of single use cases, by the use case's name. Default none.</summary>
    public IReadOnlyDictionary<string, NoticeWords> UseCases { get; init; } = new Dictionary<string, NoticeWords>();

    /// <summary>
    /// A JSON object for callers that asked for JSON, variables in its texts included; null where they get the protocol's
    /// error instead. Default null.
    /// </summary>
    public string? Json { get; init; }

    /// <summary>Every text that this rung can answer with, before its variables are filled in; the JSON is none.</summary>
    public IEnumerable<string> Texts => UseCases.Values.Prepend(Words).SelectMany(words => words.Languages.Values.Prepend(words.Text));

    /// <inheritdoc/>
    public override string ToString() =>
        $"notice {Words}{string.Concat(UseCases.Select(pair => $"; for {pair.Key} {pair.Value}"))}{(Json is null ? "" : $"; as JSON {Json}")}";
}
