using System.Text.RegularExpressions;
using Understudy.Configuration;
using Understudy.Notices;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads a notice in its short form, a text, and in its long one.</summary>
internal sealed partial class NoticeReader(MistakeList mistakes, IReadOnlyList<UseCaseModel> useCases)
{
    public NoticeRung? Read(Field field) => field.Value switch
    {
        string => Text(field) is { } text ? new NoticeRung { Words = new() { Text = text }, Degraded = true } : null,
        Section section => Read(section),
        _ => null,
    };

    private NoticeRung? Read(Section section)
    {
        var others = new Dictionary<string, NoticeWords>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in section.Items("use_cases"))
        {
            if (!useCases.Any(known => string.Equals(known.Name, item.Name, StringComparison.OrdinalIgnoreCase)))
            {
                mistakes.Add(item.KeyAt, $"the notice has words for the use case '{item.Name}', which does not exist", $"known: {string.Join(", ", useCases.Select(known => known.Name))}", Nearest.To(item.Name, useCases.Select(known => known.Name)));
            }
            else if (item.Value is Section words && Words(words) is { } read) others[item.Name] = read;
        }
        var json = section.Field("json");
        if (json?.Value is string template) Variables(json, "json", NoticeJson.UnknownIn(template));
        return Words(section) is { } own ? new NoticeRung { Words = own, UseCases = others, Json = json?.Value as string, Degraded = true } : null;
    }

    /// <summary>A text in its languages.</summary>
    /// <param name="section">Where it stands.</param>
    /// <param name="standard">What holds where the section has none; null where it must have one.</param>
    /// <param name="more">Variables that it may use besides a notice's.</param>
    /// <returns>Null where it is wrong (reported).</returns>
    public NoticeWords? Words(Section section, NoticeWords? standard = null, params string[] more)
    {
        var languages = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in section.Items("languages"))
        {
            Tag(item.Name, item.KeyAt);
            if (Text(item, more) is { } text) languages[item.Name] = text;
        }
        var language = section.Text("language") ?? new NoticeWords { Text = "" }.Language;
        if (section.Field("language") is { } tag) Tag(language, tag.At);
        var words = section.Field("text") is { } own ? Text(own, more) : standard?.Text;
        return words is null ? null : new NoticeWords { Text = words, Language = language, Languages = languages };
    }

    private string? Text(Field field, params string[] more)
    {
        if (field.Value is not string text) return null;
        Variables(field, "notice", NoticeTemplate.UnknownIn(text), more);
        if (!NoticeMemory.CanRecognise(text))
            mistakes.Note(field.At, "the notice has too few words of its own to be known again", "a client that sends it back has a model read it as the model's own words");
        return text.Trim();
    }

    private void Variables(Field field, string where, IReadOnlyList<string> unknown, params string[] more)
    {
        string[] known = [.. NoticeTemplate.Variables, .. more];
        foreach (var name in unknown.Except(more))
        {
            mistakes.Add(field.At, $"'{{{name}}}' in '{where}' is no variable", $"known: {string.Join(", ", known)}; two braces are one, as in '{{{{{name}}}}}'", Nearest.To(name, known));
        }
    }

    private void Tag(string tag, Mark at)
    {
        if (!LanguageTag().IsMatch(tag)) mistakes.Add(at, $"'{tag}' is not a language's tag", "as in 'de', 'fr' or 'pt-BR'");
    }

    [GeneratedRegex("^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
    private static partial Regex LanguageTag();
}
