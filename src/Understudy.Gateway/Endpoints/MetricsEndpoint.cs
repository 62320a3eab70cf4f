using System.Text;
using Microsoft.AspNetCore.Http;
using Understudy.Gateway.Access;
using Understudy.Gateway.Telemetry;
using Understudy.Pipeline;

namespace Understudy.Gateway.Endpoints;

/// <summary><c>GET /metrics</c>: the numbers, for Prometheus and whatever reads its formats.</summary>
internal sealed class MetricsEndpoint(Engine engine, PrometheusReader prometheus)
{
    /// <summary>Serves them, to programs on this machine, to the operator and to clients with a key.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        var response = context.Response;
        if (!MetricsReaders.Include(context, engine.Model.Policy))
        {
            response.StatusCode = StatusCodes.Status401Unauthorized;
            response.Headers.WWWAuthenticate = "Bearer";
            response.ContentType = "text/plain; charset=utf-8";
            await response.WriteAsync("Metrics are for programs on the gateway's own machine, for the admin token and for client keys.\n");
            return;
        }

        var format = Exposition.Negotiate(context.Request.Headers.Accept);
        // On a thread of the pool: this one may be polling the sockets of streams.
        var text = await Task.Run(() => prometheus.Read(format), context.RequestAborted);
        var body = Encoding.UTF8.GetBytes(text);
        response.ContentType = Exposition.ContentType(format);
        response.ContentLength = body.Length;
        response.Headers.Vary = "Accept";
        await response.BodyWriter.WriteAsync(body);
    }
}
