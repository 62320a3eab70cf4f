using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Pipeline;
using Understudy.PolicyFile.Keys;

namespace Understudy.Gateway.Admin;

/// <summary><c>POST /admin/purge { client?, older_than?, all?, by? }</c>: takes answers out of the cache and its store, and captured calls out of theirs.</summary>
internal sealed class PurgeEndpoint(Engine engine)
{
    /// <summary>Serves a request.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        var (body, mistake) = await AdminRequest.ReadAsync(context, "{ \"client\": \"website\", \"older_than\": \"7d\" }");
        if (mistake is not null)
        {
            await RefuseAsync(context, mistake);
            return;
        }

        var client = AdminRequest.Text(body, "client");
        var age = AdminRequest.Text(body, "older_than");
        var everything = body.TryGetProperty("all", out var all) && all.ValueKind == JsonValueKind.True;
        TimeSpan? olderThan = null;
        if (age is not null)
        {
            if (!DurationText.TryParse(age, out var span))
            {
                await RefuseAsync(context, "'older_than' must be a duration, as in 7d.");
                return;
            }

            olderThan = span;
        }

        if (client is null && olderThan is null && !everything)
        {
            await RefuseAsync(context, "Say what: \"client\", \"older_than\", or \"all\": true.");
            return;
        }

        var (entries, fromStore) = await engine.Cache.PurgeAsync(client, olderThan);
        var captured = await engine.Captures.PurgeAsync(client, olderThan is { } old ? engine.Time.GetUtcNow() - old : null);
        var what = client is null ? "everybody's" : client.Length == 0 ? "nameless callers'" : $"{client}'s";
        engine.Journal.Tell(new(engine.Time.GetUtcNow(), "purge", "cache", $"{entries} cached answers{(captured is 0 ? "" : captured is { } calls ? $" and {calls} captured calls" : " and captured calls")} were purged: {what}{(age is null ? "" : $" older than {age}")}"));
        await AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteNumber("purged", entries);
            if (engine.Captures.Store is not null) json.WriteNumber("purged_captures", captured ?? 0);
            if (fromStore is { } gone) json.WriteBoolean("gone_from_store", gone && captured is not null);
        });
    }

    private static Task RefuseAsync(HttpContext context, string message) => AdminEndpoint.RefuseAsync(context, StatusCodes.Status400BadRequest, message);
}
