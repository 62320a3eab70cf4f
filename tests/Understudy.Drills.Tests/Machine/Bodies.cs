using System.Globalization;
using System.Text;
using Understudy.Calls;

namespace Understudy.Drills.Tests.Machine;

/// <summary>What the machine's clients send: the question's number makes the text, so that equal questions are equal bytes.</summary>
internal static class Bodies
{
    private const string Prose = "The delivery was to be at the gate by nine, but the driver says that nobody was there until noon. ";

    /// <summary>The body of a wish, and what a scan finds in it.</summary>
    public static (byte[] Body, RequestFacts Facts) Of(Wish wish)
    {
        var prompt = new StringBuilder().Append(CultureInfo.InvariantCulture, $"Question {wish.Question}. ");
        while (prompt.Length < wish.InputTokens * 4) prompt.Append(Prose);
        var text = prompt.ToString();
        var limit = wish.OutputTokens * 2;
        var stream = wish.Stream ? "\"stream\":true," : "";
        var cold = wish.Deterministic ? "\"temperature\":0," : "";
        var body = Encoding.ASCII.GetBytes(wish.Protocol switch
        {
            WireProtocol.AnthropicMessages => $$"""{"model":"{{wish.Model}}",{{(wish.Counts ? "" : $"\"max_tokens\":{limit},")}}{{stream}}{{cold}}"messages":[{"role":"user","content":"{{text}}"}]}""",
            WireProtocol.OpenAIChat => $$"""{"model":"{{wish.Model}}","max_completion_tokens":{{limit}},{{(wish.Stream ? "\"stream\":true,\"stream_options\":{\"include_usage\":true}," : "")}}{{cold}}"messages":[{"role":"user","content":"{{text}}"}]}""",
            WireProtocol.OpenAIResponses => $$"""{"model":"{{wish.Model}}",{{(wish.Counts ? "" : $"\"max_output_tokens\":{limit},")}}{{stream}}{{cold}}"input":"{{text}}"}""",
            WireProtocol.Gemini when wish.Counts => $$$"""{"contents":[{"role":"user","parts":[{"text":"{{{text}}}"}]}]}""",
            WireProtocol.InProcess => throw new ArgumentOutOfRangeException(nameof(wish)),
            WireProtocol.Gemini => $$$"""{"contents":[{"role":"user","parts":[{"text":"{{{text}}}"}]}],"generationConfig":{{{{(wish.Deterministic ? "\"temperature\":0," : "")}}}"maxOutputTokens":{{{limit}}}}}""",
        });
        if (RequestScan.TryScan(body, out var facts) is { } mistake) throw new InvalidOperationException(mistake);
        // Gemini has the model and the wish for a stream in the path.
        return (body, wish.Protocol == WireProtocol.Gemini ? facts with { ModelStart = -1, ModelLength = 0, Stream = wish.Stream } : facts);
    }
}
