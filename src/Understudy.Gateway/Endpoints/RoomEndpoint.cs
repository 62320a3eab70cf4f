using Microsoft.AspNetCore.Http;
using Understudy.Configuration;
using Understudy.ControlRoom.Hosting;
using Understudy.Gateway.Access;
using Understudy.Gateway.Operators;
using Understudy.Pipeline;

namespace Understudy.Gateway.Endpoints;

/// <summary>The control room at <c>/</c>, its scripts, and the connection that its pages keep open.</summary>
internal sealed class RoomEndpoint(Engine engine, OperatorDoor door, RoomHost host)
{
    private const string Home = "/";

    /// <summary>Whether a path is the room's; <c>/</c> is so for browsers only.</summary>
    public static bool IsAt(string path) => path.StartsWith("/_", StringComparison.Ordinal) || path.StartsWith("/room/", StringComparison.Ordinal);

    /// <summary>Whether a request to <c>/</c> comes from a browser that wants a page.</summary>
    public static bool WantsPage(HttpRequest request) => request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    /// <summary>Serves a request.</summary>
    public Task ServeAsync(HttpContext context, string path)
    {
        if (RoomAssets.IsAt(path) && HttpMethods.IsGet(context.Request.Method)) return RoomAssets.ServeAsync(context, path);
        var response = context.Response;
        if (VisitorOf(context) is not { } visitor) return path == Home ? TurnAwayAsync(context) : EndAsync(response, StatusCodes.Status401Unauthorized);
        if (path == Home) PageHeaders.Set(response);
        // A page of another site may open a connection to any address: it is asked for its origin, for no cookie vouches for it.
        else if (!path.StartsWith("/_blazor", StringComparison.Ordinal) || !OperatorDoor.IsSameOrigin(context.Request)) return EndAsync(response, StatusCodes.Status404NotFound);
        return ServeAsync(context, visitor);
    }

    private async Task ServeAsync(HttpContext context, Visitor visitor)
    {
        try
        {
            await host.ServeAsync(context, visitor);
        }
        catch (Exception bug) when (!context.RequestAborted.IsCancellationRequested)
        {
            engine.Journal.Tell(new(engine.Time.GetUtcNow(), "bug", "control room", $"a bug of the gateway's own kept a page of the control room from being served: {bug.GetType().Name}"));
            if (!context.Response.HasStarted) await EndAsync(context.Response, StatusCodes.Status500InternalServerError);
        }
    }

    /// <summary>Who may look: operators who have signed in; where there are none, a browser on this very machine.</summary>
    private Visitor? VisitorOf(HttpContext context)
    {
        var policy = engine.Model.Policy;
        if (door.SessionOf(context) is { } found) return new(found.Caller.Name, found.Caller.Role, SessionTable.HandleOf(SessionCookie.Read(context)!), found.Caller.Inboxes, CanSignIn: true);
        return policy.Operators.Count == 0 && Loopback.IsTrusted(context) ? new("", OperatorRole.Viewer, "", [], policy.HasOperators) : null;
    }

    private Task TurnAwayAsync(HttpContext context)
    {
        var response = context.Response;
        if (engine.Model.Policy.HasOperators)
        {
            response.Headers.Location = "/signin";
            return EndAsync(response, StatusCodes.Status303SeeOther);
        }

        PageHeaders.Set(response);
        response.StatusCode = StatusCodes.Status403Forbidden;
        response.ContentType = "text/plain; charset=utf-8";
        return response.WriteAsync("The control room is for browsers on the gateway's own machine, until the policy names operators: 'admin: { operators: … }'.\n");
    }

    private static Task EndAsync(HttpResponse response, int status)
    {
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }
}
