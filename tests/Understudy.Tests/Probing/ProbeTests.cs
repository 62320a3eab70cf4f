using System.Text;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Drills;
using Understudy.Failures;
using Understudy.Probing;
using Understudy.Transport;

namespace Understudy.Tests.Probing;

public sealed class ProbeTests
{
    private readonly VirtualTime _time = new();

    [Theory]
    [InlineData(WireProtocol.AnthropicMessages, "claude-sonnet-4-5", """{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}""")]
    [InlineData(WireProtocol.AnthropicMessages, "claude-opus-5", """{"model":"claude-opus-5","max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}""")]
    [InlineData(WireProtocol.OpenAIChat, "gpt-4o", """{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"max_completion_tokens":1}""")]
    [InlineData(WireProtocol.OpenAIChat, "gpt-5", """{"model":"gpt-5","messages":[{"role":"user","content":"Hi"}],"reasoning_effort":"minimal","max_completion_tokens":16}""")]
    [InlineData(WireProtocol.OpenAIChat, "o3", """{"model":"o3","messages":[{"role":"user","content":"Hi"}],"reasoning_effort":"low","max_completion_tokens":16}""")]
    [InlineData(WireProtocol.OpenAIChat, "llama3.1", """{"model":"llama3.1","messages":[{"role":"user","content":"Hi"}],"max_tokens":1}""")]
    [InlineData(WireProtocol.OpenAIResponses, "gpt-5.1", """{"model":"gpt-5.1","input":[{"role":"user","content":[{"type":"input_text","text":"Hi"}]}],"reasoning":{"effort":"none"},"max_output_tokens":16,"store":false}""")]
    [InlineData(WireProtocol.Gemini, "gemini-2.5-pro", """{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"maxOutputTokens":1}}""")]
    public void Request_IsTheLeastThatTheModelTakes(WireProtocol protocol, string model, string expected)
    {
        using var body = new PooledBuffer();
        var request = Probe.Compose(Provider(protocol), model, body)!;
        Assert.Equal(expected, Encoding.UTF8.GetString(request.Body.Span));
        Assert.False(request.PassThrough);
        Assert.False(request.Stream);
        Assert.Empty(request.Call.Headers);
    }

    [Theory]
    [InlineData(200, """{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"max_tokens","stop_sequence":null,"usage":{"input_tokens":8,"output_tokens":1}}""", null)]
    [InlineData(200, "<html>maintenance</html>", FailureKind.Garbage)]
    [InlineData(200, """{"type":"error","error":{"type":"overloaded_error","message":"x"}}""", FailureKind.ErrorInStream)]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"x"}}""", null)]
    [InlineData(404, """{"type":"error","error":{"type":"not_found_error","message":"x"}}""", null)]
    [InlineData(401, """{"type":"error","error":{"type":"authentication_error","message":"x"}}""", FailureKind.KeyRejected)]
    [InlineData(429, "{}", FailureKind.RateLimited)]
    [InlineData(529, "{}", FailureKind.Overloaded)]
    [InlineData(500, "", FailureKind.ProviderError)]
    public async Task Answer_IsASignOfLife_OrNot(int status, string body, FailureKind? expected) =>
        Assert.Equal(expected, (await SendAsync(new FixedTransport(new FixedReply(status, body)))).Failure?.Kind);

    [Fact]
    public async Task Cost_IsTold()
    {
        var reply = new FixedReply(200, """{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"H"}],"stop_reason":"max_tokens","stop_sequence":null,"usage":{"input_tokens":8,"output_tokens":1}}""");
        var usage = (await SendAsync(new FixedTransport(reply))).Usage;
        Assert.Equal((8, 1), (usage.Input, usage.Output));
    }

    [Fact]
    public async Task BodyThatNeverEnds_IsReadToABound() =>
        Assert.Equal(FailureKind.Garbage, (await SendAsync(new FixedTransport(new FixedReply(200, new string(' ', 1000), endless: true)))).Failure!.Kind);

    [Fact]
    public async Task NoConnection_IsAFailure() =>
        Assert.Equal(FailureKind.ConnectFailed, (await SendAsync(new FixedTransport(new FixedReply(new Failure(FailureKind.ConnectFailed, "refused"))))).Failure!.Kind);

    private async Task<ProbeResult> SendAsync(IProviderTransport transport) =>
        await Probe.SendAsync(transport, Provider(WireProtocol.AnthropicMessages), "claude-sonnet-4-5", TimeSpan.FromSeconds(10), _time, TestContext.Current.CancellationToken);

    private static ProviderModel Provider(WireProtocol protocol) => new() { Name = "p", Protocol = protocol, BaseUrl = new("http://p.test"), Key = "secret" };

    private sealed class FixedTransport(ProviderReply reply) : IProviderTransport
    {
        public ValueTask<ProviderReply> SendAsync(ProviderRequest request, TimeSpan connectLimit, CancellationToken cancellationToken) => new(reply);
    }

    private sealed class FixedReply : ProviderReply
    {
        private readonly byte[] _body = [];
        private readonly bool _endless;

        public FixedReply(Failure failure) => Failure = failure;

        public FixedReply(int status, string body, bool endless = false)
        {
            Status = status;
            _body = Encoding.UTF8.GetBytes(body);
            _endless = endless;
        }

        public override bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
        {
            value = default;
            return false;
        }

        public override void CopyHeaders(IHeaderTarget target)
        {
        }

        public override ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken) => new(new BodyPiece(_body, End: !_endless, Broken: false));

        public override ValueTask DisposeAsync() => default;
    }
}
