using Understudy.Capture;
using Understudy.Configuration;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads what is captured: the settings of the whole, and each route's rule.</summary>
/// <param name="mistakes">Hears of mistakes.</param>
/// <param name="store">The field of the store; null where there is none, and nothing can be kept.</param>
/// <param name="file">The file's own <c>capture</c>; null where it has none.</param>
internal sealed class CaptureReader(MistakeList mistakes, Field? store, Field? file)
{
    /// <summary>The rule of routes that have none of their own.</summary>
    public CaptureRule? OfFile => IsContent(file) ? new() : null;

    /// <summary>The settings.</summary>
    public CaptureModel Settings(IReadOnlyList<RouteModel> routes, string? sealKey)
    {
        var standard = new CaptureModel();
        if (IsContent(file)) NeedsStore(file!);
        if (routes.Any(route => route.Capture is not null) && store is not null && sealKey is null)
            mistakes.Note(file?.KeyAt ?? Mark.Nowhere, "captured calls are readable in the store", "seal them: 'cache: { key: ${UNDERSTUDY_CACHE_KEY} }'");
        if (file?.Value is not Section section) return standard;
        if (!routes.Any(route => route.Capture is not null)) mistakes.Note(file.KeyAt, "no route captures anything", "so that 'capture' says nothing; 'capture: content' on a route does");
        return new()
        {
            Keep = section.Value<TimeSpan>("keep") ?? standard.Keep,
            MaxBytes = section.Value<long>("max_size") ?? standard.MaxBytes,
            MaxBody = (int)(section.Value<long>("max_body") ?? standard.MaxBody),
            Redact = [.. section.Items("redact").Select(Pattern).OfType<string>()],
        };
    }

    /// <summary>A route's rule; null for none.</summary>
    public CaptureRule? Rule(Section route)
    {
        var field = route.Field("capture");
        if (field is null) return OfFile;
        if (field.Value is string word) return word == PolicyKeys.Content && NeedsStore(field) ? new() : null;
        if (field.Value is not Section section || !NeedsStore(field)) return null;
        return new()
        {
            Share = section.Value<double>("share") ?? 1,
            Of = section.Text("of") switch
            {
                "trouble" => CaptureOf.Trouble,
                "failed" => CaptureOf.Failed,
                _ => CaptureOf.All,
            },
        };
    }

    private static bool IsContent(Field? field) => field?.Value is string and PolicyKeys.Content;

    private bool NeedsStore(Field field)
    {
        if (store is null) mistakes.Add(field.KeyAt, "'capture' without a 'store'", "what is captured is kept on disk: add 'store: sqlite:understudy.db'");
        else if (store.Value is string text && text.StartsWith("postgres", StringComparison.Ordinal)) mistakes.Note(field.KeyAt, "'capture' needs a store that this version serves", "nothing is captured; 'store: sqlite:understudy.db' keeps it");
        return true;
    }

    private string? Pattern(Field item)
    {
        if (item.Value is not string text) return null;
        if (Redactor.Mistake(text) is not { } why) return text;
        mistakes.Add(item.At, "this is no pattern to redact by", why);
        return null;
    }
}
