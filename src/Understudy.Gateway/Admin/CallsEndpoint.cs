using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Calls;
using Understudy.Gateway.Telemetry;
using Understudy.Observation;
using Understudy.PolicyFile.Reading;

namespace Understudy.Gateway.Admin;

/// <summary>
/// The records of calls that the store keeps: <c>GET /admin/calls?route=&amp;client=&amp;outcome=&amp;trouble=&amp;before=&amp;limit=</c> and
/// <c>GET /admin/calls/{id}</c>, each as a line of the log has it.
/// </summary>
internal sealed class CallsEndpoint(GatewayState state)
{
    private const string Path = "/admin/calls";
    private const int UsualPage = 50, MostPage = 1000;

    /// <summary>Whether a path is its own.</summary>
    public static bool IsAt(string path) => path == Path || path.StartsWith(Path + "/", StringComparison.Ordinal);

    /// <summary>Serves a request.</summary>
    public Task ServeAsync(HttpContext context, string path)
    {
        if (state.Past is null) return AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, "Calls are kept in memory only, for the control room: add 'store: sqlite:understudy.db'.");
        return path == Path ? ListAsync(context) : OneAsync(context, path[(Path.Length + 1)..]);
    }

    private async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        DateTimeOffset? before = null;
        if (Given("before") is { } time)
        {
            if (!DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
            {
                await AdminEndpoint.RefuseAsync(context, StatusCodes.Status400BadRequest, "'before' must be a time, as in 2026-06-02T06:00:00Z.");
                return;
            }

            before = at;
        }

        var (route, client, outcome) = (Given("route"), Given("client"), Given("outcome"));
        if (outcome is not null && !Enum.GetValues<CallOutcome>().Select(Words.Of).Contains(outcome))
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status400BadRequest, $"'outcome' is none of {string.Join(", ", Enum.GetValues<CallOutcome>().Select(Words.Of))}{WrongWord.DidYouMean(outcome, Enum.GetValues<CallOutcome>().Select(Words.Of))}");
            return;
        }

        var most = int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? Math.Clamp(limit, 1, MostPage) : UsualPage;
        var page = await state.Past!.ReadAsync(before, Fits, Given("trouble") is "true" or "1", most);
        if (page is not ({ } calls, var next))
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "The store has trouble; see GET /admin/status.");
            return;
        }

        var (kept, lost) = state.Past.Count;
        await AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteNumber("kept", kept);
            json.WriteNumber("lost", lost);
            json.WriteNumber("bytes", state.Past.Bytes);
            json.WriteStartArray("calls");
            foreach (var call in calls) Write(json, call);
            json.WriteEndArray();
            if (next is { } from) json.WriteString("next_before", from);
        });

        bool Fits(CallRecord call) =>
            (route is null || string.Equals(call.Route, route, StringComparison.OrdinalIgnoreCase))
            && (client is null || string.Equals(call.Client, client, StringComparison.OrdinalIgnoreCase))
            && (outcome is null || Words.Of(call.Outcome) == outcome);

        string? Given(string name) => query[name].ToString() is { Length: > 0 } value ? value : null;
    }

    private async Task OneAsync(HttpContext context, string id)
    {
        if (await state.Past!.FindAsync(id) is not { } call)
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, "No call of that id is kept: it is too old, or under way, or it ended within the last seconds.");
            return;
        }

        await AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WritePropertyName("call");
            Write(json, call);
        });
    }

    private static void Write(Utf8JsonWriter json, CallRecord call)
    {
        using var line = new PooledBuffer();
        LogLine.Json(line, call, TargetLabels.OfKept);
        json.WriteRawValue(line.Span.TrimEnd((byte)'\n'), skipInputValidation: true);
    }
}
