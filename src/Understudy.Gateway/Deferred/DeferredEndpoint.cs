using System.Globalization;
using Microsoft.AspNetCore.Http;
using Understudy.Calls;
using Understudy.Deferral;
using Understudy.Gateway.Access;
using Understudy.Gateway.Answers;
using Understudy.Gateway.Endpoints;
using Understudy.Pipeline;
using Understudy.Wires;

namespace Understudy.Gateway.Deferred;

/// <summary>
/// <c>GET /v1/deferred/{id}</c>: where a piece of work stands, and its answer; <c>…/answer</c>: the answer alone, as the
/// call would have got it; <c>DELETE</c>: take it back. An id that is unknown, expired or another client's is a 404 that
/// says no more.
/// </summary>
internal sealed class DeferredEndpoint(Engine engine)
{
    private const string Prefix = "/v1/deferred/";
    private const string AnswerSuffix = "/answer";
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(5);

    /// <summary>Whether a path is one of these.</summary>
    public static bool IsAt(string path) => path.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Serves a question.</summary>
    public Task GetAsync(HttpContext context, string path)
    {
        var isAnswer = path.EndsWith(AnswerSuffix, StringComparison.Ordinal);
        var id = path[Prefix.Length..(isAnswer ? ^AnswerSuffix.Length : ^0)];
        return ServeAsync(context, async owner =>
        {
            if (await engine.Deferral.FindAsync(id, owner) is not { } found) return await NotFoundAsync(context);
            if (isAnswer && found.AnswerSensitive is { } answer)
            {
                context.Response.Headers["x-understudy-degraded"] = answer.Degraded ? "true" : "false";
                if (answer.ServedBy is { } server) context.Response.Headers["x-understudy-served-by"] = HeaderNames.Visible(server);
                await OwnAnswer.JsonAsync(context, answer.BodySensitive, answer.Status);
                return true;
            }

            // The work is there, its answer is not yet: 202, as when it was accepted.
            return await TellAsync(context, found, isAnswer && !found.State.IsOver() ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
        });
    }

    /// <summary>Takes a piece back; one that is over is forgotten.</summary>
    public Task DeleteAsync(HttpContext context, string path) => ServeAsync(context, async owner =>
        await engine.Deferral.DeleteAsync(path[Prefix.Length..], owner) is { } found ? await TellAsync(context, found, StatusCodes.Status200OK) : await NotFoundAsync(context));

    private async Task ServeAsync(HttpContext context, Func<string, Task<bool>> serve)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!ClientKeys.TryIdentify(context, engine.Model.Policy, out var client))
        {
            await OwnAnswer.ErrorAsync(context, OwnAnswer.Guess(context.Request), ClientErrorCause.Unauthorized, "The key is not one of this gateway's client keys.", context.TraceIdentifier);
            return;
        }

        try
        {
            await serve(client?.Name ?? "");
        }
        catch (DeferralTroubleException)
        {
            await OwnAnswer.ErrorAsync(context, OwnAnswer.Guess(context.Request), ClientErrorCause.Overloaded, "The store can't be asked at the moment. Nothing is lost: ask again.", context.TraceIdentifier, AskAgain);
        }
    }

    private static async Task<bool> TellAsync(HttpContext context, DeferredView view, int status)
    {
        using var body = new PooledBuffer();
        DeferredEnvelope.Write(view, body);
        if (!view.State.IsOver()) context.Response.Headers.RetryAfter = AskAgain.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        await OwnAnswer.JsonAsync(context, body.Written, status);
        return true;
    }

    private static async Task<bool> NotFoundAsync(HttpContext context)
    {
        await OwnAnswer.ErrorAsync(context, OwnAnswer.Guess(context.Request), ClientErrorCause.NotFound, "There is no such work.", context.TraceIdentifier);
        return false;
    }
}
