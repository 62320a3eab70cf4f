using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Gateway.Endpoints;
using Understudy.Gateway.Operators;
using Understudy.Hosting.Receivers;
using Understudy.Observation;
using Understudy.Pipeline;

namespace Understudy.Gateway.Admin;

/// <summary>
/// The operator's API, <c>/admin/…</c>: for the bearer of the admin token and for operators who have signed in, each as
/// far as their role goes; absent where the policy has neither.
/// </summary>
internal sealed class AdminEndpoint(Engine engine, GatewayState state, OperatorDoor door, EngineAlarms alarms, TargetLabels labels)
{
    private readonly ChaosEndpoint _chaos = new(engine, new(engine));
    private readonly AlertsEndpoint _alerts = new(engine, alarms, new(engine));
    private readonly LeverEndpoint _levers = new(engine, new(engine));
    private readonly PinEndpoint _pins = new(engine, new(engine));
    private readonly InboxEndpoint _inbox = new(engine, new(engine));
    private readonly DeferredWorkEndpoint _deferred = new(engine, new(engine));
    private readonly DrillsEndpoint _drills = new(engine, state, new(engine));
    private readonly CallsEndpoint _calls = new(state);
    private readonly CapturesEndpoint _captures = new(engine, new(engine));
    private readonly PurgeEndpoint _purge = new(engine);
    private readonly StatusEndpoint _status = new(engine, state, labels);
    private readonly EventsEndpoint _events = new(engine, state);
    private readonly SessionEndpoint _session = new(door);

    /// <summary>Whether a path is the admin API's.</summary>
    public static bool IsAt(string path) => path.StartsWith("/admin/", StringComparison.Ordinal);

    /// <summary>Serves a request.</summary>
    public Task ServeAsync(HttpContext context, string path)
    {
        if (!engine.Model.Policy.HasOperators)
        {
            return RefuseAsync(context, StatusCodes.Status404NotFound, "The admin API is off: set 'admin: { token: … }' or UNDERSTUDY_ADMIN_TOKEN.");
        }

        if (door.CallerOf(context) is not { } caller)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return RefuseAsync(context, StatusCodes.Status401Unauthorized, "The admin token is missing or wrong: authorization: Bearer …");
        }

        if (Need(context.Request.Method, path) is var need && !caller.MayActAs(need))
        {
            return RefuseAsync(context, StatusCodes.Status403Forbidden, $"{caller.Name} is {Article(caller.Role)}; this needs {Article(need)}.");
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !door.IsOurs(context, caller))
        {
            return RefuseAsync(context, StatusCodes.Status403Forbidden, $"A signed-in browser must send {OperatorDoor.AntiforgeryHeader}, as GET /admin/session tells it.");
        }

        context.Features.Set(caller);
        return (context.Request.Method, path) switch
        {
            ("GET", "/admin/session") => _session.ServeAsync(context),
            ("GET", "/admin/status") => _status.ServeAsync(context),
            ("GET", "/admin/events") => _events.ServeAsync(context),
            ("POST", "/admin/kill") => _levers.KillAsync(context),
            ("POST", "/admin/drain") => _levers.DrainAsync(context),
            ("POST", "/admin/pin") => _pins.PinAsync(context),
            ("POST", "/admin/revive") => _levers.ReviveAsync(context),
            ("POST", "/admin/purge") => _purge.ServeAsync(context),
            _ when ChaosEndpoint.IsAt(path) => _chaos.ServeAsync(context, path),
            _ when AlertsEndpoint.IsAt(path) => _alerts.ServeAsync(context, path),
            ("GET", _) when CallsEndpoint.IsAt(path) => _calls.ServeAsync(context, path),
            _ when DeferredWorkEndpoint.IsAt(path) => _deferred.ServeAsync(context, path),
            _ when DrillsEndpoint.IsAt(path) => _drills.ServeAsync(context, path),
            _ when CapturesEndpoint.IsAt(path) => _captures.ServeAsync(context, path),
            _ when InboxEndpoint.IsAt(path) => _inbox.ServeAsync(context, path),
            _ => RefuseAsync(context, StatusCodes.Status404NotFound, "There is: GET /admin/session, GET /admin/status, GET /admin/events, POST /admin/kill, POST /admin/drain, POST /admin/pin, POST /admin/revive, POST /admin/purge, GET /admin/inbox, GET /admin/calls, GET /admin/drills, POST /admin/drills, GET /admin/captures, GET /admin/deferred, POST /admin/deferred/cancel, GET /admin/alerts, POST /admin/alerts/{id}/ack, GET /admin/chaos, POST /admin/chaos, POST /admin/chaos/abort, DELETE /admin/chaos/{id}."),
        };
    }

    /// <summary>The role that a request needs: to look, to act, or to do what cannot be taken back. To read what people wrote is to act, or more where nobody waits for an answer to it.</summary>
    private static OperatorRole Need(string method, string path) =>
        CapturesEndpoint.IsAt(path) ? OperatorRole.Admin :
        HttpMethods.IsGet(method) && !InboxEndpoint.IsAt(path) ? OperatorRole.Viewer : path is "/admin/purge" or DeferredWorkEndpoint.CancelPath ? OperatorRole.Admin : OperatorRole.Operator;

    private static string Article(OperatorRole role) => role is OperatorRole.Viewer ? "a viewer" : $"an {role.Word()}";

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
