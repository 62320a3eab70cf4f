using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Tests.Pipeline;

/// <summary>Requests and answers of every protocol, for tests that ask the same of all four.</summary>
internal static class Saying
{
    public static readonly WireProtocol[] Protocols = [WireProtocol.AnthropicMessages, WireProtocol.OpenAIChat, WireProtocol.OpenAIResponses, WireProtocol.Gemini];

    private static readonly AnswerContext Context = new() { Model = "m", MessageId = "id_1", Created = 1, IncludeUsage = true, ShowThinking = true };

    /// <summary>A plain question to the model m.</summary>
    public static string Request(WireProtocol protocol, bool stream) => protocol switch
    {
        WireProtocol.AnthropicMessages => $$"""{"model":"m","max_tokens":2000,"stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"Go."}]}""",
        WireProtocol.OpenAIChat => $$"""{"model":"m","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"Go."}]}""",
        WireProtocol.OpenAIResponses => $$"""{"model":"m","stream":{{(stream ? "true" : "false")}},"input":"Go."}""",
        WireProtocol.InProcess => throw new ArgumentOutOfRangeException(nameof(protocol)),
        WireProtocol.Gemini => """{"contents":[{"role":"user","parts":[{"text":"Go."}]}]}""",
    };

    /// <summary>A reply that says the given pieces.</summary>
    public static Reply Reply(WireProtocol protocol, bool stream, IEnumerable<string> pieces, FinishReason finish = FinishReason.Stop) => stream
        ? Pipeline.Reply.Stream() with { Raw = Stream(protocol, pieces, finish) }
        : Pipeline.Reply.Json("") with { Raw = Whole(protocol, string.Concat(pieces), finish) };

    /// <summary>A whole stream.</summary>
    public static byte[] Stream(WireProtocol protocol, IEnumerable<string> pieces, FinishReason finish = FinishReason.Stop)
    {
        using var output = new PooledBuffer();
        var writer = Wire.Of(protocol).NewStreamWriter(Context, output);
        writer.Start(null, null);
        foreach (var piece in pieces) writer.Text(piece);
        writer.Finish(finish, null, new(10, 0, 0, 20, 0));
        return output.Written.ToArray();
    }

    /// <summary>A whole answer.</summary>
    public static byte[] Whole(WireProtocol protocol, string text, FinishReason finish = FinishReason.Stop)
    {
        using var output = new PooledBuffer();
        Wire.Of(protocol).WriteAnswer(new() { Parts = [new TextPart(text)], Finish = finish, Usage = new(10, 0, 0, 20, 0) }, Context, output);
        return output.Written.ToArray();
    }

    /// <summary>The text that a client got, streamed or not.</summary>
    public static string Text(WireProtocol protocol, bool stream, byte[] body, out EventMeaning meanings)
    {
        meanings = EventMeaning.None;
        var parts = stream ? CutAnywhereTests.Read(protocol, body, out meanings).Parts : Wire.Of(protocol).ReadAnswer(body).Parts;
        return string.Concat(parts.OfType<TextPart>().Select(part => part.Text));
    }

    /// <summary>A text in pieces that each end with <paramref name="mark"/>.</summary>
    public static string[] SplitAfter(this string text, string mark) => [.. text.Split(mark, StringSplitOptions.RemoveEmptyEntries).Select(piece => piece + mark)];

    /// <summary>A stage with two targets that speak the same protocol.</summary>
    public static Stage Two(WireProtocol protocol)
    {
        var first = CutAnywhereTests.Provider("first", protocol);
        var second = CutAnywhereTests.Provider("second", protocol);
        return new(policy => policy with
        {
            Providers = [first, second],
            Routes = [Pipeline.Stage.Route((first, null), (second, null))],
            Retry = new() { AttemptsPerTarget = 1 },
        });
    }
}
