using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Alarms;
using Understudy.Configuration;
using Understudy.Hosting.Receivers;
using Understudy.Pipeline;
using Understudy.PolicyFile.Reading;

namespace Understudy.Gateway.Admin;

/// <summary>
/// <c>GET /admin/alerts</c>: what fires, what was lately over, the rules and the receivers.
/// <c>POST /admin/alerts/{id}/ack { why, by? }</c>: somebody sees to it, and nobody else is woken.
/// </summary>
internal sealed class AlertsEndpoint(Engine engine, EngineAlarms alarms, AuditWords audit)
{
    private const string Path = "/admin/alerts";

    /// <summary>Whether a path is its own.</summary>
    public static bool IsAt(string path) => path == Path || path.StartsWith(Path + "/", StringComparison.Ordinal);

    /// <summary>Serves a request.</summary>
    public Task ServeAsync(HttpContext context, string path)
    {
        if (path == Path && HttpMethods.IsGet(context.Request.Method)) return ListAsync(context);
        if (HttpMethods.IsPost(context.Request.Method) && path.EndsWith("/ack", StringComparison.Ordinal) && path.Length > Path.Length + "//ack".Length)
        {
            return AcknowledgeAsync(context, path[(Path.Length + 1)..^"/ack".Length]);
        }

        return AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, "There is: GET /admin/alerts, POST /admin/alerts/{id}/ack.");
    }

    private Task ListAsync(HttpContext context) => AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
    {
        var policy = engine.Model.Policy;
        json.WriteString("now", engine.Time.GetUtcNow());
        Write(json, "alerts", alarms.Book.Active);
        Write(json, "resolved", alarms.Book.Over);
        json.WriteStartArray("rules");
        foreach (var rule in AlarmWords.Rules)
        {
            var model = policy.Alarms.Rule(rule);
            json.WriteStartObject();
            json.WriteString("rule", AlarmWords.Of(rule));
            json.WriteBoolean("enabled", model.Enabled);
            json.WriteString("severity", AlarmWords.Of(model.Severity));
            json.WriteString("fires", RuleText.Of(rule, policy.Alarms));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("receivers");
        foreach (var receiver in policy.Alarms.Receivers)
        {
            var health = alarms.HealthOf(receiver.Name);
            json.WriteStartObject();
            json.WriteString("name", receiver.Name);
            json.WriteString("kind", receiver.Kind);
            json.WriteString("state", health.Trouble is null ? "well" : "dead");
            if (health.Trouble is { } why) json.WriteString("why", why);
            if (health.DeliveredAt is { } at) json.WriteString("delivered_at", at);
            json.WriteNumber("waiting", health.Waiting);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private async Task AcknowledgeAsync(HttpContext context, string id)
    {
        var (body, mistake) = await AdminRequest.ReadAsync(context, "{ \"why\": \"…\", \"by\": \"…\" }");
        mistake ??= AdminRequest.Unknown(body, "why", "by");
        if (mistake is not null)
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status400BadRequest, mistake);
            return;
        }

        if (alarms.Book.Acknowledge(id, audit.Who(context, body), audit.Why(body)) is { } taken)
        {
            await AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json => AlarmJson.Fields(json, taken));
            return;
        }

        var firing = alarms.Book.Active.Select(alarm => alarm.Id).ToList();
        var over = alarms.Book.Over.Any(alarm => alarm.Id == id) ? $"'{id}' is over already" : $"no alarm '{WrongWord.Shown(id)}' fires";
        await AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, $"{over}{(firing.Count == 0 ? "; none does." : $". Firing: {string.Join(", ", firing)}{WrongWord.DidYouMean(id, firing)}")}");
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<Alarm> list)
    {
        json.WriteStartArray(name);
        foreach (var alarm in list) AlarmJson.Write(json, alarm);
        json.WriteEndArray();
    }
}
