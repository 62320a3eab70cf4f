using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Calls;
using Understudy.CircuitBreaker;
using Understudy.Pipeline;

namespace Understudy.Gateway.Endpoints;

/// <summary>Health, for load balancers and people. Without keys, and without anything of anybody's calls.</summary>
internal sealed class HealthEndpoint(Engine engine, GatewayState state, Func<IReadOnlyList<ProviderHealth>> providers)
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
            foreach (var provider in providers()) Write(json, provider);
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

    private static void Write(Utf8JsonWriter json, ProviderHealth provider)
    {
        json.WriteStartObject();
        json.WriteString("name", provider.Name);
        json.WriteBoolean("available", provider.Available);
        if (provider.Since is { } since) json.WriteString("since", since);
        if (provider.Why is { } why) json.WriteString("why", why);
        json.WriteStartArray("targets");
        foreach (var target in provider.Targets)
        {
            json.WriteStartObject();
            json.WriteString("target", target.Name);
            json.WriteString("breaker", target.Breaker.Word());
            json.WriteString("since", target.Since);
            if (target.Share is { } share) json.WriteNumber("share", share);
            if (target.Why is { } reason) json.WriteString("why", reason);
            if (target.AnsweredAt is { } answered) json.WriteString("last_answer", answered);
            if (target.FailedAt is { } failed) json.WriteString("last_failure", failed);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
