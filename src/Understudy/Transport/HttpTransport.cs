using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Http;

namespace Understudy.Transport;

/// <summary>The way to real providers: HTTP/1.1 over kept-alive connections.</summary>
/// <param name="time">The time.</param>
public sealed class HttpTransport(TimeProvider time) : IProviderTransport, IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string Scheme, string Host, int Port), HttpOrigin> _origins = new();

    // By the object, not by its fields: a reload brings new ones, and the old ones go with their last call.
    private readonly ConditionalWeakTable<ProviderModel, Way> _ways = new();

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ProviderReply> SendAsync(ProviderRequest request, TimeSpan connectLimit, CancellationToken cancellationToken)
    {
        if (!_ways.TryGetValue(request.Provider, out var way)) way = _ways.GetValue(request.Provider, WayTo);
        var origin = way.Origin;
        using var head = new PooledBuffer();
        if (!TryCompose(request, way, head)) return new HttpReply(new Failure(FailureKind.BadRequest, "a header that cannot be sent"));
        var sent = await origin.SendAsync(head.Written, request.Body, connectLimit, cancellationToken).ConfigureAwait(false);
        return sent.Exchange is { } exchange ? new HttpReply(exchange) : new HttpReply(FailureOf(sent.Fault!));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var origin in _origins.Values) await origin.DisposeAsync().ConfigureAwait(false);
    }

    private Way WayTo(ProviderModel provider)
    {
        var url = provider.BaseUrl;
        var origin = _origins.GetOrAdd((url.Scheme, url.Host, url.Port), _ => new HttpOrigin(url, new() { TimeProvider = time, Proxy = SystemProxy.For(url) }));
        return new(origin, provider);
    }

    private static bool TryCompose(ProviderRequest request, Way way, PooledBuffer head)
    {
        var writer = new RequestHeadWriter(head);
        var provider = request.Provider;
        var query = request.PassThrough ? request.Call.Query : request.Protocol == WireProtocol.Gemini && request.Stream ? "?alt=sse" : "";
        if (provider.ApiVersion is { } version) query = $"?api-version={version}";
        var path = way.PathOf(request);
        writer.Start("POST"u8, query.Length > 0 ? string.Concat(path, query) : path, way.Origin.Host.Span);
        if (request.PassThrough)
        {
            for (var i = 0; i < request.Call.Headers.Count; i++)
            {
                var field = request.Call.Headers[i];
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
            TraceOn(request.Call, ref writer);
        }

        if (way.Credential is { } credential)
        {
            writer.Header(
                provider.IsAzure ? "api-key"u8 : provider.Protocol switch
                {
                    WireProtocol.AnthropicMessages => "x-api-key"u8,
                    WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses => "authorization"u8,
                    WireProtocol.Gemini => "x-goog-api-key"u8,
                    WireProtocol.InProcess => throw WireProtocols.NotAProviders(provider.Protocol),
                },
                credential);
        }

        writer.End(request.Body.Length);
        return true;
    }

    /// <summary>Of a client's headers only those of its trace go along to a provider that speaks another protocol (W3C Trace Context).</summary>
    private static void TraceOn(CallRequest call, ref RequestHeadWriter writer)
    {
        for (var i = 0; i < call.Headers.Count; i++)
        {
            var (name, value) = call.Headers[i];
            if (!RequestHeadWriter.IsValue(value)) continue;
            if (name.Equals("traceparent", StringComparison.OrdinalIgnoreCase)) writer.Header("traceparent"u8, value);
            else if (name.Equals("tracestate", StringComparison.OrdinalIgnoreCase)) writer.Header("tracestate"u8, value);
        }
    }

    private static Failure FailureOf(HttpFault fault) => new(
        fault.Kind switch
        {
            HttpFaultKind.ConnectFailed => FailureKind.ConnectFailed,
            HttpFaultKind.ConnectTimeout => FailureKind.ConnectTimeout,
            HttpFaultKind.Reset when fault.OnReusedConnection => FailureKind.ConnectionStale,
            HttpFaultKind.Reset => FailureKind.ConnectionReset,
            HttpFaultKind.EndedEarly => FailureKind.ConnectionReset,
            HttpFaultKind.Protocol => FailureKind.Garbage,
            HttpFaultKind.Cancelled => FailureKind.FirstTokenTimeout, // the attempt's clocks know better and say which
        },
        fault.Reason);

    /// <summary>What is the same for every request to a provider.</summary>
    private sealed class Way(HttpOrigin origin, ProviderModel provider)
    {
        private readonly string _prefix = provider.BaseUrl.AbsolutePath.TrimEnd('/');
        private readonly string _generate = provider.BaseUrl.AbsolutePath.TrimEnd('/') + provider.Protocol switch
        {
            WireProtocol.AnthropicMessages => "/v1/messages",
            WireProtocol.OpenAIChat => "/chat/completions",
            WireProtocol.OpenAIResponses => "/responses",
            WireProtocol.Gemini => "/v1beta/models/",
            WireProtocol.InProcess => throw WireProtocols.NotAProviders(provider.Protocol),
        };

        public HttpOrigin Origin { get; } = origin;

        /// <summary>What the key's header says; null without a key.</summary>
        public string? Credential { get; } = provider switch
        {
            { Key: { } key, Protocol: WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses, IsAzure: false } => $"Bearer {key}",
            _ => provider.Key,
        };

        /// <summary>The path of a request. That of an answer in the provider's own protocol is made once.</summary>
        public string PathOf(ProviderRequest request) => (request.Protocol, request.Call.Operation) switch
        {
            (WireProtocol.OpenAIChat, _) when provider.ApiVersion is not null => $"{_prefix}/openai/deployments/{Uri.EscapeDataString(request.Model)}/chat/completions",
            (WireProtocol.OpenAIResponses, CallOperation.Generate) when provider.ApiVersion is not null => $"{_prefix}/openai/responses",
            (WireProtocol.AnthropicMessages, CallOperation.CountTokens) => $"{_generate}/count_tokens",
            (WireProtocol.OpenAIResponses, CallOperation.CountTokens) => $"{_prefix}/responses/input_tokens",
            (WireProtocol.OpenAIResponses, CallOperation.Generate) when provider.Protocol != WireProtocol.OpenAIResponses => $"{_prefix}/responses",
            (WireProtocol.Gemini, CallOperation.CountTokens) => $"{_generate}{Uri.EscapeDataString(request.Model)}:countTokens",
            (WireProtocol.Gemini, CallOperation.Generate) => $"{_generate}{Uri.EscapeDataString(request.Model)}:{(request.Stream ? "streamGenerateContent" : "generateContent")}",
            (WireProtocol.AnthropicMessages or WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses, _) => _generate,
            (WireProtocol.InProcess, _) => throw WireProtocols.NotAProviders(request.Protocol),
        };
    }

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
