using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Chaos;
using Understudy.Pipeline;

namespace Understudy.Gateway.Admin;

/// <summary>
/// Faults on live targets: <c>GET /admin/chaos</c>, <c>POST /admin/chaos { what, fault, for, … }</c>,
/// <c>POST /admin/chaos/abort { id?, why?, by? }</c>, <c>DELETE /admin/chaos</c> and <c>/admin/chaos/{id}</c>.
/// </summary>
internal sealed class ChaosEndpoint(Engine engine, AuditWords audit)
{
    private const string Path = "/admin/chaos";

    private readonly ChaosBody _body = new(engine, audit);

    /// <summary>Whether a path is its own.</summary>
    public static bool IsAt(string path) => path == Path || path.StartsWith(Path + "/", StringComparison.Ordinal);

    /// <summary>Serves a request.</summary>
    public Task ServeAsync(HttpContext context, string path) => (context.Request.Method, path) switch
    {
        ("GET", Path) => ListAsync(context),
        ("POST", Path) => StartAsync(context),
        ("POST", Path + "/abort") => AbortAsync(context),
        ("DELETE", Path) => EndAsync(context, null, default),
        ("DELETE", _) when path.Length > Path.Length + 1 => EndAsync(context, path[(Path.Length + 1)..], default),
        _ => AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, "There is: GET /admin/chaos, POST /admin/chaos, POST /admin/chaos/abort, DELETE /admin/chaos, DELETE /admin/chaos/{id}."),
    };

    private Task ListAsync(HttpContext context) => AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteString("now", engine.Time.GetUtcNow());
        json.WriteNumber("longest_seconds", ChaosRoom.Longest.TotalSeconds);
        json.WriteStartArray("allowed_routes");
        foreach (var route in engine.Model.Policy.Routes.Where(route => route.AllowsChaos)) json.WriteStringValue(route.Name);
        json.WriteEndArray();
        json.WriteStartArray("experiments");
        foreach (var experiment in engine.Chaos.InForce) Write(json, experiment);
        json.WriteEndArray();
        json.WriteStartArray("past");
        foreach (var experiment in engine.Chaos.Past) Write(json, experiment);
        json.WriteEndArray();
    });

    private async Task StartAsync(HttpContext context)
    {
        var (order, status, mistake) = await _body.ReadAsync(context);
        if (order is null)
        {
            await AdminEndpoint.RefuseAsync(context, status, mistake!);
            return;
        }

        if (engine.Chaos.Start(order) is not { } experiment)
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status409Conflict, $"There are {ChaosRoom.Most} experiments already: end one first.");
            return;
        }

        await AdminEndpoint.JsonAsync(context, StatusCodes.Status201Created, json => Fields(json, experiment));
    }

    private async Task AbortAsync(HttpContext context)
    {
        var (body, mistake) = await AdminRequest.ReadAsync(context, "{ \"id\": \"chaos-1\", \"why\": \"…\" }");
        if (mistake is not null)
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status400BadRequest, mistake);
            return;
        }

        // An abort is never refused for a key that is not known: it is the emergency exit.
        await EndAsync(context, AdminRequest.Text(body, "id"), body);
    }

    private Task EndAsync(HttpContext context, string? id, JsonElement body)
    {
        var (who, why) = (audit.Who(context, body), audit.Why(body));
        var ended = id is null or "all" ? engine.Chaos.AbortAll(who, why) : engine.Chaos.Abort(id, who, why) ? 1 : 0;
        return ended == 0 && id is not (null or "all")
            ? AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, $"No experiment of that id is in force. In force: {string.Join(", ", engine.Chaos.InForce.Select(one => one.Id).DefaultIfEmpty("none"))}.")
            : AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json => json.WriteNumber("ended", ended));
    }

    private static void Write(Utf8JsonWriter json, ChaosExperiment experiment)
    {
        json.WriteStartObject();
        Fields(json, experiment);
        json.WriteEndObject();
    }

    private static void Fields(Utf8JsonWriter json, ChaosExperiment experiment)
    {
        var order = experiment.Order;
        json.WriteString("id", experiment.Id);
        json.WriteString("state", experiment.State switch { ChaosState.Scheduled => "scheduled", ChaosState.Running => "running", ChaosState.Ended => "ended" });
        json.WriteString("what", order.What);
        ChaosBody.Write(json, order.Fault);
        json.WriteNumber("share", order.Share);
        if (order.Route is not null) json.WriteString("route", order.Route);
        if (order.Client is not null) json.WriteString("client", order.Client);
        if (order.Header is not null) json.WriteString("header", order.HeaderValue is null ? order.Header : $"{order.Header}: {order.HeaderValue}");
        json.WriteString("from", order.From);
        json.WriteString("until", order.Until);
        json.WriteNumber("abort_above", order.AbortAbove);
        json.WriteString("who", order.Who);
        json.WriteString("why", order.Why);
        if (experiment.EndedAt is { } at)
        {
            json.WriteString("ended_at", at);
            json.WriteString("ended_by", experiment.EndedBy);
            json.WriteString("ended_why", experiment.EndedWhy);
        }

        json.WriteStartObject("report");
        json.WriteNumber("requests_hit", experiment.Touched);
        json.WriteNumber("calls", experiment.Calls);
        json.WriteNumber("served_by_another", experiment.Moved);
        json.WriteNumber("continued", experiment.Continued);
        json.WriteNumber("not_answered", experiment.Hurt);
        json.WriteEndObject();
    }
}
