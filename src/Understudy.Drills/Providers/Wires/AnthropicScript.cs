using System.Text;
using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Providers.Wires;

/// <summary>Anthropic Messages. Usage is told at both ends of a stream; an event's <c>event:</c> line is not optional.</summary>
internal sealed class AnthropicScript(string model) : AnswerScript
{
    private const string Usage = "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0";

    protected override Template Opening { get; } = new(
        Event("message_start", $$$$"""{"type":"message_start","message":{"model":"{{{{model}}}}","id":"msg_01Drill","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":#,{{{{Usage}}}},"output_tokens":1,"service_tier":"standard"}}}""")
        + Event("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""")
        + Event("ping", """{"type":"ping"}"""));

    protected override Template Closing { get; } = new(
        Event("content_block_stop", """{"type":"content_block_stop","index":0}""")
        + Event("message_delta", $$$"""{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":#,{{{Usage}}},"output_tokens":#}}""")
        + Event("message_stop", """{"type":"message_stop"}"""));

    protected override (Template Before, Template After) Whole { get; } = Around(
        $$$"""{"model":"{{{model}}}","id":"msg_01Drill","type":"message","role":"assistant","content":[{"type":"text","text":"~"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":#,{{{Usage}}},"output_tokens":#,"service_tier":"standard"}}""");

    public override ReadOnlyMemory<byte> ErrorEvent { get; } =
        Encoding.ASCII.GetBytes(Event("error", """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""));

    public override byte[] TokenCount(int tokens) => Encoding.ASCII.GetBytes($$"""{"input_tokens":{{tokens}}}""");

    public override byte[] ErrorBody(Outcome outcome, TimeSpan? retryAfter)
    {
        var (type, message) = outcome.Status switch
        {
            400 => ("invalid_request_error", "Error"),
            401 => ("authentication_error", "invalid x-api-key"),
            402 => ("billing_error", "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."),
            403 => ("permission_error", "Your API key does not have permission to use the specified resource."),
            429 => ("rate_limit_error", "This request would exceed your account's rate limit. Please try again later."),
            504 => ("timeout_error", "Request timed out"),
            529 => ("overloaded_error", "Overloaded"),
            < 500 => ("invalid_request_error", "Error"),
            _ => ("api_error", "Internal server error"),
        };
        return Encoding.ASCII.GetBytes($$$"""{"type":"error","error":{"type":"{{{type}}}","message":"{{{message}}}"},"request_id":"req_01Drill"}""");
    }

    protected override string Frame(string text) =>
        Event("content_block_delta", $$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{text}}}"}}""");

    private static string Event(string name, string data) => $"event: {name}\ndata: {data}\n\n";
}
