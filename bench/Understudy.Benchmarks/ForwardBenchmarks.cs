using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Understudy.Benchmarks.Subjects;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Benchmarks;

/// <summary>
/// One chunk of a stream from a provider's socket to a client's: forwarded blind, and forwarded watched. What the gateway
/// must pay for a chunk in any case is one receive and one send; what watching adds is the difference of the two rows.
/// </summary>
[MemoryDiagnoser]
public class ForwardBenchmarks
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private Socket _provider = null!, _fromProvider = null!, _toClient = null!, _client = null!;
    private AnswerStreamReader _reader = null!;
    private byte[] _chunk = [];

    /// <summary>Whose stream it is.</summary>
    [Params(WireProtocol.AnthropicMessages, WireProtocol.OpenAIChat, WireProtocol.OpenAIResponses, WireProtocol.Gemini)]
    public WireProtocol Protocol { get; set; }

    /// <summary>Connects both sides.</summary>
    [GlobalSetup]
    public void Connect()
    {
        (_provider, _fromProvider) = Pair();
        (_toClient, _client) = Pair();
        _reader = Wire.Of(Protocol).NewStreamReader();
        _chunk = Protocol switch
        {
            WireProtocol.AnthropicMessages => Bodies.AnthropicChunk,
            WireProtocol.OpenAIChat => Bodies.PaddedChatChunk,
            WireProtocol.OpenAIResponses => Bodies.ResponsesChunk,
            WireProtocol.InProcess => throw new ArgumentOutOfRangeException(nameof(Protocol)),
            WireProtocol.Gemini => Bodies.GeminiChunk,
        };
        var opening = Protocol switch
        {
            WireProtocol.AnthropicMessages => Bodies.AnthropicStream(0).Take(2),
            WireProtocol.OpenAIChat => Bodies.ChatStream(0).Take(1),
            WireProtocol.OpenAIResponses or WireProtocol.Gemini or WireProtocol.InProcess => [],
        };
        foreach (var one in opening) _reader.Read(one, null);
    }

    /// <summary>Bytes in, bytes out.</summary>
    [Benchmark(Baseline = true)]
    public int Blind()
    {
        _provider.Send(_chunk);
        var length = _fromProvider.Receive(_buffer);
        _toClient.Send(_buffer.AsSpan(0, length));
        return _client.Receive(_buffer);
    }

    /// <summary>The same, each event found and understood on its way.</summary>
    [Benchmark]
    public int Watched()
    {
        _provider.Send(_chunk);
        var length = _fromProvider.Receive(_buffer);
        var resume = 0;
        SseSplitter.TryFindEnd(_buffer.AsSpan(0, length), ref resume, out var end);
        _reader.Read(_buffer.AsSpan(0, end), null);
        _toClient.Send(_buffer.AsSpan(0, length));
        return _client.Receive(_buffer);
    }

    /// <summary>Closes all four.</summary>
    [GlobalCleanup]
    public void Close()
    {
        foreach (var socket in (Socket[])[_provider, _fromProvider, _toClient, _client]) socket.Dispose();
    }

    private static (Socket From, Socket To) Pair()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var from = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        from.Connect(listener.LocalEndPoint!);
        var to = listener.Accept();
        to.NoDelay = true;
        return (from, to);
    }
}
