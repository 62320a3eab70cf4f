using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Configuration;
using Understudy.Overrides;
using Understudy.Pipeline;
using Understudy.PolicyFile.Reading;

namespace Understudy.Gateway.Admin;

/// <summary>
/// The levers: <c>POST /admin/kill|drain|revive { what, until?, why, by?, in_flight? }</c>. In force when the answer
/// comes; an emergency is never refused for the lack of a reason, but the audit then says that none was given.
/// </summary>
internal sealed class LeverEndpoint(Engine engine, AuditWords audit)
{
    /// <summary>Nothing more is sent there; with <c>in_flight</c> what is under way is broken off, too.</summary>
    public Task KillAsync(HttpContext context) => OrderAsync(context, OverrideKind.Kill);

    /// <summary>Nothing more is sent there; what is under way ends by itself.</summary>
    public Task DrainAsync(HttpContext context) => OrderAsync(context, OverrideKind.Drain);

    /// <summary>Takes an order or a route's pin back; <c>all</c> takes back every one.</summary>
    public async Task ReviveAsync(HttpContext context)
    {
        if (await ReadAsync(context, [.. engine.Model.Policy.Routes.Select(route => route.Name), .. engine.Pins.InForce.Select(pin => pin.Route)]) is not { } lever) return;
        var (ended, kept) = await engine.Overrides.ReviveAsync(lever.What, lever.Who, lever.Why);
        var (unpinned, unpinnedKept) = await engine.Pins.ReviveAsync(lever.What, lever.Who, lever.Why);
        (ended, kept) = (ended + unpinned, unpinned > 0 ? unpinnedKept : kept);
        var policy = engine.Model.Policy;
        var byPolicy = lever.What.Equals("all", StringComparison.OrdinalIgnoreCase) ? policy.Kill.Names : [.. policy.Kill.Names.Where(name => new KillSwitch([name]).Covers(ProviderOf(lever.What), lever.What))];
        var byOrder = engine.Overrides.Of(ProviderOf(lever.What), lever.What);
        var still = byPolicy.Count > 0 ? $"{string.Join(", ", byPolicy)} killed by the policy file or UNDERSTUDY_KILL: take it out there" : byOrder is null ? null : $"'{byOrder.What}' is still ordered: revive that";
        await AdminEndpoint.JsonAsync(context, still is null ? StatusCodes.Status200OK : StatusCodes.Status409Conflict, json =>
        {
            Begin(json, "revive", lever);
            json.WriteNumber("ended", ended);
            json.WriteBoolean("survives_restart", kept ?? false);
            if (still is null) return;
            json.WriteStartObject("error");
            json.WriteString("message", still);
            json.WriteEndObject();
        });
    }

    private async Task OrderAsync(HttpContext context, OverrideKind kind)
    {
        if (await ReadAsync(context) is not { } lever) return;
        var word = kind == OverrideKind.Kill ? "kill" : "drain";
        if (kind == OverrideKind.Drain && lever.InFlight)
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status400BadRequest, "in_flight: a drain lets calls under way end; kill breaks them off.");
            return;
        }

        var saving = engine.Overrides.OrderAsync(new() { What = lever.What, Kind = kind, At = engine.Time.GetUtcNow(), Who = lever.Who, Why = lever.Why, Until = lever.Until });
        var brokenOff = lever.InFlight ? engine.BreakOff(lever.What) : 0;
        var kept = await audit.KeptAsync(saving);
        await AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            Begin(json, word, lever);
            if (lever.Until is { } until) json.WriteString("until", until);
            json.WriteNumber("broken_off", brokenOff);
            json.WriteNumber("under_way", engine.AttemptsUnderWay(lever.What));
            json.WriteBoolean("survives_restart", kept);
        });
    }

    private static void Begin(Utf8JsonWriter json, string action, Lever lever)
    {
        json.WriteString("action", action);
        json.WriteString("what", lever.What);
        json.WriteString("who", lever.Who);
        json.WriteString("why", lever.Why);
    }

    /// <summary>Reads and checks the body; null where it was refused.</summary>
    /// <param name="context">The request.</param>
    /// <param name="routes">Routes that may be named, too.</param>
    private async Task<Lever?> ReadAsync(HttpContext context, params IReadOnlyList<string> routes)
    {
        var (lever, mistake) = await ParseAsync(context, routes);
        if (mistake is not null) await AdminEndpoint.RefuseAsync(context, StatusCodes.Status400BadRequest, mistake);
        return lever;
    }

    private async Task<(Lever? Lever, string? Mistake)> ParseAsync(HttpContext context, IReadOnlyList<string> routes)
    {
        var (body, unreadable) = await AdminRequest.ReadAsync(context, "{ \"what\": \"claude\", \"why\": \"…\" }");
        if (unreadable is not null) return (null, unreadable);
        if (AdminRequest.Unknown(body, "what", "until", "why", "by", "in_flight") is { } stranger) return (null, stranger);
        if (AdminRequest.Text(body, "what") is not { Length: > 0 } what) return (null, "'what' is missing: a provider, a target as provider/model, or all.");
        if (Unknown(what, routes) is { } unknown) return (null, unknown);
        if (!AdminRequest.TryUntil(body, engine.Time.GetUtcNow(), out var until)) return (null, "'until' must be a time to come (2026-06-02T18:00:00Z) or a duration (30m).");
        var inFlight = body.TryGetProperty("in_flight", out var flag) && flag.ValueKind == JsonValueKind.True;
        return (new(what, until, audit.Why(body), audit.Who(context, body), inFlight), null);
    }

    private string? Unknown(string what, IReadOnlyList<string> routes)
    {
        if (routes.Contains(what, StringComparer.OrdinalIgnoreCase)) return null;
        var providers = engine.Model.Policy.Providers.Select(provider => provider.Name).ToArray();
        var provider = ProviderOf(what);
        if (provider.Equals("all", StringComparison.OrdinalIgnoreCase) && !what.Contains('/', StringComparison.Ordinal)) return null;
        if (providers.Contains(provider, StringComparer.OrdinalIgnoreCase) && !what.EndsWith('/')) return null;
        return $"'{WrongWord.Shown(what)}' is no provider and no target of this gateway. Known: {string.Join(", ", providers)}, all{WrongWord.DidYouMean(routes.Count > 0 ? what : provider, [.. providers, "all", .. routes])}";
    }

    private static string ProviderOf(string what) => what.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? what[..slash] : what;

    private sealed record Lever(string What, DateTimeOffset? Until, string Why, string Who, bool InFlight);
}
