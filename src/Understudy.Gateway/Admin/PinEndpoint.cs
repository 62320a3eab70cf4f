using Microsoft.AspNetCore.Http;
using Understudy.Configuration;
using Understudy.Overrides;
using Understudy.Pipeline;
using Understudy.PolicyFile.Reading;

namespace Understudy.Gateway.Admin;

/// <summary>
/// <c>POST /admin/pin { route, target, until, why?, by? }</c>: the route's calls go to that target of its ladder first. In
/// force for the next call; <c>revive</c> with the route's name takes it back.
/// </summary>
internal sealed class PinEndpoint(Engine engine, AuditWords audit)
{
    /// <summary>Serves a request.</summary>
    public async Task PinAsync(HttpContext context)
    {
        var (pin, mistake) = await ParseAsync(context);
        if (pin is null)
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status400BadRequest, mistake!);
            return;
        }

        var kept = await audit.KeptAsync(engine.Pins.PinAsync(pin));
        await AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("action", "pin");
            json.WriteString("route", pin.Route);
            json.WriteString("target", pin.Target);
            json.WriteString("who", pin.Who);
            json.WriteString("why", pin.Why);
            json.WriteString("until", pin.Until);
            json.WriteBoolean("survives_restart", kept);
        });
    }

    private async Task<(Pin? Pin, string? Mistake)> ParseAsync(HttpContext context)
    {
        var (body, unreadable) = await AdminRequest.ReadAsync(context, "{ \"route\": \"claude-*\", \"target\": \"openai/gpt-5\", \"until\": \"2h\", \"why\": \"…\" }");
        if (unreadable is not null) return (null, unreadable);
        if (AdminRequest.Unknown(body, "route", "target", "until", "why", "by") is { } stranger) return (null, stranger);
        if (AdminRequest.Text(body, "route") is not { Length: > 0 } name) return (null, "'route' is missing: a route's name, as GET /admin/status tells it.");
        var routes = engine.Model.Policy.Routes;
        if (routes.FirstOrDefault(one => Same(one.Name, name)) is not { } route) return (null, Unknown(name, "no route of this gateway", routes.Select(one => one.Name)));
        var targets = route.Ladder.OfType<TargetRung>().SelectMany(rung => rung.Targets).Select(one => one.ToString()).ToList();
        if (AdminRequest.Text(body, "target") is not { Length: > 0 } target) return (null, $"'target' is missing: one of {string.Join(", ", targets)}.");
        if (targets.FirstOrDefault(one => Same(one, target)) is not { } onLadder) return (null, Unknown(target, $"no target of the ladder of {route.Name}", targets));
        var now = engine.Time.GetUtcNow();
        if (!AdminRequest.TryUntil(body, now, out var until) || until is null) return (null, "'until' must say when the pin ends: a time to come (2026-06-02T18:00:00Z) or a duration (30m). What should stay belongs into the policy.");
        return (new() { Route = route.Name, Target = onLadder, At = now, Who = audit.Who(context, body), Why = audit.Why(body), Until = until.Value }, null);
    }

    private static string Unknown(string wrong, string what, IEnumerable<string> known)
    {
        var words = known.ToList();
        return $"'{WrongWord.Shown(wrong)}' is {what}. Known: {string.Join(", ", words)}{WrongWord.DidYouMean(wrong, words)}";
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
