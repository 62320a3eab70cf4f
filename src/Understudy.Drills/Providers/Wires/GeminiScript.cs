using System.Globalization;
using System.Text;
using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Providers.Wires;

/// <summary>Gemini. A stream has no closing event: it ends with a chunk that has a <c>finishReason</c>.</summary>
internal sealed class GeminiScript(string model) : AnswerScript
{
    private const string Usage = "\"usageMetadata\":{\"promptTokenCount\":#,\"candidatesTokenCount\":#,\"totalTokenCount\":#}";

    private readonly string _tail = $"\"modelVersion\":\"{model}\",\"responseId\":\"drill\"";

    protected override Template Opening { get; } = new("");

    protected override Template Closing { get; } = new($$"""data: {"candidates":[{{Candidate("", finished: true)}}],{{Usage}},"modelVersion":"{{model}}","responseId":"drill"}""" + "\r\n\r\n");

    protected override (Template Before, Template After) Whole { get; } =
        Around($$"""{"candidates":[{{Candidate("~", finished: true)}}],{{Usage}},"modelVersion":"{{model}}","responseId":"drill"}""");

    public override ReadOnlySpan<byte> StreamType => "text/event-stream"u8;

    public override ReadOnlyMemory<byte> ErrorEvent { get; } =
        "data: {\"error\":{\"code\":503,\"message\":\"The model is overloaded. Please try again later.\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n"u8.ToArray();

    public override byte[] TokenCount(int tokens) => Encoding.ASCII.GetBytes($$"""{"totalTokens":{{tokens}}}""");

    public override byte[] ErrorBody(Outcome outcome, TimeSpan? retryAfter)
    {
        var (status, message) = outcome.Status switch
        {
            400 => ("INVALID_ARGUMENT", "Request contains an invalid argument."),
            401 => ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
            403 => ("PERMISSION_DENIED", "The caller does not have permission"),
            429 => ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
            503 => ("UNAVAILABLE", "The model is overloaded. Please try again later."),
            < 500 => ("FAILED_PRECONDITION", "Precondition check failed."),
            _ => ("INTERNAL", "An internal error has occurred."),
        };
        // No retry-after header here: the wait stands in the body.
        var details = retryAfter is { } wait
            ? string.Create(CultureInfo.InvariantCulture, $$""","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"{{wait.TotalSeconds:0.###}}s"}]""")
            : "";
        return Encoding.ASCII.GetBytes($$$"""{"error":{"code":{{{outcome.Status}}},"message":"{{{message}}}","status":"{{{status}}}"{{{details}}}}}""");
    }

    protected override string Frame(string text) => $$"""data: {"candidates":[{{Candidate(text, finished: false)}}],{{_tail}}}""" + "\r\n\r\n";

    private static string Candidate(string text, bool finished) =>
        $$"""{"content":{"parts":[{"text":"{{text}}"}],"role":"model"},{{(finished ? "\"finishReason\":\"STOP\"," : "")}}"index":0}""";
}
