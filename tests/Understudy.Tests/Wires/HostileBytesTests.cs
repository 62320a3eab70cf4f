using System.Buffers;
using System.Text;
using System.Text.Json;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Tests.Wires;

/// <summary>Bytes from outside may be anything; only a request may be refused by an exception, and only by its own.</summary>
public class HostileBytesTests
{
    private const int Rounds = 300;

    private static readonly string[] Bits = ["\"", "\\", "\\ud83d", "{", "}", "[", "]", "null", "1e999", "-1", ",", ":", "\n", "\u0000", "\"error\":", "\"choices\":", "é"];

    [Theory, MemberData(nameof(StreamReaderTests.Streams), MemberType = typeof(StreamReaderTests))]
    public void DamagedStream_IsNeverAnException_AndMeansTheSameWatched(string name)
    {
        var random = new Random(7);
        var bytes = Fixture.Bytes("streams", name);
        for (var round = 0; round < Rounds; round++)
        {
            var damaged = Damage(bytes, random);
            foreach (var protocol in round % 10 == 0 ? Fixture.Protocols : [Fixture.Protocol(name)])
            {
                var (watching, decoding) = (Wire.Of(protocol).NewStreamReader(), Wire.Of(protocol).NewStreamReader());
                var writer = Wire.Of(Fixture.Protocols[round % 4]).NewStreamWriter(Fixture.Context with { ShowThinking = true }, new ArrayBufferWriter<byte>());
                foreach (var one in StreamReaderTests.Cut(damaged)) Assert.Equal(watching.Read(one, null), decoding.Read(one, writer));
                decoding.Complete(writer);
                Assert.Equal(watching.Usage, decoding.Usage);
            }
        }
    }

    [Theory, MemberData(nameof(GoldenTests.Answers), MemberType = typeof(GoldenTests))]
    public void DamagedAnswer_IsNeverAnException(string name)
    {
        var random = new Random(7);
        var bytes = Fixture.Bytes("answers", name);
        for (var round = 0; round < Rounds; round++)
        {
            var damaged = Damage(bytes, random);
            var wire = Wire.Of(Fixture.Protocol(name));
            wire.ReadError(500, damaged);
            if (wire.InspectAnswer(damaged).State is not (AnswerState.Good or AnswerState.Empty)) continue;
            try
            {
                Wire.Of(Fixture.Protocols[round % 4]).WriteAnswer(wire.ReadAnswer(damaged), Fixture.Context, new ArrayBufferWriter<byte>());
            }
            catch (WireFormatException)
            {
                // The look is quicker than the reading, and lets more pass.
            }
        }
    }

    [Theory, MemberData(nameof(GoldenTests.Requests), MemberType = typeof(GoldenTests))]
    public void DamagedRequest_IsRefusedOrWritten(string name)
    {
        var random = new Random(7);
        var bytes = Fixture.Bytes("requests", name);
        for (var round = 0; round < Rounds; round++)
        {
            var damaged = Damage(bytes, random);
            foreach (var protocol in Fixture.Protocols)
            {
                try
                {
                    var conversation = Wire.Of(Fixture.Protocol(name)).ReadRequest(damaged);
                    var output = new ArrayBufferWriter<byte>();
                    if (Wire.Of(protocol).WriteRequest(conversation, TargetProfile.For(protocol, "m"), output).IsWritten) JsonDocument.Parse(output.WrittenMemory).Dispose();
                }
                catch (WireFormatException)
                {
                    break;
                }
            }
        }
    }

    [Fact]
    public void LoneSurrogatesInAnError_AreRead() =>
        Assert.NotNull(Wire.Of(WireProtocol.OpenAIChat).ReadError(500, """{"error":{"message":"a\ud83d","type":"\udf0d","code":"x"}}"""u8).Message);

    private static byte[] Damage(byte[] bytes, Random random)
    {
        var damaged = bytes.ToList();
        for (var i = random.Next(1, 4); i > 0 && damaged.Count > 0; i--)
        {
            var at = random.Next(damaged.Count);
            switch (random.Next(4))
            {
                case 0: damaged[at] = (byte)random.Next(256); break;
                case 1: damaged.RemoveRange(at, Math.Min(random.Next(1, 20), damaged.Count - at)); break;
                case 2: damaged.InsertRange(at, Encoding.UTF8.GetBytes(Bits[random.Next(Bits.Length)])); break;
                default:
                    var from = random.Next(damaged.Count);
                    damaged.InsertRange(at, damaged.GetRange(from, Math.Min(random.Next(1, 60), damaged.Count - from)));
                    break;
            }
        }

        return [.. damaged];
    }
}
