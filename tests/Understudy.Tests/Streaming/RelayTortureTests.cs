using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Understudy.Calls;
using Understudy.Streaming;
using Understudy.Tests.Pipeline;
using Understudy.Wires;

namespace Understudy.Tests.Streaming;

/// <summary>Reads may fall anywhere, and servers end lines as they like: what goes out, and what is understood, is the same.</summary>
public sealed class RelayTortureTests
{
    private static readonly string[] Words = ["Hé", "llo \\ \"", "\n", "日本", " 🌍 end", " and more", " and more", " and more"];

    public static TheoryData<WireProtocol> EveryProtocol => [.. Saying.Protocols];

    public static TheoryData<WireProtocol, string> Forms()
    {
        var table = new TheoryData<WireProtocol, string>();
        foreach (var protocol in Saying.Protocols)
        {
            foreach (var form in (string[])["LF", "CRLF", "CR", "BOM", "comments", "two data lines"]) table.Add(protocol, form);
        }

        return table;
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void EverySplit_GivesTheSameBytesAndTheSameMeaning(WireProtocol protocol, string form)
    {
        var stream = Form(Saying.Stream(protocol, Words), form);
        var (bytes, seen, text) = Run(protocol, [stream]);
        Assert.Equal(stream, bytes);
        Assert.Equal(string.Concat(Words), text);
        for (var split = 1; split < stream.Length; split++)
        {
            var parted = Run(protocol, [stream[..split], stream[split..]]);
            Assert.True(stream.AsSpan().SequenceEqual(parted.Bytes) && parted.Seen == seen, $"split at {split}");
        }

        var single = Run(protocol, [.. stream.Select(one => new[] { one })]);
        Assert.Equal(stream, single.Bytes);
        Assert.Equal(seen, single.Seen);
    }

    [Theory]
    [MemberData(nameof(EveryProtocol))]
    public void BytesThatAreNoText_PassUnchanged(WireProtocol protocol)
    {
        var stream = Saying.Stream(protocol, ["one #", " two #", " three #"]).Select(one => one == (byte)'#' ? (byte)0xC3 : one).ToArray();
        Assert.Equal(stream, Run(protocol, [stream]).Bytes);
    }

    /// <summary>An event that is compared with the one before means what it means when it is read in full.</summary>
    [Theory]
    [MemberData(nameof(EveryProtocol))]
    public void EventsOfOneShape_MeanWhatTheyMeanReadInFull(WireProtocol protocol) => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Elements("a", " b", "\"", "\\", "\n", "é", "🌍", "}", "x\",\"y", "long enough to matter").ArrayOf().ToArbitrary(),
        pieces =>
        {
            var stream = Saying.Stream(protocol, pieces);
            var (quick, full) = (Wire.Of(protocol).NewStreamReader(), Wire.Of(protocol).NewStreamReader());
            var (quickly, fully) = (new AnswerCollector(), new AnswerCollector());
            foreach (var one in Cut(stream))
            {
                full.Read(": a comment in between: nothing is like the event before\n\n"u8, null);
                if (quick.Read(one, quickly) != full.Read(one, fully)) return false;
            }

            return quickly.ToAnswer().Parts.SequenceEqual(fully.ToAnswer().Parts) && quick.Usage == full.Usage && string.Concat(pieces) == string.Concat(quickly.Parts().OfType<TextPart>().Select(part => part.Text));
        }));

    [Fact]
    public void ShapeOfAnEvent_FitsOnlyItsLike()
    {
        var shape = default(EventShape);
        var first = """data: {"a":"text","obfuscation":"x1"}"""u8;
        shape.Learn(first, first.Slice(first.IndexOf("text"u8), 4));
        Assert.True(shape.Fits("""data: {"a":"other","obfuscation":"longer padding"}"""u8, out var text));
        Assert.True(text.SequenceEqual("other"u8));
        foreach (var other in (string[])[
            """data: {"a":"","obfuscation":"x1"}""", """data: {"a":"t\"","obfuscation":"x1"}""", """data: {"a":"t","obfuscation":"x\"1"}""", """data: {"a":"t","obfuscation":"x1","b":1}""",
            """data: {"a":"t"}""", """data: {"b":"t","obfuscation":"x1"}""", "data: {\"a\":\"t\u0001\",\"obfuscation\":\"x1\"}", """data: {"a":"t","obfuscation":"x1"}""" + "\n\n", "", "data: "])
        {
            Assert.False(shape.Fits(Encoding.UTF8.GetBytes(other), out _), other);
        }

        shape.Forget();
        Assert.False(shape.Fits(first, out _));
        shape.Release();
    }

    private static (byte[] Bytes, EventMeaning Seen, string Text) Run(WireProtocol protocol, IReadOnlyList<byte[]> reads)
    {
        using var relay = new PassThroughRelay { Reader = Wire.Of(protocol).NewStreamReader() };
        var bytes = new List<byte>();
        foreach (var read in reads)
        {
            relay.Feed(read.ToArray());
            Take();
        }

        relay.FeedEnd();
        relay.ReleaseHeld();
        Take();
        var collected = new AnswerCollector();
        var reader = Wire.Of(protocol).NewStreamReader();
        foreach (var one in Cut([.. bytes])) reader.Read(one, collected);
        return ([.. bytes], relay.Seen, string.Concat(collected.Parts().OfType<TextPart>().Select(part => part.Text)));

        void Take()
        {
            bytes.AddRange(relay.Ready.Span);
            bytes.AddRange(relay.Ready2.Span);
            relay.Sent();
        }
    }

    private static IEnumerable<byte[]> Cut(byte[] bytes)
    {
        var at = 0;
        var resume = 0;
        while (SseSplitter.TryFindEnd(bytes.AsSpan(at), ref resume, out var length))
        {
            yield return bytes[at..(at + length)];
            at += length;
        }
    }

    private static byte[] Form(byte[] stream, string form)
    {
        var text = Encoding.UTF8.GetString(stream);
        return Encoding.UTF8.GetBytes(form switch
        {
            "LF" => text,
            "CRLF" => text.Replace("\n", "\r\n", StringComparison.Ordinal),
            "CR" => text.Replace("\n", "\r", StringComparison.Ordinal) + "\n", // the last CR could be half a CRLF
            "BOM" => "\uFEFF" + text,
            "comments" => ": keepalive\n\n" + text[..^2].Replace("\n\n", "\n\n: keepalive\n\n", StringComparison.Ordinal) + "\n\n", // what follows the closing event is nobody's
            "two data lines" => text.Replace("data: {", "data: {\ndata: ", StringComparison.Ordinal),
            _ => throw new ArgumentOutOfRangeException(nameof(form)),
        });
    }
}
