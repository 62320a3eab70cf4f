using System.Text;
using System.Text.Json.Nodes;
using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Deviations;

/// <summary>
/// A habit of a server that speaks OpenAI's chat protocol nearly: not a failure, only not as OpenAI does it. A deviation
/// changes the chunks of a stream or the whole answer that OpenAI would have sent; the base changes nothing.
/// </summary>
internal abstract class Deviation
{
    /// <summary>The stream as this server sends it.</summary>
    public virtual IEnumerable<Frame> Stream(IEnumerable<Frame> frames)
    {
        foreach (var frame in frames)
        {
            if (Parse(frame) is not { } chunk)
            {
                yield return frame;
                continue;
            }

            if (Change(chunk, "delta")) yield return Data(chunk, frame.Kind);
        }
    }

    /// <summary>The whole answer as this server sends it.</summary>
    public ReadOnlyMemory<byte> Whole(ReadOnlyMemory<byte> body)
    {
        var answer = (JsonObject)JsonNode.Parse(body.Span)!;
        Change(answer, "message");
        return Encoding.UTF8.GetBytes(answer.ToJsonString());
    }

    /// <summary>Changes a chunk or a whole answer.</summary>
    /// <param name="answer">What OpenAI would have sent.</param>
    /// <param name="inside">Where its content stands in a choice: <c>delta</c> or <c>message</c>.</param>
    /// <returns>Whether it is sent at all.</returns>
    protected virtual bool Change(JsonObject answer, string inside) => true;

    /// <summary>What the first choice says; null where there is no choice.</summary>
    protected static JsonObject? Said(JsonObject answer, string inside) => Choice(answer)?[inside] as JsonObject;

    /// <summary>The first choice; null where there is none.</summary>
    protected static JsonObject? Choice(JsonObject answer) => (answer["choices"] as JsonArray)?.FirstOrDefault() as JsonObject;

    /// <summary>The chunk of a frame; null for <c>[DONE]</c>.</summary>
    protected static JsonObject? Parse(Frame frame)
    {
        var text = Encoding.UTF8.GetString(frame.Bytes.Span);
        return text.StartsWith("data: {", StringComparison.Ordinal) ? JsonNode.Parse(text[6..]) as JsonObject : null;
    }

    /// <summary>A frame of a chunk.</summary>
    protected static Frame Data(JsonObject chunk, FrameKind kind) => new(Encoding.UTF8.GetBytes($"data: {chunk.ToJsonString()}\n\n"), kind);
}
