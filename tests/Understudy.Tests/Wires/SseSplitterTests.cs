using System.Text;
using Understudy.Wires;

namespace Understudy.Tests.Wires;

public sealed class SseSplitterTests
{
    [Theory]
    [InlineData("data: a\n\ndata: b\n\n", 2)]
    [InlineData("data: a\r\n\r\ndata: b\r\n\r\n", 2)]
    [InlineData("data: a\r\rdata: b\r\rx", 2)]
    [InlineData("event: x\ndata: 1\ndata: 2\n\n: comment\n\n", 2)]
    [InlineData("data: a\n", 0)]
    [InlineData("\n\n", 2)]
    public void Events_AreCut_HoweverTheReadsFall(string text, int expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var whole = Cut([bytes]);
        Assert.Equal(expected, whole.Count);
        for (var split = 1; split < bytes.Length; split++)
        {
            Assert.Equal(whole, Cut([bytes[..split], bytes[split..]]));
        }

        Assert.Equal(whole, Cut([.. bytes.Select(b => new[] { b })]));
    }

    [Fact]
    public void Lines_AreReadInAllTheirForms()
    {
        var parsed = SseEvent.Parse("\uFEFFevent: message_start\r\nid: 7\r\ndata: {\"a\":\r\ndata:1}\r\n: note\r\n\r\n"u8);
        Assert.Equal("message_start", Encoding.UTF8.GetString(parsed.Name));
        Assert.Equal("{\"a\":\n1}", Encoding.UTF8.GetString(parsed.Data));
    }

    private static List<string> Cut(IEnumerable<byte[]> reads)
    {
        var events = new List<string>();
        var buffer = new List<byte>();
        var resume = 0;
        foreach (var read in reads)
        {
            buffer.AddRange(read);
            while (SseSplitter.TryFindEnd(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(buffer), ref resume, out var end))
            {
                events.Add(Encoding.UTF8.GetString([.. buffer.Take(end)]));
                buffer.RemoveRange(0, end);
            }
        }

        return events;
    }
}
