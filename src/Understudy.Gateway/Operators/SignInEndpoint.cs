using System.Globalization;
using Microsoft.AspNetCore.Http;
using Understudy.Pipeline;

namespace Understudy.Gateway.Operators;

/// <summary><c>/signin</c> and <c>/signout</c>: a form, for people in browsers. Works without a script.</summary>
internal sealed class SignInEndpoint(Engine engine, OperatorDoor door)
{
    private const string Home = "/";

    private readonly SignInForm _form = new();

    /// <summary>Whether a path is one of these.</summary>
    public static bool IsAt(string path) => path is "/signin" or "/signout";

    /// <summary>Serves a request.</summary>
    public Task ServeAsync(HttpContext context, string path) => (context.Request.Method, path) switch
    {
        ("GET", "/signin") => ShowAsync(context),
        ("POST", "/signin") => SignInAsync(context),
        ("POST", "/signout") => SignOutAsync(context),
        _ => GoAsync(context, Home),
    };

    private Task ShowAsync(HttpContext context)
    {
        if (door.SessionOf(context) is not null) return GoAsync(context, Home);
        if (context.Request.Query["ticket"] is [{ Length: > 0 } ticket] && door.IsTicket(ticket))
        {
            door.Enter(context, who: null, engine.Model.Policy);
            return GoAsync(context, "/signin?done");
        }

        // Back from a sign-in that worked, and without its cookie: say so, or people try for ever.
        return context.Request.Query.ContainsKey("done")
            ? PageAsync(context, StatusCodes.Status400BadRequest, "You were signed in, but your browser did not keep the cookie. It keeps it from https addresses and from this machine's own (127.0.0.1, localhost): put TLS before the gateway.")
            : PageAsync(context, StatusCodes.Status200OK, trouble: null);
    }

    private async Task SignInAsync(HttpContext context)
    {
        if (await SignInForm.ReadAsync(context) is not { } form || !_form.IsOurs(context, form["form"].ToString()))
        {
            await PageAsync(context, StatusCodes.Status400BadRequest, "The form had grown old, or was not this page's. Please try again.");
            return;
        }

        var result = await door.SignInAsync(context, form["name"].ToString().Trim(), form["password"].ToString());
        switch (result.Outcome)
        {
            case SignInOutcome.Done:
                await GoAsync(context, "/signin?done");
                break;
            case SignInOutcome.Wrong:
                await PageAsync(context, StatusCodes.Status401Unauthorized, "That name and that password do not belong together.");
                break;
            case SignInOutcome.TooMany:
                var seconds = Math.Ceiling(result.RetryAfter.TotalSeconds);
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
                await PageAsync(context, StatusCodes.Status429TooManyRequests, string.Create(CultureInfo.InvariantCulture, $"Too many tries. Please wait {seconds:0} seconds."));
                break;
        }
    }

    private async Task SignOutAsync(HttpContext context)
    {
        var isOurs = await SignInForm.ReadAsync(context) is { } form && OperatorDoor.IsSameOrigin(context.Request)
            && door.SessionOf(context) is { } found && OperatorDoor.AreSame(form["antiforgery"].ToString(), found.Session.Antiforgery);
        if (isOurs) door.SignOut(context);
        await GoAsync(context, isOurs ? "/signin" : Home);
    }

    private Task PageAsync(HttpContext context, int status, string? trouble) =>
        SignInPage.WriteAsync(context, status, trouble, engine.Model.Policy, _form.Prepare(context));

    private static Task GoAsync(HttpContext context, string where)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = where;
        context.Response.Headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }
}
