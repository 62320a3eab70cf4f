using System.Buffers.Text;
using System.Text;
using Understudy.Calls;

namespace Understudy.Drills.Traffic;

/// <summary>
/// The requests of a drill's clients, in bytes: four to a token, as prompts have. Sizes are rounded to half powers of
/// two, and a request of each size is made once; what providers bill is the planned size to the token. Each call's number
/// stands in its prompt: equal requests at the same moment are one call's retry to the engine.
/// </summary>
internal sealed class RequestBodies
{
    private const int BytesPerToken = 4;

    /// <summary>What clients commonly ask for; more for an answer that would not fit.</summary>
    private static readonly int[] MaxTokens = [1024, 8192, 65536];

    // Plain ASCII without a character that JSON escapes: a translated prompt is then copied instead of unescaped, letter by letter.
    private const string Prose = "Please read the notes below and answer the question at their end as briefly as you can. The delivery was to be at the gate by nine, but the driver says that nobody was there until noon. ";

    private static ReadOnlySpan<byte> BeforeNumber => "Question "u8;

    private static readonly byte[] Number = "0000000000"u8.ToArray();

    private readonly Dictionary<(WireProtocol, string, int, int, bool), (byte[] Body, int NumberAt, RequestFacts Facts)> _made = [];

    /// <summary>The body for a call, and what a scan finds in it.</summary>
    public (byte[] Body, RequestFacts Facts) For(WireProtocol protocol, string model, in PlannedCall call)
    {
        var size = SizeClass(call.InputTokens);
        var output = call.OutputTokens;
        var limit = Array.Find(MaxTokens, most => most >= output);
        var key = (protocol, model, size, limit, call.Stream);
        if (!_made.TryGetValue(key, out var made))
        {
            var (text, facts) = Make(protocol, model, size, limit == 0 ? MaxTokens[^1] : limit, call.Stream);
            made = (text, text.AsSpan().IndexOf(Number), facts);
            _made.Add(key, made);
        }

        var body = made.Body.AsSpan().ToArray();
        Utf8Formatter.TryFormat(call.Question, body.AsSpan(made.NumberAt, Number.Length), out _, new('D', (byte)Number.Length));
        return (body, made.Facts);
    }

    /// <summary>The number that stands in a request's prompt; null where none does.</summary>
    public static int? NumberIn(ReadOnlySpan<byte> body)
    {
        var at = body.IndexOf(BeforeNumber);
        return at >= 0 && Utf8Parser.TryParse(body.Slice(at + BeforeNumber.Length, Number.Length), out int number, out _) ? number : null;
    }

    /// <summary>The half power of two that is nearest.</summary>
    internal static int SizeClass(int tokens)
    {
        for (var size = 16; ; size *= 2)
        {
            if (tokens <= size + (size / 4)) return size;
            if (tokens <= size + (size * 3 / 4)) return size + (size / 2);
        }
    }

    private static (byte[] Body, RequestFacts Facts) Make(WireProtocol protocol, string model, int tokens, int limit, bool stream)
    {
        var prompt = Prompt(tokens * BytesPerToken);
        var body = Encoding.UTF8.GetBytes(protocol switch
        {
            WireProtocol.AnthropicMessages => $$"""{"model":"{{model}}","max_tokens":{{limit}},{{(stream ? "\"stream\":true," : "")}}"messages":[{"role":"user","content":"{{prompt}}"}]}""",
            WireProtocol.OpenAIChat => $$"""{"model":"{{model}}","max_completion_tokens":{{limit}},{{(stream ? "\"stream\":true,\"stream_options\":{\"include_usage\":true}," : "")}}"messages":[{"role":"user","content":"{{prompt}}"}]}""",
            WireProtocol.OpenAIResponses => $$"""{"model":"{{model}}","max_output_tokens":{{limit}},{{(stream ? "\"stream\":true," : "")}}"input":"{{prompt}}"}""",
            WireProtocol.Gemini => $$$"""{"contents":[{"role":"user","parts":[{"text":"{{{prompt}}}"}]}],"generationConfig":{"maxOutputTokens":{{{limit}}}}}""",
            WireProtocol.InProcess => throw WireProtocols.NotAProviders(protocol),
        });
        if (RequestScan.TryScan(body, out var facts) is { } mistake) throw new InvalidOperationException(mistake);
        // Gemini has the model and the wish for a stream in the path.
        return (body, protocol == WireProtocol.Gemini ? facts with { ModelStart = -1, ModelLength = 0, Stream = stream } : facts);
    }

    private static string Prompt(int bytes)
    {
        var text = new StringBuilder("Question ", bytes + Prose.Length).Append(Encoding.ASCII.GetString(Number)).Append(". ");
        while (text.Length < bytes) text.Append(Prose);
        return text.ToString();
    }
}
