using Understudy.Simulator.Answers;

namespace Understudy.Simulator.Faults;

/// <summary>Every fault by its name, with the fields it reads besides those of all (share, models, times).</summary>
internal static class FaultCatalog
{
    public static readonly IReadOnlyList<string> CommonFields = ["kind", "share", "models", "times"];

    private static readonly Dictionary<string, FaultKind> Kinds = new(StringComparer.Ordinal)
    {
        ["hang"] = new(spec => new HangFault(spec), "seconds"),
        ["hang_after_headers"] = new(spec => new HangAfterHeadersFault(spec), "seconds"),
        ["stall"] = new(spec => new StallFault(spec), "after", "fraction", "seconds"),
        ["cut"] = new(spec => new CutFault(spec), "after", "fraction"),
        ["eof"] = new(spec => new EofFault(spec), "after", "fraction"),
        ["truncated_body"] = new(spec => new TruncatedBodyFault(spec), "after", "fraction"),
        ["status"] = new(spec => new StatusFault(spec), "code", "body", "retry_after"),
        ["error_event"] = new(spec => new ErrorEventFault(spec), "after", "fraction", "code", "retry_after"),
        ["slow"] = new(spec => new SlowFault(spec), "factor"),
        ["garbage"] = new(spec => new GarbageFault(spec), "after", "fraction", "body"),
        ["html"] = new(spec => new HtmlFault(spec), "code", "body"),
        ["empty"] = new(_ => new EmptyFault()),
        ["empty_answer"] = new(_ => new MannerFault(MannerKind.Silent)),
        ["refuse"] = new(spec => new RefuseFault(spec), "seconds"),
        ["bad_key"] = new(_ => new BadKeyFault()),
        ["bad_content_type"] = new(spec => new BadContentTypeFault(spec), "body"),
        ["overlap"] = new(spec => new MannerFault(MannerKind.Overlap, spec.Words), "words"),
        ["restart"] = new(_ => new MannerFault(MannerKind.Restart)),
        ["apology"] = new(_ => new MannerFault(MannerKind.Apology)),
        ["repeat_token"] = new(spec => new MannerFault(MannerKind.Repeat, spec.After), "after"),
    };

    public static IReadOnlyCollection<string> Names => Kinds.Keys;

    public static bool Knows(string kind) => Kinds.ContainsKey(kind);

    public static IReadOnlyList<string> FieldsOf(string kind) => [.. CommonFields, .. Kinds[kind].Fields];

    public static Fault Create(FaultSpec spec) => Kinds[spec.Kind].Create(spec);

    private sealed record FaultKind(Func<FaultSpec, Fault> Create, params string[] Fields);
}
