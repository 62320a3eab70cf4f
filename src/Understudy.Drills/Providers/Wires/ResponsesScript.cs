using System.Text;
using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Providers.Wires;

/// <summary>OpenAI Responses: one message item with one text part; the last event says everything again.</summary>
internal sealed class ResponsesScript(string model) : AnswerScript
{
    private const string Usage = """{"input_tokens":#,"input_tokens_details":{"cached_tokens":0},"output_tokens":#,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":#}""";
    private const string Item = "msg_drill";

    protected override Template Opening { get; } = new(
        Event("response.created", $"\"response\":{Response(model, "in_progress", "", "null")}")
        + Event("response.output_item.added", $$"""{{Index}},"item":{"id":"{{Item}}","type":"message","status":"in_progress","content":[],"role":"assistant"}""")
        + Event("response.content_part.added", $$"""{{Place}},"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}"""));

    protected override Template Closing { get; } = new("");

    protected override (Template Before, Template After) Whole { get; } = Around(Response(model, "completed", Message("~"), Usage));

    public override ReadOnlyMemory<byte> ErrorEvent { get; } = Encoding.ASCII.GetBytes(
        Event("error", "\"code\":\"server_error\",\"message\":\"The server had an error while processing your request.\",\"param\":null")
        + Event("response.failed", $"\"response\":{Response(model, "failed", "", "null", """{"code":"server_error","message":"The server had an error while processing your request."}""")}"));

    private static string Index => "\"output_index\":0";

    private static string Place => $"\"item_id\":\"{Item}\",\"output_index\":0,\"content_index\":0";

    public override ReadOnlyMemory<byte> ClosingOf(int input, int output, (int From, int To) lines, Book book)
    {
        var text = Encoding.ASCII.GetString(book.Text(lines.From, lines.To));
        var usage = $$$"""{"input_tokens":{{{input}}},"input_tokens_details":{"cached_tokens":0},"output_tokens":{{{output}}},"output_tokens_details":{"reasoning_tokens":0},"total_tokens":{{{input + output}}}}""";
        return Encoding.ASCII.GetBytes(
            Event("response.output_text.done", $"{Place},\"text\":\"{text}\"")
            + Event("response.content_part.done", $"{Place},\"part\":{Part(text)}")
            + Event("response.output_item.done", $"{Index},\"item\":{Message(text)}")
            + Event("response.completed", $"\"response\":{Response(model, "completed", Message(text), usage)}"));
    }

    public override byte[] TokenCount(int tokens) => OpenAIErrors.TokenCount(tokens);

    public override byte[] ErrorBody(Outcome outcome, TimeSpan? retryAfter) => OpenAIErrors.Body(outcome, retryAfter, model);

    protected override string Frame(string text) => Event("response.output_text.delta", $"{Place},\"delta\":\"{text}\"");

    private static string Part(string text) => $$"""{"type":"output_text","annotations":[],"logprobs":[],"text":"{{text}}"}""";

    private static string Message(string text) => $$"""{"id":"{{Item}}","type":"message","status":"completed","content":[{{Part(text)}}],"role":"assistant"}""";

    private static string Response(string model, string status, string output, string usage, string error = "null") =>
        $$"""{"id":"resp_drill","object":"response","created_at":1780380240,"status":"{{status}}","background":false,"error":{{error}},"incomplete_details":null,"instructions":null,"model":"{{model}}","output":[{{output}}],"parallel_tool_calls":true,"store":false,"tool_choice":"auto","tools":[],"usage":{{usage}}}""";

    // Sequence numbers are not modelled: nobody that reads this orders by them.
    private static string Event(string name, string members) => $$"""event: {{name}}""" + "\n" + $$"""data: {"type":"{{name}}","sequence_number":0,{{members}}}""" + "\n\n";
}
