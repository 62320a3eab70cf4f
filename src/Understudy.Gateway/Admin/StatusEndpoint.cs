using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Gateway.Operators;
using Understudy.Observation;
using Understudy.Overrides;
using Understudy.Pipeline;
using Understudy.Spending;

namespace Understudy.Gateway.Admin;

/// <summary><c>GET /admin/status</c>: providers, targets, breakers, rungs, orders, what is spent of each budget, and what is under way. No content, no secrets.</summary>
internal sealed class StatusEndpoint(Engine engine, GatewayState state, TargetLabels labels)
{
    private readonly DateTimeOffset _started = engine.Time.GetUtcNow();

    /// <summary>Serves a request.</summary>
    public Task ServeAsync(HttpContext context) => AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
    {
        var policy = engine.Model.Policy;
        json.WriteString("now", engine.Time.GetUtcNow());
        json.WriteString("started", _started);
        json.WriteString("policy", policy.Source);
        json.WriteBoolean("draining", state.Draining);
        json.WriteNumber("calls_under_way", state.InFlight);
        Store(json);
        Cache(json);
        Deferred(json);
        InboxList.WriteInboxes(json, engine, AdminCaller.Of(context));
        Kept(json);
        Spend(json, policy);
        Orders(json, policy);
        Providers(json, policy);
        Targets(json, policy);
        Routes(json, policy);
    });

    private void Store(Utf8JsonWriter json)
    {
        json.WriteStartObject("store");
        json.WriteString("kind", state.Store is null ? "memory" : "sqlite");
        json.WriteString("state", state.Store?.Health is { IsWell: false } ? "in trouble" : "well");
        if (state.Store?.Health is { } health)
        {
            json.WriteString("since", health.Since);
            if (health.Trouble is { } trouble) json.WriteString("why", trouble);
        }

        json.WriteEndObject();
    }

    private void Cache(Utf8JsonWriter json)
    {
        var (entries, bytes, most) = engine.Cache.Load;
        json.WriteStartObject("cache");
        json.WriteNumber("entries", entries);
        json.WriteNumber("bytes", bytes);
        json.WriteNumber("max_bytes", most);
        json.WriteEndObject();
    }

    private void Deferred(Utf8JsonWriter json)
    {
        if (engine.Deferral.Store is not { Tally: var tally }) return;
        json.WriteStartObject("deferred");
        foreach (var state in DeferredStates.All) json.WriteNumber(state.Word(), tally.Count(state));
        json.WriteNumber("bytes", tally.Bytes);
        json.WriteNumber("max_bytes", engine.Model.Policy.Deferred.MaxBytes);
        if (engine.Deferral.OldestWaiting is { } oldest) json.WriteNumber("oldest_waiting_seconds", Math.Round(Math.Max((engine.Time.GetUtcNow() - oldest).TotalSeconds, 0)));
        json.WriteEndObject();
    }

    /// <summary>What is kept of calls: records always, what was said in them on purpose.</summary>
    private void Kept(Utf8JsonWriter json)
    {
        if (state.Past is not { } past) return;
        json.WriteStartObject("records");
        json.WriteNumber("kept", past.Count.Kept);
        json.WriteNumber("lost", past.Count.Lost);
        json.WriteNumber("bytes", past.Bytes);
        json.WriteNumber("max_bytes", engine.Model.Policy.Records.MaxBytes);
        json.WriteEndObject();
        json.WriteStartObject("captures");
        json.WriteNumber("kept", engine.Captures.Count.Kept);
        json.WriteNumber("lost", engine.Captures.Count.Lost);
        json.WriteEndObject();
    }

    /// <summary>What is spent of each cap of the policy.</summary>
    private void Spend(Utf8JsonWriter json, Policy policy)
    {
        json.WriteStartArray("spend");
        foreach (var (kind, name, budget) in SetBudgets.Of(policy))
        {
            foreach (var window in SpendWindows.All)
            {
                if (budget.Of(window) is not { } cap) continue;
                var totals = engine.Ledger.TotalsOf(kind, name, window);
                json.WriteStartObject();
                json.WriteString("kind", kind.Word());
                json.WriteString("name", name);
                json.WriteString("window", SpendWindows.Words(window)[2..].Trim());
                json.WriteNumber("cap_usd", cap.Dollars);
                json.WriteNumber("spent_usd", totals.Spent.Dollars);
                json.WriteNumber("reserved_usd", totals.Reserved.Dollars);
                json.WriteString("since", totals.From);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    private void Orders(Utf8JsonWriter json, Policy policy)
    {
        json.WriteStartArray("overrides");
        foreach (var name in policy.Kill.Names)
        {
            json.WriteStartObject();
            json.WriteString("what", name);
            json.WriteString("kind", "kill");
            json.WriteString("who", "the policy file or UNDERSTUDY_KILL");
            json.WriteEndObject();
        }

        foreach (var order in engine.Overrides.InForce)
        {
            json.WriteStartObject();
            json.WriteString("what", order.What);
            json.WriteString("kind", order.Kind switch { OverrideKind.Kill => "kill", OverrideKind.Drain => "drain" });
            json.WriteString("who", order.Who);
            json.WriteString("why", order.Why);
            json.WriteString("at", order.At);
            if (order.Until is { } until) json.WriteString("until", until);
            json.WriteEndObject();
        }

        foreach (var pin in engine.Pins.InForce)
        {
            json.WriteStartObject();
            json.WriteString("what", pin.Route);
            json.WriteString("kind", "pin");
            json.WriteString("target", pin.Target);
            json.WriteString("who", pin.Who);
            json.WriteString("why", pin.Why);
            json.WriteString("at", pin.At);
            json.WriteString("until", pin.Until);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void Providers(Utf8JsonWriter json, Policy policy)
    {
        json.WriteStartArray("providers");
        foreach (var provider in policy.Providers)
        {
            json.WriteStartObject();
            json.WriteString("name", provider.Name);
            json.WriteString("protocol", provider.Protocol.ToString());
            json.WriteBoolean("killed", engine.IsKilled(policy, provider.Name, provider.Name));
            json.WriteNumber("attempts_under_way", engine.AttemptsUnderWay(provider.Name));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void Targets(Utf8JsonWriter json, Policy policy)
    {
        json.WriteStartArray("targets");
        // Names that a client made up and no provider took may be anything: a key in the wrong field, too.
        foreach (var target in engine.Targets.All.Where(state => labels.Knows(state.Target.Name) || state.Target.FirstContent > TimeSpan.Zero || state.Breaker.State != BreakerState.Closed).OrderBy(target => target.Target.Name, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("target", target.Target.Name);
            json.WriteString("breaker", target.Breaker.State.Word());
            if (target.Breaker is { State: BreakerState.Open, IsAiling: true }) json.WriteBoolean("ailing", true);
            json.WriteString("since", target.Breaker.Since);
            json.WriteNumber("open_for_seconds", Math.Round(target.Breaker.OpenFor.TotalSeconds, 1));
            json.WriteBoolean("killed", engine.IsKilled(policy, target.Target.Provider.Name, target.Target.Name));
            json.WriteNumber("attempts_under_way", target.UnderWay.Count);
            if (target.Target.FirstContent > TimeSpan.Zero) json.WriteNumber("first_content_seconds", Math.Round(target.Target.FirstContent.TotalSeconds, 3));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void Routes(Utf8JsonWriter json, Policy policy)
    {
        json.WriteStartArray("routes");
        foreach (var route in policy.Routes)
        {
            json.WriteStartObject();
            json.WriteString("name", route.Name);
            json.WriteStartArray("match");
            foreach (var pattern in route.Match) json.WriteStringValue(pattern);
            json.WriteEndArray();
            json.WriteString("use_case", route.UseCase.Name);
            if (engine.Pins.Of(route.Name) is { } pin) json.WriteString("pinned_to", pin.Target);
            json.WriteStartArray("rungs");
            foreach (var rung in route.Ladder)
            {
                json.WriteStringValue(rung switch
                {
                    TargetRung targets => string.Join(" | ", targets.Targets),
                    CacheRung => "cache",
                    HumanRung => "human",
                    DeferRung => "defer",
                    NoticeRung => "notice",
                    _ => rung.GetType().Name,
                });
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
