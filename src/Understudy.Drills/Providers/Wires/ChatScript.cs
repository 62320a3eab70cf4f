using System.Globalization;
using System.Text;
using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Providers.Wires;

/// <summary>OpenAI Chat Completions, with the usage chunk at a stream's end that the drill's requests ask for.</summary>
internal sealed class ChatScript(string model) : AnswerScript
{
    private const string Usage = """{"prompt_tokens":#,"completion_tokens":#,"total_tokens":#}""";

    protected override Template Opening { get; } = new(Chunk(model, """[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]""", "null"));

    protected override Template Closing { get; } = new(
        Chunk(model, """[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]""", "null")
        + Chunk(model, "[]", Usage)
        + "data: [DONE]\n\n");

    protected override (Template Before, Template After) Whole { get; } = Around(
        $$"""{"id":"chatcmpl-drill","object":"chat.completion","created":1780380240,"model":"{{model}}","choices":[{"index":0,"message":{"role":"assistant","content":"~","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{{Usage}},"service_tier":"default"}""");

    public override ReadOnlyMemory<byte> ErrorEvent { get; } =
        "data: {\"error\":{\"message\":\"The server had an error while processing your request. Sorry about that!\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n"u8.ToArray();

    public override byte[] TokenCount(int tokens) => OpenAIErrors.TokenCount(tokens);

    public override byte[] ErrorBody(Outcome outcome, TimeSpan? retryAfter) => OpenAIErrors.Body(outcome, retryAfter, model);

    protected override string Frame(string text) => Chunk(model, $$$"""[{"index":0,"delta":{"content":"{{{text}}}"},"logprobs":null,"finish_reason":null}]""", "null");

    private static string Chunk(string model, string choices, string usage) =>
        $$"""data: {"id":"chatcmpl-drill","object":"chat.completion.chunk","created":1780380240,"model":"{{model}}","service_tier":"default","choices":{{choices}},"usage":{{usage}}}""" + "\n\n";
}

/// <summary>OpenAI's errors, the same in both of its protocols.</summary>
internal static class OpenAIErrors
{
    public static byte[] TokenCount(int tokens) => Encoding.ASCII.GetBytes($$"""{"object":"response.input_tokens","input_tokens":{{tokens}}}""");

    public static byte[] Body(Outcome outcome, TimeSpan? retryAfter, string model)
    {
        // 530 and its kin come from the network in front, and it knows nothing of the vendor's JSON.
        if (outcome.Status is >= 520 and < 600) return "<html><head><title>Origin DNS error</title></head><body>error code: 1016</body></html>"u8.ToArray();
        var (type, code, message) = outcome.Status switch
        {
            401 => ("invalid_request_error", "\"invalid_api_key\"", "Incorrect API key provided."),
            403 => ("request_forbidden", "\"unsupported_country_region_territory\"", "Country, region, or territory not supported"),
            429 => ("tokens", "\"rate_limit_exceeded\"", $"Rate limit reached for {model} in organization org-drill on tokens per min (TPM).{Wait(retryAfter)}"),
            503 => ("server_error", "null", "The server is currently overloaded with other requests. Sorry about that!"),
            < 500 => ("invalid_request_error", "null", "The request could not be processed."),
            _ => ("server_error", "null", "The server had an error while processing your request. Sorry about that!"),
        };
        return Encoding.ASCII.GetBytes($$$"""{"error":{"message":"{{{message}}}","type":"{{{type}}}","param":null,"code":{{{code}}}}}""");
    }

    private static string Wait(TimeSpan? retryAfter) =>
        retryAfter is { } wait ? string.Create(CultureInfo.InvariantCulture, $" Please try again in {wait.TotalSeconds:0.###}s.") : "";
}
