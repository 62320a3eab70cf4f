using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Chaos;
using Understudy.Pipeline;
using Understudy.PolicyFile.Keys;
using Understudy.PolicyFile.Reading;

namespace Understudy.Gateway.Admin;

/// <summary>Reads and checks what <c>POST /admin/chaos</c> orders.</summary>
internal sealed class ChaosBody(Engine engine, AuditWords audit)
{
    private const string Example = "{ \"what\": \"claude\", \"fault\": { \"kind\": \"status\", \"code\": 529 }, \"share\": 0.2, \"for\": \"5m\", \"why\": \"…\" }";

    private static readonly string[] _keys = ["what", "fault", "share", "route", "client", "header", "at", "for", "abort_above", "why", "by"];

    /// <summary>Which keys a fault may have besides its kind.</summary>
    private static readonly Dictionary<string, (ChaosKind Kind, string[] Keys)> _kinds = new()
    {
        ["hang"] = (ChaosKind.Hang, []),
        ["status"] = (ChaosKind.Status, ["code", "retry_after"]),
        ["refuse"] = (ChaosKind.Refuse, []),
        ["garbage"] = (ChaosKind.Garbage, []),
        ["empty"] = (ChaosKind.Empty, []),
        ["cut"] = (ChaosKind.Cut, ["after"]),
        ["stall"] = (ChaosKind.Stall, ["after"]),
        ["slow"] = (ChaosKind.Slow, ["delay"]),
    };

    /// <summary>The order; null with a status and a sentence where it is refused.</summary>
    public async Task<(ChaosOrder? Order, int Status, string? Mistake)> ReadAsync(HttpContext context)
    {
        var (body, unreadable) = await AdminRequest.ReadAsync(context, Example);
        if (unreadable is not null) return Wrong(unreadable);
        try
        {
            var order = Order(body, audit.Who(context, body));
            return Refused(order) is { } refused ? (null, StatusCodes.Status403Forbidden, refused) : (order, 0, null);
        }
        catch (FormatException mistake)
        {
            return Wrong(mistake.Message);
        }
    }

    /// <summary>Writes a fault as it is read.</summary>
    public static void Write(Utf8JsonWriter json, ChaosFault fault)
    {
        var (word, (_, keys)) = _kinds.First(pair => pair.Value.Kind == fault.Kind);
        json.WriteStartObject("fault");
        json.WriteString("kind", word);
        if (keys.Contains("code")) json.WriteNumber("code", fault.Code);
        if (fault.RetryAfter is { } wait) json.WriteString("retry_after", DurationText.Write(wait));
        if (keys.Contains("after")) json.WriteNumber("after", fault.After);
        if (keys.Contains("delay")) json.WriteString("delay", DurationText.Write(fault.Delay));
        json.WriteEndObject();
    }

    private static (ChaosOrder? Order, int Status, string? Mistake) Wrong(string mistake) => (null, StatusCodes.Status400BadRequest, mistake);

    private ChaosOrder Order(JsonElement body, string who)
    {
        Known(body, _keys, "here");
        var policy = engine.Model.Policy;
        var from = At(AdminRequest.Text(body, "at"));
        if (AdminRequest.Text(body, "for") is not { } text) throw new FormatException($"'for' is missing: an experiment always has an end, {DurationText.Write(ChaosRoom.Longest)} after its beginning at the latest.");
        if (!DurationText.TryParse(text, out var length) || length <= TimeSpan.Zero || length > ChaosRoom.Longest) throw new FormatException($"'for' must be a duration, {DurationText.Write(ChaosRoom.Longest)} at the most, as in 5m.");
        var header = AdminRequest.Text(body, "header")?.Split(':', 2, StringSplitOptions.TrimEntries);
        return new()
        {
            What = What(AdminRequest.Text(body, "what")),
            Fault = Fault(body),
            Share = Share(body, "share") ?? 1,
            Route = Name(body, "route", policy.Routes.Select(route => route.Name)),
            Client = Name(body, "client", policy.Clients.Select(client => client.Name)),
            Header = header is { Length: > 0 } && header[0].Length > 0 ? header[0] : null,
            HeaderValue = header is { Length: > 1 } ? header[1] : null,
            From = from,
            Until = from + length,
            AbortAbove = Share(body, "abort_above") ?? 0.05,
            Who = who,
            Why = audit.Said(AdminRequest.Text(body, "why")) ?? throw new FormatException("'why' is missing: whoever sees the faults wants to know what they are for."),
        };
    }

