using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;
using Understudy.Configuration;

namespace Understudy.Gateway.Operators;

/// <summary>The sign-in page.</summary>
internal static class SignInPage
{
    /// <summary>Sends it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The status code.</param>
    /// <param name="trouble">What went wrong, in our own words; null for nothing.</param>
    /// <param name="policy">Who could sign in.</param>
    /// <param name="proof">The form's own field.</param>
    public static Task WriteAsync(HttpContext context, int status, string? trouble, Policy policy, string proof)
    {
        PageHeaders.Set(context.Response);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        var told = trouble is null ? "" : $"""<p class="trouble" role="alert">{HtmlEncoder.Default.Encode(trouble)}</p>""";
        return context.Response.WriteAsync($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>Sign in · Understudy</title>
            <link rel="icon" href="/room/icon.svg" type="image/svg+xml">
            <link rel="stylesheet" href="/room/room.css">
            <script src="/room/theme.js"></script>
            </head>
            <body class="door">
            <main>
            <p class="wordmark">Understudy</p>
            <h1>Sign in to the control room</h1>
            {told}
            {(policy.HasOperators ? Form(policy, proof) : "<p>Nobody can sign in here: the policy names no operators and no admin token. See <code>admin:</code> in understudy.yaml.</p>")}
            </main>
            </body>
            </html>
            """);
    }

    private static string Form(Policy policy, string proof) => $"""
        <form method="post" action="/signin">
        <input type="hidden" name="form" value="{HtmlEncoder.Default.Encode(proof)}">
        {(policy.Operators.Count > 0 ? """<label for="name">Name</label><input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" autofocus>""" : "")}
        <label for="password">{(policy.Operators.Count > 0 ? "Password" : "Admin token")}</label><input id="password" name="password" type="password" autocomplete="current-password" required>
        <button type="submit">Sign in</button>
        {(policy is { Operators.Count: > 0, AdminToken: not null } ? "<p class=\"hint\">Leave the name empty to use the admin token.</p>" : "")}
        </form>
        """;
}
