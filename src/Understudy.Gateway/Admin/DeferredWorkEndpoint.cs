using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Deferral;
using Understudy.Overrides;
using Understudy.Pipeline;
using Understudy.PolicyFile.Reading;

namespace Understudy.Gateway.Admin;

/// <summary><c>GET /admin/deferred</c>: what waits, by route. <c>POST /admin/deferred/cancel { route, why?, by? }</c>: takes what waits there back.</summary>
internal sealed class DeferredWorkEndpoint(Engine engine, AuditWords audit)
{
    /// <summary>The path that cannot be taken back.</summary>
    public const string CancelPath = Path + "/cancel";

    private const string Path = "/admin/deferred";

    /// <summary>Whether a path is its own.</summary>
    public static bool IsAt(string path) => path is Path or CancelPath;

    /// <summary>Serves a request.</summary>
    public Task ServeAsync(HttpContext context, string path) => (context.Request.Method, path) switch
    {
        ("GET", Path) => AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, List),
        ("POST", CancelPath) => CancelAsync(context),
        _ => AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, "There is: GET /admin/deferred, POST /admin/deferred/cancel."),
    };

    private void List(Utf8JsonWriter json)
    {
        var tally = engine.Deferral.Tally;
        foreach (var state in DeferredStates.All) json.WriteNumber(state.Word(), tally.Count(state));
        if (engine.Deferral.OldestWaiting is { } oldest) json.WriteString("oldest_waiting", oldest);
        json.WriteStartArray("routes");
        foreach (var (lane, waiting) in tally.Waiting)
        {
            json.WriteStartObject();
            json.WriteString("route", lane);
            json.WriteNumber("waiting", waiting);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private async Task CancelAsync(HttpContext context)
    {
        var (body, mistake) = await AdminRequest.ReadAsync(context, "{ \"route\": \"claude-*\", \"why\": \"not needed any more\" }");
        mistake ??= AdminRequest.Unknown(body, "route", "what", "why", "by");
        var route = mistake is null ? AdminRequest.Text(body, "route") ?? AdminRequest.Text(body, "what") : null;
        if (mistake is null && route is null) mistake = "'route' is missing: whose waiting work is to be taken back.";
        if (mistake is null && engine.Deferral.Tally.Waiting.FirstOrDefault(lane => string.Equals(lane.Lane, route, StringComparison.OrdinalIgnoreCase)).Lane is { } lane) route = lane;
        else mistake ??= $"No work of '{WrongWord.Shown(route!)}' waits{WrongWord.DidYouMean(route!, engine.Deferral.Tally.Lanes)}";
        if (mistake is not null)
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status400BadRequest, mistake);
            return;
        }

        int count;
        try
        {
            count = await engine.Deferral.CancelLaneAsync(route!);
        }
        catch (DeferralTroubleException)
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "The store has trouble: nothing, or not all of it, was taken back.");
            return;
        }

        var (who, why) = (audit.Who(context, body), audit.Why(body));
        engine.Journal.Tell(new(engine.Time.GetUtcNow(), "deferred", route!, $"{count} pieces of deferred work of {route} were cancelled by {who}: {why}"));
        _ = engine.Overrides.NoteAsync(new OverrideAction(engine.Time.GetUtcNow(), who, "cancel", $"{count} pieces of deferred work of {route}", why));
        await AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("route", route);
            json.WriteNumber("cancelled", count);
            json.WriteString("who", who);
            json.WriteString("why", why);
        });
    }
}
