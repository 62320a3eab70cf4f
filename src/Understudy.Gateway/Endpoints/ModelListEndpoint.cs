using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Gateway.Access;
using Understudy.Pipeline;
using Understudy.PolicyFile.Catalogue;
using Understudy.Wires;

namespace Understudy.Gateway.Endpoints;

/// <summary>The models that this gateway serves, in one shape that both vendors' SDKs read.</summary>
internal sealed class ModelListEndpoint(Engine engine)
{
    /// <summary>A fixed date: the vendors' own are not known here, and SDKs only want one that parses.</summary>
    private static readonly DateTimeOffset Created = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary><c>GET /v1/models</c>.</summary>
    public Task ListAsync(HttpContext context) => Allowed(context) is { } refused ? refused : Send(context, json =>
    {
        var models = Models();
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (var model in models) Write(json, model);
        json.WriteEndArray();
        json.WriteBoolean("has_more", false);
        json.WriteString("first_id", models.Count > 0 ? models[0] : null);
        json.WriteString("last_id", models.Count > 0 ? models[^1] : null);
        json.WriteEndObject();
    });

    /// <summary><c>GET /v1/models/{id}</c>.</summary>
    public Task OneAsync(HttpContext context, string model)
    {
        if (Allowed(context) is { } refused) return refused;
        return engine.Model.Routes.Find(model) is null
            ? OwnAnswer.ErrorAsync(context, OwnAnswer.Guess(context.Request), ClientErrorCause.ModelNotFound, "No route of this gateway serves that model.", context.TraceIdentifier)
            : Send(context, json => Write(json, model));
    }

    /// <summary><c>GET /v1beta/models</c>, in Gemini's shape.</summary>
    public Task GeminiListAsync(HttpContext context) => Allowed(context) is { } refused ? refused : Send(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("models");
        foreach (var model in Models())
        {
            json.WriteStartObject();
            json.WriteString("name", $"models/{model}");
            json.WriteString("displayName", model);
            json.WriteStartArray("supportedGenerationMethods");
            json.WriteStringValue("generateContent");
            json.WriteStringValue("countTokens");
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private Task? Allowed(HttpContext context) => ClientKeys.TryIdentify(context, engine.Model.Policy, out _)
        ? null
        : OwnAnswer.ErrorAsync(context, OwnAnswer.Guess(context.Request), ClientErrorCause.Unauthorized, "The key is not one of this gateway's client keys.", context.TraceIdentifier);

    /// <summary>Every model that a route names, and for patterns those of the catalogue that fit.</summary>
    private List<string> Models()
    {
        var routes = engine.Model.Policy.Routes;
        var named = routes.SelectMany(route => route.Match).Where(pattern => !pattern.Contains('*', StringComparison.Ordinal));
        var targets = routes.SelectMany(route => route.Ladder).OfType<TargetRung>().SelectMany(rung => rung.Targets).Select(target => target.Model).OfType<string>();
        var known = ModelCatalogue.Shipped.Models.Select(model => model.Id).Where(id => Patterns(routes).Any(pattern => Routing.ModelPattern.Matches(pattern, id)));
        return [.. named.Concat(targets).Concat(known).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>The patterns that say something: a catch-all would promise every vendor's models.</summary>
    private static IEnumerable<string> Patterns(IEnumerable<RouteModel> routes) =>
        routes.SelectMany(route => route.Match).Where(pattern => pattern.Contains('*', StringComparison.Ordinal) && pattern.Trim('*').Length > 0);

    private static void Write(Utf8JsonWriter json, string model)
    {
        json.WriteStartObject();
        json.WriteString("id", model);
        json.WriteString("type", "model");
        json.WriteString("object", "model");
        json.WriteString("display_name", model);
        json.WriteString("created_at", Created);
        json.WriteNumber("created", Created.ToUnixTimeSeconds());
        json.WriteString("owned_by", "understudy");
        json.WriteEndObject();
    }

    private static Task Send(HttpContext context, Action<Utf8JsonWriter> write)
    {
        using var buffer = new PooledBuffer();
        using (var json = new Utf8JsonWriter(buffer)) write(json);
        return OwnAnswer.JsonAsync(context, buffer.Written.ToArray());
    }
}
