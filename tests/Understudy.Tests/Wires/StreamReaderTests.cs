using System.Text;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Tests.Wires;

public class StreamReaderTests
{
    public static TheoryData<string> Streams() => new(Fixture.Names("streams", "*.sse"));

    [Theory, MemberData(nameof(Streams))]
    public void RecordedStream_MeansWhatItsGoldenSays(string name)
    {
        var log = new EventLog();
        var reader = Open(name);
        foreach (var one in Cut(Fixture.Bytes("streams", name)))
        {
            var meaning = reader.Read(one, log);
            log.Note($"{meaning}");
        }

        log.Note("end of body");
        reader.Complete(log);
        log.Note($"usage {reader.Usage}");
        if (reader.Error is not null) log.Note($"error {reader.Error}");
        Fixture.AssertGolden("streams", Path.ChangeExtension(name, ".events.txt"), log.ToString());
    }

    [Theory, MemberData(nameof(Streams))]
    public void WatchedOnly_MeansTheSame(string name)
    {
        var (watching, decoding) = (Open(name), Open(name));
        foreach (var one in Cut(Fixture.Bytes("streams", name)))
        {
            Assert.Equal(decoding.Read(one, new EventLog()), watching.Read(one, null));
            Assert.Equal(decoding.Usage, watching.Usage);
            Assert.Equal(decoding.FinishReason, watching.FinishReason);
            Assert.Equal(decoding.InToolCall, watching.InToolCall);
            Assert.Equal(decoding.Error, watching.Error);
        }
    }

    [Theory, MemberData(nameof(Streams))]
    public void ReadThatEndsAnywhere_ChangesNothing(string name)
    {
        var bytes = Fixture.Bytes("streams", name);
        var whole = Transcript(name, [bytes]);
        for (var at = 1; at < bytes.Length; at++)
        {
            Assert.Equal(whole, Transcript(name, [bytes[..at], bytes[at..]]));
        }

        Assert.Equal(whole, Transcript(name, bytes.Chunk(1)));
    }

    [Theory]
    [InlineData("anthropic.text.sse")]
    [InlineData("chat.text.sse")]
    [InlineData("chat.worked-example.sse")]
    [InlineData("responses.text.sse")]
    [InlineData("gemini.text.sse")]
    public void WatchedContentEvent_AllocatesNothing(string name)
    {
        var events = Cut(Fixture.Bytes("streams", name)).ToArray();
        var reader = Open(name);
        foreach (var one in events) reader.Read(one, null);
        var warm = reader;
        var content = events.Where(one => Open(name).Read(one, null) == EventMeaning.Content).ToArray();
        reader = Open(name);
        foreach (var one in events.TakeWhile(one => one != content[0])) reader.Read(one, null);
        reader.Read(content[0], null);
        warm.Dispose(); // what it rented is in the pool now, as it is while a gateway runs
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var one in content) reader.Read(one, null);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string Transcript(string name, IEnumerable<byte[]> reads)
    {
        var log = new EventLog();
        var reader = Open(name);
        var (kept, resume) = (new List<byte>(), 0);
        foreach (var read in reads)
        {
            kept.AddRange(read);
            var bytes = kept.ToArray();
            var from = 0;
            while (SseSplitter.TryFindEnd(bytes.AsSpan(from), ref resume, out var end))
            {
                reader.Read(bytes.AsSpan(from, end), log);
                from += end;
            }

            kept.RemoveRange(0, from);
        }

        reader.Complete(log);
        return log.ToString();
    }

    private static AnswerStreamReader Open(string name) => Wire.Of(Fixture.Protocol(name)).NewStreamReader();

    internal static IEnumerable<byte[]> Cut(byte[] bytes)
    {
        var (from, resume) = (0, 0);
        while (SseSplitter.TryFindEnd(bytes.AsSpan(from), ref resume, out var end))
        {
            yield return bytes[from..(from + end)];
            from += end;
        }
    }
}
