using System.Text;

namespace Understudy.Benchmarks.Subjects;

/// <summary>Requests and answers of the sizes that matter: a small question, an agent's long context, a short stream.</summary>
internal static class Bodies
{
    /// <summary>A request for a stream or a whole answer, in either protocol: the fields are the same.</summary>
    public static byte[] Request(bool stream, int textLength = 850) => Encoding.UTF8.GetBytes(
        $$"""{"model":"mock-1","max_tokens":1024,"stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"{{Words(textLength)}}"}]}""");

    /// <summary>An agent's context of about <paramref name="length"/> bytes, with escapes: some hundred messages.</summary>
    public static byte[] LongRequest(int length)
    {
        var text = new StringBuilder("""{"model":"mock-1","max_tokens":1024,"stream":true,"temperature":0.5,"messages":[""");
        for (var turn = 0; text.Length < length; turn++)
        {
            var role = turn % 2 == 0 ? "user" : "assistant";
            text.Append(turn == 0 ? "" : ",").Append($$"""{"role":"{{role}}","content":"{{Words(600 + (turn * 523 % 2800))}}"}""");
        }

        return Encoding.UTF8.GetBytes(text.Append("]}").ToString());
    }

    /// <summary>An OpenAI stream: one event a piece, as they come off the wire.</summary>
    public static byte[][] ChatStream(int chunks) =>
    [
        Bytes("""data: {"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1700000000,"model":"mock-1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"""),
        .. Enumerable.Repeat(ChatChunk, chunks),
        Bytes("""data: {"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1700000000,"model":"mock-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":200,"completion_tokens":160,"total_tokens":360}}"""),
        Bytes("data: [DONE]"),
    ];

    /// <summary>One content chunk of <see cref="ChatStream"/>.</summary>
    public static byte[] ChatChunk { get; } = Bytes("""data: {"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1700000000,"model":"mock-1","choices":[{"index":0,"delta":{"content":" and the rest of the story"},"finish_reason":null}]}""");

    /// <summary>An Anthropic stream: one event a piece.</summary>
    public static byte[][] AnthropicStream(int chunks) =>
    [
        Bytes("""event: message_start""" + "\n" + """data: {"type":"message_start","message":{"id":"msg_0123456789","type":"message","role":"assistant","model":"mock-1","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":200,"output_tokens":1}}}"""),
        Bytes("""event: content_block_start""" + "\n" + """data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"""),
        .. Enumerable.Repeat(AnthropicChunk, chunks),
        Bytes("""event: content_block_stop""" + "\n" + """data: {"type":"content_block_stop","index":0}"""),
        Bytes("""event: message_delta""" + "\n" + """data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":160}}"""),
        Bytes("""event: message_stop""" + "\n" + """data: {"type":"message_stop"}"""),
    ];

    /// <summary>One content event of <see cref="AnthropicStream"/>.</summary>
    public static byte[] AnthropicChunk { get; } = Bytes("event: content_block_delta\n" + """data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" and the rest of the story"}}""");

    /// <summary>One content event of a Responses stream.</summary>
    public static byte[] ResponsesChunk { get; } = Bytes("event: response.output_text.delta\n" + """data: {"type":"response.output_text.delta","sequence_number":17,"item_id":"msg_0123456789","output_index":0,"content_index":0,"delta":" and the rest of the story","logprobs":[]}""");

    /// <summary>One content event of a Gemini stream.</summary>
    public static byte[] GeminiChunk { get; } = Bytes("""data: {"candidates":[{"content":{"parts":[{"text":" and the rest of the story"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":200,"candidatesTokenCount":17,"totalTokenCount":217},"modelVersion":"mock-1","responseId":"r0123456789"}""");

    /// <summary>One content event of an OpenAI stream with the padding of OpenAI's own servers.</summary>
    public static byte[] PaddedChatChunk { get; } = Bytes("""data: {"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1700000000,"model":"mock-1","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":" and the rest of the story"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x7Fa"}""");

    /// <summary>A whole OpenAI answer of about a kilobyte.</summary>
    public static byte[] ChatAnswer { get; } = Encoding.UTF8.GetBytes(
        $$$"""{"id":"chatcmpl-0123456789","object":"chat.completion","created":1700000000,"model":"mock-1","choices":[{"index":0,"message":{"role":"assistant","content":"{{{Words(640)}}}","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":200,"completion_tokens":160,"total_tokens":360}}""");

    private static byte[] Bytes(string sseEvent) => Encoding.UTF8.GetBytes(sseEvent + "\n\n");

    private static string Words(int length)
    {
        const string Sentence = @"The file path returns an error value; see the \""config\"" stream.\nThe agent asks the model — and the gateway answers. ";
        var text = new StringBuilder(length + Sentence.Length);
        while (text.Length < length) text.Append(Sentence);
        return text.ToString();
    }
}
