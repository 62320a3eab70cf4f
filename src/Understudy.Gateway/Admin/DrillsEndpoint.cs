using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Pipeline;
using Understudy.PolicyFile.Reading;
using Understudy.Rehearsals;

namespace Understudy.Gateway.Admin;

/// <summary>
/// Drills of the policy in force: <c>GET /admin/drills</c>, <c>GET /admin/drills/{id}</c> with the whole report, and
/// <c>POST /admin/drills { scenario?, by? }</c>, which runs what the schedule has, or one, now.
/// </summary>
internal sealed class DrillsEndpoint(Engine engine, GatewayState state, AuditWords audit)
{
    private const string Path = "/admin/drills";

    /// <summary>Whether a path is its own.</summary>
    public static bool IsAt(string path) => path == Path || path.StartsWith(Path + "/", StringComparison.Ordinal);

    /// <summary>Serves a request.</summary>
    public Task ServeAsync(HttpContext context, string path) => (context.Request.Method, state.Rehearsals) switch
    {
        (_, null) => AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, "Nobody can run drills here: that is 'understudy serve' with a policy file."),
        ("GET", { } room) when path == Path => ListAsync(context, room),
        ("GET", { } room) => OneAsync(context, room, path[(Path.Length + 1)..]),
        ("POST", { } room) when path == Path => RunAsync(context, room),
        _ => AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, "There is: GET /admin/drills, GET /admin/drills/{id}, POST /admin/drills."),
    };

    private Task ListAsync(HttpContext context, RehearsalRoom room) => AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteBoolean("running", room.IsRunning);
        if (room.NextAt is { } next) json.WriteString("next", next);
        json.WriteStartArray("drills");
        foreach (var one in room.Past)
        {
            json.WriteStartObject();
            Write(json, one);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static async Task OneAsync(HttpContext context, RehearsalRoom room, string id)
    {
        if (room.Past.FirstOrDefault(one => one.Id == id) is not { } found)
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, "No drill of that id is kept.");
            return;
        }

        var report = await room.ReportAsync(id);
        await AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            Write(json, found);
            if (report is null) return;
            json.WritePropertyName("report");
            json.WriteRawValue(report);
        });
    }

    private async Task RunAsync(HttpContext context, RehearsalRoom room)
    {
        var (body, mistake) = await AdminRequest.ReadAsync(context, "{ \"by\": \"rosa\" }");
        mistake ??= AdminRequest.Unknown(body, "scenario", "what", "why", "by");
        var scheduled = engine.Model.Policy.Drills.Scenarios;
        var wanted = mistake is null ? AdminRequest.Text(body, "scenario") ?? AdminRequest.Text(body, "what") : null;
        // What is run is the operator's program with these words: only what the policy names.
        if (mistake is null && wanted is not null && !scheduled.Contains(wanted, StringComparer.OrdinalIgnoreCase)) mistake = $"'drills: scenarios' of the policy has no '{WrongWord.Shown(wanted)}'{WrongWord.DidYouMean(wanted, scheduled)}";
        if (mistake is null && scheduled.Count == 0) mistake = "The policy names no scenarios: 'drills: { every: 24h, scenarios: […] }'.";
        if (mistake is not null)
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status400BadRequest, mistake);
            return;
        }

        if (room.IsRunning)
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status409Conflict, "A drill runs already; its end is an event of the kind 'drill'.");
            return;
        }

        var who = audit.Who(context, body);
        _ = room.RunAsync(wanted is null ? scheduled : [wanted], who);
        await AdminEndpoint.JsonAsync(context, StatusCodes.Status202Accepted, json =>
        {
            json.WriteStartArray("running");
            foreach (var scenario in wanted is null ? scheduled : [wanted]) json.WriteStringValue(scenario);
            json.WriteEndArray();
            json.WriteString("who", who);
        });
    }

    private static void Write(Utf8JsonWriter json, Rehearsal one)
    {
        json.WriteString("id", one.Id);
        json.WriteString("at", one.At);
        json.WriteString("scenario", one.Scenario);
        json.WriteString("who", one.Who);
        json.WriteNumber("took_seconds", Math.Round(one.Took.TotalSeconds, 1));
        json.WriteBoolean("survived", one.Survived);
        json.WriteNumber("wanted", one.Wanted);
        if (one.Finding.Trouble is { } trouble)
        {
            json.WriteString("trouble", trouble);
            return;
        }

        json.WriteNumber("answered", Math.Round(one.Finding.Share, 5));
        json.WriteNumber("calls", one.Finding.Calls);
        json.WriteNumber("usd", one.Finding.Usd);
        if (one.Finding.MinutesToDetect is { } detected) json.WriteNumber("minutes_to_detect", Math.Round(detected, 2));
        if (one.Finding.MinutesToAlarm is { } alarm) json.WriteNumber("minutes_to_alarm", Math.Round(alarm, 2));
    }
}
