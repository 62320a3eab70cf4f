using Microsoft.AspNetCore.Http;
using Understudy.Calls;
using Understudy.Gateway.Admin;
using Understudy.Gateway.Deferred;
using Understudy.Gateway.Operators;
using Understudy.Wires;

namespace Understudy.Gateway.Endpoints;

/// <summary>Sends each request to what serves its path. A plain switch: nothing here needs a route table, and the hot path none of its cost.</summary>
internal sealed class GatewayPaths(
    ModelCallEndpoint calls, ModelListEndpoint models, HealthEndpoint health, MetricsEndpoint metrics, AdminEndpoint admin, SignInEndpoint signIn, RoomEndpoint room,
    DeferredEndpoint deferred, BatchesEndpoint batches)
{
    /// <summary>Serves a request.</summary>
    public Task ServeAsync(HttpContext context)
    {
        var request = context.Request;
        var path = request.Path.Value ?? "/";
        if (HttpMethods.IsPost(request.Method))
        {
            switch (path)
            {
                case "/v1/messages":
                    return calls.ServeAsync(context, WireProtocol.AnthropicMessages, CallOperation.Generate);
                case "/v1/chat/completions":
                    return calls.ServeAsync(context, WireProtocol.OpenAIChat, CallOperation.Generate);
                case "/v1/responses":
                    return calls.ServeAsync(context, WireProtocol.OpenAIResponses, CallOperation.Generate);
                case "/v1/responses/input_tokens":
                    return calls.ServeAsync(context, WireProtocol.OpenAIResponses, CallOperation.CountTokens);
                case "/v1/messages/count_tokens":
                    return calls.ServeAsync(context, WireProtocol.AnthropicMessages, CallOperation.CountTokens);
            }

            if (AdminEndpoint.IsAt(path)) return admin.ServeAsync(context, path);
            if (BatchesEndpoint.IsAt(path)) return batches.PostAsync(context, path);
            if (SignInEndpoint.IsAt(path)) return signIn.ServeAsync(context, path);
            if (RoomEndpoint.IsAt(path)) return room.ServeAsync(context, path);
            if (GeminiPath.TryRead(path, out var model, out var method))
            {
                switch (method)
                {
                    case "generateContent":
                        return calls.ServeAsync(context, WireProtocol.Gemini, CallOperation.Generate, model);
                    case "streamGenerateContent" when request.Query["alt"] == "sse":
                        return calls.ServeAsync(context, WireProtocol.Gemini, CallOperation.Generate, model, pathStreams: true);
                    case "countTokens":
                        return calls.ServeAsync(context, WireProtocol.Gemini, CallOperation.CountTokens, model);
                    case "streamGenerateContent":
                        return calls.ServeAsync(context, WireProtocol.Gemini, CallOperation.Generate, model, pathStreams: true, asArray: true);
                }
            }
        }
        else if (HttpMethods.IsHead(request.Method))
        {
            // Claude Code asks so whether there is anybody (`HEAD /`, `HEAD /api/hello`), without a key.
            context.Response.StatusCode = path is "/" or "/api/hello" ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
        else if (HttpMethods.IsGet(request.Method))
        {
            if (RoomEndpoint.IsAt(path)) return room.ServeAsync(context, path);
            if (AsksForWebSocket(request)) return RefuseUpgradeAsync(context);
            switch (path)
            {
                case "/":
                    return RoomEndpoint.WantsPage(request) ? room.ServeAsync(context, path) : health.HelloAsync(context);
                case "/health/live":
                    return HealthEndpoint.LiveAsync(context);
                case "/health/ready":
                    return health.ReadyAsync(context);
                case "/health/providers":
                    return health.ProvidersAsync(context);
                case "/metrics":
                    return metrics.ServeAsync(context);
                case "/v1/models":
                    return models.ListAsync(context);
                case "/v1beta/models":
                    return models.GeminiListAsync(context);
            }

            if (AdminEndpoint.IsAt(path)) return admin.ServeAsync(context, path);
            if (DeferredEndpoint.IsAt(path)) return deferred.GetAsync(context, path);
            if (BatchesEndpoint.IsAt(path)) return batches.GetAsync(context, path);
            if (SignInEndpoint.IsAt(path)) return signIn.ServeAsync(context, path);
            if (path.StartsWith("/v1/models/", StringComparison.Ordinal)) return models.OneAsync(context, path["/v1/models/".Length..]);
        }
        else if (HttpMethods.IsDelete(request.Method))
        {
            if (DeferredEndpoint.IsAt(path)) return deferred.DeleteAsync(context, path);
            if (BatchesEndpoint.IsAt(path)) return batches.DeleteAsync(context, path);
            if (AdminEndpoint.IsAt(path)) return admin.ServeAsync(context, path);
        }

        return NotFoundAsync(context, path);
    }

    /// <summary>Codex tries a WebSocket first: on 426 with a length it goes on over HTTP at once and says nothing.</summary>
    private static Task RefuseUpgradeAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    /// <summary>Any other upgrade (curl asks for h2c) is an offer that may be left unheard.</summary>
    private static bool AsksForWebSocket(HttpRequest request) =>
        request.Headers.Upgrade.Count > 0 && request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase);

    private static Task NotFoundAsync(HttpContext context, string path)
    {
        var hint = path.StartsWith("/v1/v1/", StringComparison.Ordinal) || path == "/v1/v1"
            ? "The path has /v1 twice: leave it out of the base URL for Anthropic's SDKs, and give it once for OpenAI's."
            : path.StartsWith("/chat/", StringComparison.Ordinal) ? "The path lacks /v1: OPENAI_BASE_URL ends in /v1."
            : "There is nothing at this path. Model calls go to /v1/messages, /v1/chat/completions, /v1/responses and /v1beta/models/{model}:generateContent.";
        return OwnAnswer.ErrorAsync(context, OwnAnswer.Guess(context.Request), ClientErrorCause.NotFound, hint, context.TraceIdentifier);
    }
}
