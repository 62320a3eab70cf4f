using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Understudy.Gateway.Tests.Telemetry;

/// <summary>Takes OTLP over HTTP and keeps it: what a collector would get.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Path, byte[] Body, string Headers)> _received = new();

    private OtlpReceiver(WebApplication app) => _app = app;

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public IReadOnlyList<(string Path, byte[] Body, string Headers)> Received => [.. _received];

    /// <summary>All spans so far.</summary>
    public IReadOnlyList<OtlpSpan> Spans =>
    [
        .. Messages("/v1/traces").SelectMany(request => request.Messages(1)).SelectMany(resource => resource.Messages(2)).SelectMany(scope => scope.Messages(2)).Select(span => new OtlpSpan(span)),
    ];

    /// <summary>All resources of spans so far.</summary>
    public IReadOnlyList<Dictionary<string, string>> Resources =>
        [.. Messages("/v1/traces").SelectMany(request => request.Messages(1)).SelectMany(resource => resource.Messages(1)).Select(resource => resource.Attributes(1))];

    /// <summary>The names of all metrics so far.</summary>
    public IReadOnlyList<string> Metrics =>
        [.. Messages("/v1/metrics").SelectMany(request => request.Messages(1)).SelectMany(resource => resource.Messages(2)).SelectMany(scope => scope.Messages(2)).Select(metric => metric.Text(1))];

    /// <summary>What tells the gateway to send here.</summary>
    public Dictionary<string, string> Variables => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Url.ToString(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_EXPORTER_OTLP_HEADERS"] = "x-tenant=theatre",
        ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=test",
    };

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            receiver._received.Enqueue((context.Request.Path, body.ToArray(), string.Join('\n', context.Request.Headers.Select(header => $"{header.Key}: {header.Value}"))));
            context.Response.ContentType = "application/x-protobuf";
        });
        await receiver._app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private IEnumerable<Protobuf> Messages(string path) => _received.Where(request => request.Path == path).Select(request => new Protobuf(request.Body));
}

/// <summary>A span as OTLP has it.</summary>
internal sealed class OtlpSpan(Protobuf span)
{
    public string TraceId { get; } = span.Hex(1);

    public string SpanId { get; } = span.Hex(2);

    public string TraceState { get; } = span.Text(3);

    public string Parent { get; } = span.Hex(4);

    public string Name { get; } = span.Text(5);

    /// <summary>1 internal, 2 server, 3 client.</summary>
    public long Kind { get; } = span.Number(6);

    public long Start { get; } = span.Number(7);

    public long End { get; } = span.Number(8);

    public Dictionary<string, string> Attributes { get; } = span.Attributes(9);

    public IReadOnlyList<(string Name, Dictionary<string, string> Attributes)> Events { get; } = [.. span.Messages(11).Select(told => (told.Text(2), told.Attributes(3)))];

    /// <summary>0 unset, 1 ok, 2 error.</summary>
    public long Status { get; } = span.Messages(15).Select(status => status.Number(3)).LastOrDefault();
}
