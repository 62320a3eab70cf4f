using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Capture;
using Understudy.Overrides;
using Understudy.Pipeline;

namespace Understudy.Gateway.Admin;

/// <summary>
/// What was captured on purpose: <c>GET /admin/captures?route=&amp;client=&amp;before=&amp;limit=</c>, without a word of it, and
/// <c>GET /admin/captures/{id}</c>. For admins only; each look at what people wrote stands in the audit.
/// </summary>
internal sealed class CapturesEndpoint(Engine engine, AuditWords audit)
{
    private const string Path = "/admin/captures";
    private const int UsualPage = 50, MostPage = 500;

    /// <summary>Whether a path is its own.</summary>
    public static bool IsAt(string path) => path == Path || path.StartsWith(Path + "/", StringComparison.Ordinal);

    /// <summary>Serves a request.</summary>
    public Task ServeAsync(HttpContext context, string path) => (context.Request.Method, engine.Captures.Store) switch
    {
        ("GET", null) => AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, "Nothing is captured: that needs a 'store', and 'capture: content' on a route."),
        ("GET", { } store) when path == Path => ListAsync(context, store),
        ("GET", { } store) => OneAsync(context, store, path[(Path.Length + 1)..]),
        _ => AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, "There is: GET /admin/captures, GET /admin/captures/{id}; POST /admin/purge takes them away."),
    };

    private async Task ListAsync(HttpContext context, ICaptureStore store)
    {
        var query = context.Request.Query;
        DateTimeOffset? before = null;
        if (query["before"].ToString() is { Length: > 0 } time)
        {
            if (!DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
            {
                await AdminEndpoint.RefuseAsync(context, StatusCodes.Status400BadRequest, "'before' must be a time, as in 2026-06-02T06:00:00Z.");
                return;
            }

            before = at;
        }

        var most = int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? Math.Clamp(limit, 1, MostPage) : UsualPage;
        if (await store.ListAsync(Given("route"), Given("client"), before, most) is not { } heads)
        {
            await TroubleAsync(context);
            return;
        }

        var (kept, lost) = engine.Captures.Count;
        await AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteNumber("kept", kept);
            json.WriteNumber("lost", lost);
            json.WriteStartArray("captures");
            foreach (var head in heads)
            {
                json.WriteStartObject();
                Write(json, head);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });

        string? Given(string name) => query[name].ToString() is { Length: > 0 } value ? value : null;
    }

    private async Task OneAsync(HttpContext context, ICaptureStore store, string id)
    {
        if (await store.FindAsync(id) is not { } call)
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, "There is no captured call of that id: it was not captured, its time is up, or it is sealed under another key.");
            return;
        }

        // The look is on record before anything is shown.
        var who = audit.Who(context, default);
        engine.Journal.Tell(new(engine.Time.GetUtcNow(), "capture", call.Head.Id, $"what was said in the call {call.Head.Id} was read by {who}"));
        _ = engine.Overrides.NoteAsync(new OverrideAction(engine.Time.GetUtcNow(), who, "read", $"the captured call {call.Head.Id}", "no reason asked for"));
        await AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            Write(json, call.Head);
            json.WriteString("protocol", call.Protocol.ToString());
            json.WriteNumber("status", call.Status);
            json.WriteString("model", call.ModelSensitive);
            json.WriteNumber("redacted", call.Redacted);
            json.WritePropertyName("request");
            json.WriteRawValue(call.RequestSensitive, skipInputValidation: true);
            json.WritePropertyName("answer");
            json.WriteRawValue(call.AnswerSensitive, skipInputValidation: true);
        });
    }

    private static void Write(Utf8JsonWriter json, CapturedHead head)
    {
        json.WriteString("id", head.Id);
        json.WriteString("at", head.At);
        json.WriteString("route", head.Route);
        json.WriteString("client", head.Client);
        json.WriteString("outcome", head.Outcome.ToString());
        json.WriteNumber("bytes", head.Bytes);
    }

    private static Task TroubleAsync(HttpContext context) => AdminEndpoint.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "The store has trouble; see GET /admin/status.");
}
