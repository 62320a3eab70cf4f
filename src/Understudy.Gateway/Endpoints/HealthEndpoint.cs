using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Calls;
using Understudy.CircuitBreaker;
using Understudy.Failures;
using Understudy.Pipeline;

namespace Understudy.Gateway.Endpoints;

/// <summary>Health, for load balancers and people. Without keys, and without anything of anybody's calls.</summary>
internal sealed class HealthEndpoint(Engine engine, GatewayState state)
{
    /// <summary>The process runs.</summary>
    public static Task LiveAsync(HttpContext context) => OwnAnswer.JsonAsync(context, "{\"status\":\"live\"}"u8.ToArray());

    /// <summary>It takes calls: not draining. Trouble of the store is told, and is no reason to send it none.</summary>
    public Task ReadyAsync(HttpContext context) => state.Draining
        ? OwnAnswer.JsonAsync(context, "{\"status\":\"draining\"}"u8.ToArray(), StatusCodes.Status503ServiceUnavailable)
        : OwnAnswer.JsonAsync(context, state.Store?.Health is { IsWell: false } ? "{\"status\":\"ready\",\"store\":\"in trouble\"}"u8.ToArray() : "{\"status\":\"ready\"}"u8.ToArray());

    /// <summary>A word for those who open the address in a browser.</summary>
    public Task HelloAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync($"Understudy serves here. {engine.Model.Policy.Providers.Count} providers, {state.InFlight} calls under way. Health: /health/providers\n");
    }

    /// <summary>Each provider: whether it is available, since when, and why not.</summary>
    public Task ProvidersAsync(HttpContext context)
    {
        using var buffer = new PooledBuffer();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("providers");
            var policy = engine.Model.Policy;
            foreach (var provider in policy.Providers)
            {
                var targets = engine.Targets.All.Where(target => target.Target.Provider.Name == provider.Name).ToArray();
                var killed = engine.IsKilled(policy, provider.Name, provider.Name);
                json.WriteStartObject();
                json.WriteString("name", provider.Name);
                json.WriteBoolean("available", !killed && (targets.Length == 0 || targets.Any(target => target.Breaker.State != BreakerState.Open)));
                if (killed) json.WriteString("why", "switched off by an operator");
                json.WriteStartArray("targets");
                foreach (var target in targets.OrderBy(target => target.Target.Name, StringComparer.Ordinal))
                {
                    json.WriteStartObject();
                    json.WriteString("target", target.Target.Name);
                    json.WriteString("breaker", target.Breaker.State switch
                    {
                        BreakerState.Closed => "closed",
                        BreakerState.HalfOpen => "half-open",
                        BreakerState.Open => "open",
                    });
                    json.WriteString("since", target.Breaker.Since);
                    if (target.Breaker.State == BreakerState.HalfOpen) json.WriteNumber("share", target.Breaker.Share);
                    if (target.Breaker is { State: not BreakerState.Closed, Cause: { } cause }) json.WriteString("why", FailureWords.Of(cause));
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (state.Store?.Health is { } store)
            {
                json.WriteStartObject("store");
                json.WriteBoolean("available", store.IsWell);
                if (store.Trouble is { } trouble) json.WriteString("why", trouble);
                json.WriteString("since", store.Since);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return OwnAnswer.JsonAsync(context, buffer.Written.ToArray());
    }
}
