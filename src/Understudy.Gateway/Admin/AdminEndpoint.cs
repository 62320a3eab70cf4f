using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Calls;
using Understudy.Gateway.Access;
using Understudy.Gateway.Endpoints;
using Understudy.Gateway.Receivers;
using Understudy.Pipeline;

namespace Understudy.Gateway.Admin;

/// <summary>The operator's API, <c>/admin/…</c>: behind its own bearer token, and absent where the policy has none.</summary>
internal sealed class AdminEndpoint(Engine engine, GatewayState state, GatewayAlarms alarms)
{
    private readonly AlertsEndpoint _alerts = new(engine, alarms);
    private readonly ChaosEndpoint _chaos = new(engine);
    private readonly LeverEndpoint _levers = new(engine);
    private readonly PurgeEndpoint _purge = new(engine);
    private readonly StatusEndpoint _status = new(engine, state);
    private readonly EventsEndpoint _events = new(engine, state);

    /// <summary>Whether a path is the admin API's.</summary>
    public static bool IsAt(string path) => path.StartsWith("/admin/", StringComparison.Ordinal);

    /// <summary>Serves a request.</summary>
    public Task ServeAsync(HttpContext context, string path)
    {
        if (engine.Model.Policy.AdminToken is null)
        {
            return RefuseAsync(context, StatusCodes.Status404NotFound, "The admin API is off: set 'admin: { token: … }' or UNDERSTUDY_ADMIN_TOKEN.");
        }

        if (!AdminToken.IsWith(context.Request, engine.Model.Policy))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return RefuseAsync(context, StatusCodes.Status401Unauthorized, "The admin token is missing or wrong: authorization: Bearer …");
        }

        return (context.Request.Method, path) switch
        {
            ("GET", "/admin/status") => _status.ServeAsync(context),
            ("GET", "/admin/events") => _events.ServeAsync(context),
            ("POST", "/admin/kill") => _levers.KillAsync(context),
            ("POST", "/admin/drain") => _levers.DrainAsync(context),
            ("POST", "/admin/revive") => _levers.ReviveAsync(context),
            ("POST", "/admin/purge") => _purge.ServeAsync(context),
            _ when ChaosEndpoint.IsAt(path) => _chaos.ServeAsync(context, path),
            _ when AlertsEndpoint.IsAt(path) => _alerts.ServeAsync(context, path),
            _ => RefuseAsync(context, StatusCodes.Status404NotFound, "There is: GET /admin/status, GET /admin/events, POST /admin/kill, POST /admin/drain, POST /admin/revive, POST /admin/purge, GET /admin/alerts, POST /admin/alerts/{id}/ack, GET and POST /admin/chaos, POST /admin/chaos/abort, DELETE /admin/chaos/{id}."),
        };
    }

    /// <summary>An error of the admin API's.</summary>
    public static Task RefuseAsync(HttpContext context, int status, string message) => JsonAsync(context, status, json =>
    {
        json.WriteStartObject("error");
        json.WriteString("message", message);
        json.WriteEndObject();
    });

    /// <summary>Sends an object.</summary>
    public static async Task JsonAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        using var buffer = new PooledBuffer();
        using (var json = new Utf8JsonWriter(buffer, new() { Indented = true }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        context.Response.Headers.CacheControl = "no-store";
        await OwnAnswer.JsonAsync(context, buffer.Written, status);
    }
}