    /// <summary>Why the policy does not let it be; null where it does.</summary>
    private string? Refused(ChaosOrder order)
    {
        var policy = engine.Model.Policy;
        if (!ChaosRoom.RoutesOf(policy, order.What).Any()) return $"No route's ladder has '{order.What}': nothing would be hit.";
        var unmarked = ChaosRoom.Unmarked(policy, order.What);
        return unmarked.Count == 0 ? null : $"Not allowed: calls of {Listed(unmarked)} can go to {order.What} as well, and would feel it, for a target has one breaker. Set 'chaos: allowed' on {(unmarked.Count == 1 ? "that route" : "those routes")} in the policy file, or choose another target.";
    }

    private string What(string? what)
    {
        if (what is not { Length: > 0 }) throw new FormatException("'what' is missing: a provider, or a target as provider/model.");
        var providers = engine.Model.Policy.Providers.Select(provider => provider.Name).ToList();
        var provider = what.Split('/')[0];
        return providers.Contains(provider, StringComparer.OrdinalIgnoreCase) && !what.EndsWith('/')
            ? what
            : throw new FormatException($"'{WrongWord.Shown(what)}' is no provider and no target of this gateway. Known: {string.Join(", ", providers)}{WrongWord.DidYouMean(provider, providers)}");
    }

    private static ChaosFault Fault(JsonElement body)
    {
        if (!body.TryGetProperty("fault", out var fault) || fault.ValueKind != JsonValueKind.Object) throw new FormatException("'fault' is missing: an object with a 'kind', as in { \"kind\": \"hang\" }.");
        var word = AdminRequest.Text(fault, "kind") ?? "";
        if (!_kinds.TryGetValue(word, out var kind)) throw new FormatException($"'kind' must be one of {string.Join(", ", _kinds.Keys)}{WrongWord.DidYouMean(word, _kinds.Keys)}");
        Known(fault, [.. kind.Keys, "kind"], $"in a fault '{word}'");
        var standard = new ChaosFault { Kind = kind.Kind };
        return standard with
        {
            Code = Whole(fault, "code", 400, 599) ?? standard.Code,
            After = Whole(fault, "after", 0, 10_000) ?? standard.After,
            RetryAfter = Span(fault, "retry_after"),
            Delay = Span(fault, "delay") ?? standard.Delay,
        };
    }

    private DateTimeOffset At(string? text)
    {
        var now = engine.Time.GetUtcNow();
        if (text is null) return now;
        var at = DurationText.TryParse(text, out var wait) ? now + wait : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var then) ? then : default;
        return at > now && at <= now + ChaosRoom.Ahead ? at : throw new FormatException($"'at' must be a time to come within {DurationText.Write(ChaosRoom.Ahead)} (2026-06-02T18:00:00Z), or a duration (10m).");
    }

    private static string? Name(JsonElement body, string key, IEnumerable<string> names)
    {
        if (!body.TryGetProperty(key, out _)) return null;
        var (name, known) = (AdminRequest.Text(body, key) ?? "", names.ToList());
        return known.FirstOrDefault(one => one.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new FormatException($"There is no {key} '{WrongWord.Shown(name)}'. Known: {string.Join(", ", known.DefaultIfEmpty("none"))}{WrongWord.DidYouMean(name, known)}");
    }

    private static double? Share(JsonElement body, string key)
    {
        if (!body.TryGetProperty(key, out var value)) return null;
        return value.ValueKind == JsonValueKind.Number && value.GetDouble() is > 0 and <= 1 and var share ? share : throw new FormatException($"'{key}' must be a number above 0, and 1 at the most.");
    }

    private static int? Whole(JsonElement body, string key, int least, int most)
    {
        if (!body.TryGetProperty(key, out var value)) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most ? number : throw new FormatException($"'{key}' must be a whole number from {least} to {most}.");
    }

    private static TimeSpan? Span(JsonElement body, string key)
    {
        if (!body.TryGetProperty(key, out _)) return null;
        return AdminRequest.Text(body, key) is { } text && DurationText.TryParse(text, out var span) && span > TimeSpan.Zero && span <= TimeSpan.FromMinutes(10) ? span : throw new FormatException($"'{key}' must be a duration, 10m at the most, as in 5s.");
    }

    private static void Known(JsonElement body, string[] keys, string where)
    {
        foreach (var property in body.EnumerateObject())
        {
            if (!keys.Contains(property.Name)) throw new FormatException($"'{WrongWord.Shown(property.Name)}' is not known {where}: {string.Join(", ", keys)}{WrongWord.DidYouMean(property.Name, keys)}");
        }
    }

    private static string Listed(IReadOnlyList<string> routes) => $"{(routes.Count == 1 ? "route" : "routes")} {string.Join(", ", routes.Select(route => $"'{route}'"))}";
}
