using Understudy.Calls;
using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Understudy.Http;

namespace Understudy.Tests.Http;

public sealed class RequestHeadWriterTests
{
    [Fact]
    public void AHead_IsComposedAsGiven()
    {
        using var buffer = new PooledBuffer();
        var head = new RequestHeadWriter(buffer);
        head.Start("POST"u8, "/v1/messages?beta=true", "api.test"u8);
        head.Header("X-Api-Key"u8, "secret");
        head.Header("x-custom", "caf\u00e9");
        head.Header("Accept"u8, "*/*"u8);
        head.End(12);
        Assert.Equal(
            "POST /v1/messages?beta=true HTTP/1.1\r\nHost: api.test\r\nX-Api-Key: secret\r\nx-custom: caf\u00e9\r\nAccept: */*\r\nContent-Length: 12\r\n\r\n",
            Encoding.Latin1.GetString(buffer.Written.Span));
    }

    [Fact]
    public void AHeadWithoutABody_HasNoLength()
    {
        using var buffer = new PooledBuffer();
        var head = new RequestHeadWriter(buffer);
        head.Start("GET"u8, "/", "a"u8);
        head.End(null);
        Assert.Equal("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Encoding.Latin1.GetString(buffer.Written.Span));
        buffer.Clear();
        Assert.True(buffer.Written.IsEmpty);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(70_000)]
    public void AHeadOfAnyLength_GrowsItsBuffer(int length)
    {
        using var buffer = new PooledBuffer();
        var head = new RequestHeadWriter(buffer);
        head.Start("POST"u8, "/", "a"u8);
        for (var i = 0; i < 20; i++) head.Header("X-A"u8, new string('v', length));
        head.End(0);
        Assert.Equal($"POST / HTTP/1.1\r\nHost: a\r\n{string.Concat(Enumerable.Repeat($"X-A: {new string('v', length)}\r\n", 20))}Content-Length: 0\r\n\r\n", Encoding.Latin1.GetString(buffer.Written.Span));
    }

    /// <summary>Whatever a name or value is, the head has one more line or is refused.</summary>
    [Fact]
    public void NoField_CanAddALine()
    {
        var text = Gen.ArrayOf(Gen.OneOf(Gen.Choose(0, 0x120).Select(c => (char)c), Gen.Elements('\r', '\n', '\0', ':', ' '))).Select(chars => new string(chars));
        Prop.ForAll(Gen.Zip(text, text).ToArbitrary(), field =>
        {
            var (name, value) = field;
            var buffer = new ArrayBufferWriter<byte>();
            var head = new RequestHeadWriter(buffer);
            head.Start("GET"u8, "/", "a"u8);
            try
            {
                head.Header(name, value);
            }
            catch (ArgumentException)
            {
                Assert.True(name.Length == 0 || !RequestHeadWriter.IsValue(value) || name.Any(c => !char.IsAsciiLetterOrDigit(c)));
                return;
            }

            head.End(null);
            var lines = Encoding.Latin1.GetString(buffer.WrittenSpan).Split("\r\n");
            Assert.Equal(["GET / HTTP/1.1", "Host: a", $"{name}: {value}", "", ""], lines);
            Assert.Equal(2, buffer.WrittenSpan.Count("\n\r"u8) + 1);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("", "v")]
    [InlineData("a b", "v")]
    [InlineData("a:", "v")]
    [InlineData("a\r\nb", "v")]
    [InlineData("a", "v\r\nb: c")]
    [InlineData("a", "v\nb")]
    [InlineData("a", "v\rb")]
    [InlineData("a", "v\0")]
    [InlineData("a", "\u0100")]
    public void AFieldThatCouldEndALine_IsRefusedWithoutNamingItsValue(string name, string value)
    {
        var thrown = Assert.Throws<ArgumentException>(() => Write(head => head.Header(name, value)));
        Assert.DoesNotContain("v\r", thrown.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Write(head => head.Header(Encoding.Latin1.GetBytes(name), value)));
        if (value.All(c => c < 256)) Assert.Throws<ArgumentException>(() => Write(head => head.Header(Encoding.Latin1.GetBytes(name), Encoding.Latin1.GetBytes(value))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a b")]
    [InlineData("/a\r\nX: 1")]
    [InlineData("/\u00e4")]
    public void ATargetThatIsNone_IsRefused(string target) =>
        Assert.Throws<ArgumentException>(() => Write(head => head.Start("GET"u8, target, "a"u8)));

    private static void Write(Writing write) => write(new(new ArrayBufferWriter<byte>()));

    private delegate void Writing(RequestHeadWriter head);
}
