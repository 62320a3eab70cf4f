using System.Text;
using System.Text.Json;
using Understudy.Calls;
using Understudy.Drills.Providers.Wires;
using Understudy.Drills.Traffic;

namespace Understudy.Drills.Reading;

/// <summary>
/// Reads an answer as a client of its protocol does, strictly, and with nothing of the engine's: one mistake in shared
/// code would cancel out on both sides.
/// </summary>
internal sealed class AnswerReader
{
    private readonly StringBuilder _text = new();

    private AnswerReader()
    {
    }

    /// <summary>The text of the answer.</summary>
    public string Text => _text.ToString();

    /// <summary>Whether it came to its protocol's end.</summary>
    public bool Closed { get; private set; }

    /// <summary>Whether it holds an error.</summary>
    public bool Failed { get; private set; }

    /// <summary>What is not as the protocol says; null where all is.</summary>
    public string? Mistake { get; private set; }

    /// <summary>Reads a body.</summary>
    public static AnswerReader Read(WireProtocol protocol, bool stream, ReadOnlySpan<byte> body)
    {
        var reader = new AnswerReader();
        try
        {
            if (stream) reader.ReadStream(protocol, Encoding.UTF8.GetString(body));
            else reader.ReadWhole(protocol, body);
        }
        catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            reader.Mistake = malformed.Message;
        }

        return reader;
    }

    /// <summary>Whether it is what its client was to get: all of the model's words, or an honest error after some of them.</summary>
    /// <param name="call">The call.</param>
    /// <param name="whole">Whether the client was told that it is whole.</param>
    public bool Agrees(DrillCall call, bool whole)
    {
        if (Mistake is not null) return false;
        var book = call.Last is { Outcome.Kind: Scenarios.OutcomeKind.Garbled } ? Book.Wrong : Book.Right;
        var expected = Encoding.ASCII.GetString(book.Text(0, Book.LinesOf(call.Plan.OutputTokens)));
        return whole
            ? Closed && !Failed && Text == expected
            : !Closed && expected.StartsWith(Text, StringComparison.Ordinal);
    }

    private void ReadWhole(WireProtocol protocol, ReadOnlySpan<byte> body)
    {
        using var document = JsonDocument.Parse(body.ToArray());
        var root = document.RootElement;
        switch (protocol)
        {
            case WireProtocol.AnthropicMessages:
                foreach (var block in root.GetProperty("content").EnumerateArray()) _text.Append(block.GetProperty("text").GetString());
                Closed = root.GetProperty("stop_reason").ValueKind == JsonValueKind.String;
                break;
            case WireProtocol.OpenAIChat:
                _text.Append(root.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
                Closed = root.GetProperty("choices")[0].GetProperty("finish_reason").ValueKind == JsonValueKind.String;
                break;
            case WireProtocol.OpenAIResponses:
                foreach (var item in root.GetProperty("output").EnumerateArray())
                {
                    foreach (var part in item.GetProperty("content").EnumerateArray()) _text.Append(part.GetProperty("text").GetString());
                }

                Closed = root.GetProperty("status").GetString() == "completed";
                break;
            case WireProtocol.Gemini:
                ReadGemini(root);
                break;
        }
    }

    private void ReadStream(WireProtocol protocol, string body)
    {
        foreach (var one in body.ReplaceLineEndings("\n").Split("\n\n"))
        {
            if (one.Length == 0) continue;
            var data = one.Split('\n').Where(line => line.StartsWith("data:", StringComparison.Ordinal)).Select(line => line[5..].TrimStart()).SingleOrDefault();
            if (data is null) continue;
            if (Closed && protocol != WireProtocol.Gemini && data != "[DONE]") Mistake = "an event after the end";
            if (data == "[DONE]")
            {
                Closed = true;
                continue;
            }

            using var document = JsonDocument.Parse(data);
            var root = document.RootElement;
            if (root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object) Failed = true;
            else if (protocol == WireProtocol.AnthropicMessages) ReadAnthropic(root);
            else if (protocol == WireProtocol.OpenAIChat) ReadChat(root);
            else if (protocol == WireProtocol.OpenAIResponses) ReadResponses(root);
            else ReadGemini(root);
        }

        if (!body.EndsWith("\n\n", StringComparison.Ordinal) && !body.EndsWith("\r\n\r\n", StringComparison.Ordinal)) Mistake = "the last event has no end";
    }

    private bool _started;

    private void ReadAnthropic(JsonElement root)
    {
        switch (root.GetProperty("type").GetString())
        {
            case "message_start":
                if (_started) Mistake = "a second message_start";
                _started = true;
                break;
            case "content_block_delta":
                if (!_started) Mistake = "a delta before message_start";
                _text.Append(root.GetProperty("delta").GetProperty("text").GetString());
                break;
            case "message_stop":
                Closed = true;
                break;
        }
    }

    private void ReadChat(JsonElement root)
    {
        foreach (var choice in root.GetProperty("choices").EnumerateArray())
        {
            if (choice.GetProperty("delta").TryGetProperty("content", out var content)) _text.Append(content.GetString());
        }
    }

    private void ReadResponses(JsonElement root)
    {
        switch (root.GetProperty("type").GetString())
        {
            case "response.output_text.delta":
                _text.Append(root.GetProperty("delta").GetString());
                break;
            case "response.completed":
                Closed = true;
                break;
            case "response.failed" or "error":
                Failed = true;
                break;
        }
    }

    private void ReadGemini(JsonElement root)
    {
        foreach (var candidate in root.GetProperty("candidates").EnumerateArray())
        {
            if (candidate.TryGetProperty("content", out var content) && content.TryGetProperty("parts", out var parts))
            {
                foreach (var part in parts.EnumerateArray()) _text.Append(part.GetProperty("text").GetString());
            }

            if (candidate.TryGetProperty("finishReason", out var reason) && reason.ValueKind == JsonValueKind.String) Closed = true;
        }
    }
}
