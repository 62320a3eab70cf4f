using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Understudy.Calls;
using Understudy.Failures;
using Understudy.Http;

namespace Understudy.Transport;

/// <summary>The way to real providers: HTTP/1.1 over kept-alive connections.</summary>
/// <param name="time">The time.</param>
public sealed class HttpTransport(TimeProvider time) : IProviderTransport, IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string Scheme, string Host, int Port), HttpOrigin> _origins = new();

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ProviderReply> SendAsync(ProviderRequest request, TimeSpan connectLimit, CancellationToken cancellationToken)
    {
        var origin = Origin(request.Provider.BaseUrl);
        using var head = new PooledBuffer();
        if (!TryCompose(request, origin, head)) return new HttpReply(new Failure(FailureKind.BadRequest, "a header that cannot be sent"));
        var sent = await origin.SendAsync(head.Written, request.Body, connectLimit, cancellationToken).ConfigureAwait(false);
        return sent.Exchange is { } exchange ? new HttpReply(exchange) : new HttpReply(FailureOf(sent.Fault!));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var origin in _origins.Values) await origin.DisposeAsync().ConfigureAwait(false);
    }

    private HttpOrigin Origin(Uri url)
    {
        var key = (url.Scheme, url.Host, url.Port);
        return _origins.TryGetValue(key, out var known)
            ? known
            : _origins.GetOrAdd(key, _ => new HttpOrigin(url, new() { TimeProvider = time, Proxy = SystemProxy.For(url) }));
    }

    private static bool TryCompose(ProviderRequest request, HttpOrigin origin, PooledBuffer head)
    {
        var writer = new RequestHeadWriter(head);
        var provider = request.Provider;
        var prefix = provider.BaseUrl.AbsolutePath.AsSpan().TrimEnd('/');
        var path = PathOf(request);
        var query = request.PassThrough ? request.Call.Query : "";
        writer.Start("POST"u8, prefix.IsEmpty && query.Length == 0 ? path : string.Concat(prefix, path, query), origin.Host.Span);
        if (request.PassThrough)
        {
            foreach (var field in request.Call.Headers)
            {
                if (!RequestHeadWriter.IsValue(field.Value)) return false;
                writer.Header(field.Name, field.Value);
            }
        }
        else
        {
            writer.Header("content-type"u8, "application/json"u8);
            if (provider.Protocol == WireProtocol.AnthropicMessages) writer.Header("anthropic-version"u8, "2023-06-01"u8);
            writer.Header("accept"u8, request.Stream ? "text/event-stream"u8 : "application/json"u8);
            writer.Header("user-agent"u8, "understudy"u8);
        }

        if (provider.Key is { } key)
        {
            switch (provider.Protocol)
            {
                case WireProtocol.AnthropicMessages:
                    writer.Header("x-api-key"u8, key);
                    break;
                case WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses:
                    writer.Header("authorization"u8, string.Concat("Bearer ", key));
                    break;
                case WireProtocol.Gemini:
                    writer.Header("x-goog-api-key"u8, key);
                    break;
            }
        }

        writer.End(request.Body.Length);
        return true;
    }

    private static string PathOf(ProviderRequest request) => request.Provider.Protocol switch
    {
        WireProtocol.AnthropicMessages => request.Call.Operation switch
        {
            CallOperation.Generate => "/v1/messages",
            CallOperation.CountTokens => "/v1/messages/count_tokens",
        },
        WireProtocol.OpenAIChat => "/chat/completions",
        WireProtocol.OpenAIResponses => "/responses",
        WireProtocol.Gemini => $"/v1beta/models/{Uri.EscapeDataString(request.Model)}:{(request.Stream ? "streamGenerateContent?alt=sse" : "generateContent")}",
    };

    private static Failure FailureOf(HttpFault fault) => new(
        fault.Kind switch
        {
            HttpFaultKind.ConnectFailed => FailureKind.ConnectFailed,
            HttpFaultKind.ConnectTimeout => FailureKind.ConnectTimeout,
            HttpFaultKind.Reset => FailureKind.ConnectionReset,
            HttpFaultKind.EndedEarly => FailureKind.ConnectionReset,
            HttpFaultKind.Protocol => FailureKind.Garbage,
            HttpFaultKind.Cancelled => FailureKind.FirstTokenTimeout, // the attempt's clocks know better and say which
        },
        fault.Reason);

    private sealed class HttpReply : ProviderReply
    {
        private readonly HttpExchange? _exchange;

        public HttpReply(Failure failure) => Failure = failure;

        public HttpReply(HttpExchange exchange)
        {
            _exchange = exchange;
            Status = exchange.StatusCode;
        }

        public override bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
        {
            value = default;
            return _exchange is not null && _exchange.Headers.TryGet(name, out value);
        }

        public override void CopyHeaders(IHeaderTarget target)
        {
            if (_exchange is null) return;
            foreach (var (name, value) in _exchange.Headers)
            {
                if (!HopByHop.Covers(name)) target.Add(name, value);
            }
        }

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        public override async ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken)
        {
            var read = await _exchange!.ReadAsync(cancellationToken).ConfigureAwait(false);
            return new(read.Bytes, read.End || _exchange.IsAtEnd, read.Fault is not null);
        }

        public override ValueTask DisposeAsync() => _exchange?.DisposeAsync() ?? default;
    }
}
