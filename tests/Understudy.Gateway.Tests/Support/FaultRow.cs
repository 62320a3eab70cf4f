using Understudy.Simulator.Faults;

namespace Understudy.Gateway.Tests.Support;

/// <summary>A fault of the matrix, with words about it: whether only a clock ends it, and whether a first answer suffers from it at all.</summary>
public sealed record FaultRow(FaultSpec Spec, bool Clock = false, bool Harmless = false)
{
    public string Kind => Spec.Kind;

    /// <summary>All of them, by name. `repeat_token` is not here: a short stutter that a client has seen is passed on, and says itself that it was stopped (see LongAnswerTests).</summary>
    public static IReadOnlyDictionary<string, FaultRow> All { get; } = new Dictionary<string, FaultRow>
    {
        ["hang"] = new(new FaultSpec { Kind = "hang" }, Clock: true),
        ["hang_after_headers"] = new(new FaultSpec { Kind = "hang_after_headers" }, Clock: true),
        ["stall at the start"] = new(new FaultSpec { Kind = "stall" }, Clock: true),
        ["stall"] = new(new FaultSpec { Kind = "stall", After = 3 }, Clock: true),
        ["slow"] = new(new FaultSpec { Kind = "slow" }, Clock: true),
        ["cut at the start"] = new(new FaultSpec { Kind = "cut" }),
        ["cut"] = new(new FaultSpec { Kind = "cut", After = 3 }),
        ["eof at the start"] = new(new FaultSpec { Kind = "eof" }),
        ["eof"] = new(new FaultSpec { Kind = "eof", After = 3 }),
        ["truncated_body"] = new(new FaultSpec { Kind = "truncated_body", After = 3 }),
        ["error_event at the start"] = new(new FaultSpec { Kind = "error_event" }),
        ["error_event"] = new(new FaultSpec { Kind = "error_event", After = 3 }),
        ["garbage at the start"] = new(new FaultSpec { Kind = "garbage" }),
        ["garbage"] = new(new FaultSpec { Kind = "garbage", After = 3 }),
        ["html"] = new(new FaultSpec { Kind = "html" }),
        ["html 502"] = new(new FaultSpec { Kind = "html", Code = 502 }),
        ["empty"] = new(new FaultSpec { Kind = "empty" }),
        ["empty_answer"] = new(new FaultSpec { Kind = "empty_answer" }),
        ["refuse"] = new(new FaultSpec { Kind = "refuse" }),
        ["bad_key"] = new(new FaultSpec { Kind = "bad_key" }),
        ["bad_content_type"] = new(new FaultSpec { Kind = "bad_content_type" }),
        ["status 204"] = new(new FaultSpec { Kind = "status", Code = 204, Body = "" }),
        ["status 307"] = new(new FaultSpec { Kind = "status", Code = 307, Body = "moved" }),
        ["status 402"] = new(new FaultSpec { Kind = "status", Code = 402 }),
        ["status 403"] = new(new FaultSpec { Kind = "status", Code = 403 }),
        ["status 408"] = new(new FaultSpec { Kind = "status", Code = 408 }),
        ["status 429"] = new(new FaultSpec { Kind = "status", Code = 429 }),
        ["status 429 for an hour"] = new(new FaultSpec { Kind = "status", Code = 429, RetryAfter = 3600 }),
        ["status 500"] = new(new FaultSpec { Kind = "status", Code = 500 }),
        ["status 503"] = new(new FaultSpec { Kind = "status", Code = 503 }),
        ["status 522"] = new(new FaultSpec { Kind = "status", Code = 522 }),
        ["status 529"] = new(new FaultSpec { Kind = "status", Code = 529 }),
        // These two do harm only to one who is asked to go on: see CutTests.
        ["overlap"] = new(new FaultSpec { Kind = "overlap" }, Harmless: true),
        ["restart"] = new(new FaultSpec { Kind = "restart" }, Harmless: true),
        ["apology"] = new(new FaultSpec { Kind = "apology" }, Harmless: true),
    };
}
