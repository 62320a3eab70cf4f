using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Understudy.Configuration;
using Understudy.Gateway.Access;
using Understudy.Pipeline;

namespace Understudy.Gateway.Operators;

/// <summary>Tells who an operator's request is from, and signs operators in and out.</summary>
/// <param name="engine">The policy in force, and the journal.</param>
internal sealed class OperatorDoor(Engine engine) : IDisposable
{
    /// <summary>The header that whatever changes something must bring along with the session's cookie.</summary>
    public const string AntiforgeryHeader = "x-understudy-antiforgery";

    private const int MostWaiting = 8;

    // One check at a time: passwords cost a core's time, which belongs to calls.
    private readonly SemaphoreSlim _checking = new(1);
    private int _waiting;

    /// <summary>Who is signed in.</summary>
    public SessionTable Sessions { get; } = new(engine.Time);

    private SignInLimits Limits { get; } = new(engine.Time);

    private string? _ticket;

    /// <summary>
    /// A text that signs in whoever opens a link with it, as the bearer of the admin token: for a host that prints the link
    /// on its owner's own terminal. There is none until it is asked for.
    /// </summary>
    public string Ticket => _ticket ??= Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));

    /// <summary>Whether a text is the ticket that was given out.</summary>
    public bool IsTicket(string text) => _ticket is { } ticket && engine.Model.Policy.AdminToken is not null && AreSame(ticket, text);

    /// <summary>Who asks, by token or by session; null for nobody. A wrong token is nobody, whatever cookie comes with it.</summary>
    public AdminCaller? CallerOf(HttpContext context)
    {
        var policy = engine.Model.Policy;
        if (context.Request.Headers.Authorization.Count > 0) return AdminToken.IsWith(context.Request, policy) ? AdminCaller.OfToken : null;
        return SessionOf(context)?.Caller;
    }

    /// <summary>The session whose cookie a request brings; null for none.</summary>
    public (Session Session, AdminCaller Caller)? SessionOf(HttpContext context) => Sessions.Find(SessionCookie.Read(context), engine.Model.Policy);

    /// <summary>Whether a request that changes something was made by a page of ours. A token's bearer needs no proof: no browser sends it by itself.</summary>
    public bool IsOurs(HttpContext context, AdminCaller caller)
    {
        if (caller.IsToken) return true;
        if (!IsSameOrigin(context.Request) || SessionOf(context) is not { } found) return false;
        return context.Request.Headers[AntiforgeryHeader] is [{ } given] && AreSame(given, found.Session.Antiforgery);
    }

    /// <summary>Whether a browser made the request from a page of this address. Where no browser did, there is no such header.</summary>
    public static bool IsSameOrigin(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is [{ } site] && site is not ("same-origin" or "none")) return false;
        if (request.Headers.Origin is not [{ } origin]) return true;
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var from)) return false;
        // A proxy that ends TLS leaves the host as it was: the scheme may differ, and the port where it is the scheme's own.
        return string.Equals(from.Host, request.Host.Host, StringComparison.OrdinalIgnoreCase) && (from.IsDefaultPort ? request.Host.Port is null or 80 or 443 : from.Port == request.Host.Port);
    }

    /// <summary>Compares two texts; the time tells nothing of them.</summary>
    public static bool AreSame(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(one)), SHA256.HashData(Encoding.UTF8.GetBytes(other)));

    /// <summary>Signs in.</summary>
    /// <param name="context">The request; its answer gets the cookie.</param>
    /// <param name="name">The operator's name; empty for the admin token.</param>
    /// <param name="passwordSensitive">The password, or the admin token.</param>
    public async Task<SignInResult> SignInAsync(HttpContext context, string name, string passwordSensitive)
    {
        var address = context.Connection.RemoteIpAddress;
        var account = name.Length == 0 ? AdminCaller.TokenName : name;
        var policy = engine.Model.Policy;
        var who = policy.Operators.FirstOrDefault(one => string.Equals(one.Name, name, StringComparison.OrdinalIgnoreCase));
        if (Limits.Take(account, address, out var isNews) is { } wait)
        {
            // The name only where it is one: people type passwords into the wrong field.
            if (isNews) Tell("sign_in_refused", who?.Name ?? AdminCaller.TokenName, $"too many wrong passwords for {(who is not null ? who.Name : name.Length == 0 ? "the admin token" : "a name that is no operator's")} from {From(context)}: refused for now");
            return SignInResult.Wait(wait);
        }

        if (await IsRightAsync(policy, who, name, passwordSensitive) is not { } isRight) return SignInResult.Wait(TimeSpan.FromSeconds(5));
        if (!isRight) return SignInResult.Wrong;
        Limits.GiveBack(account, address);
        Enter(context, who, policy);
        return SignInResult.Done;
    }

    /// <summary>Opens a session in the browser that asks.</summary>
    public void Enter(HttpContext context, OperatorModel? who, Policy policy)
    {
        Sessions.Close(SessionCookie.Read(context)); // a new key for a new session, always
        SessionCookie.Write(context, Sessions.Open(who, policy));
        Tell("sign_in", who?.Name ?? AdminCaller.TokenName, $"{who?.Name ?? "the admin token's bearer"} signed in from {From(context)}");
    }

    /// <summary>Signs out.</summary>
    public void SignOut(HttpContext context)
    {
        if (Sessions.Close(SessionCookie.Read(context)) is { } name) Tell("sign_out", name, $"{name} signed out");
        SessionCookie.Delete(context);
    }

    /// <summary>Where a request comes from, for the audit.</summary>
    public static string From(HttpContext context) => context.Connection.RemoteIpAddress is not { } address ? "unknown" : (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    /// <inheritdoc/>
    public void Dispose() => _checking.Dispose();

    /// <summary>Whether a password is right; null where too many are being checked to look at this one.</summary>
    private async Task<bool?> IsRightAsync(Policy policy, OperatorModel? who, string name, string passwordSensitive)
    {
        if (name.Length == 0) return policy.AdminToken is { } token && AreSame(token, passwordSensitive);
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return null;
        }

        try
        {
            await _checking.WaitAsync();
            try
            {
                // A name that is nobody's takes as long as any. On a thread of the pool: this one may be polling sockets.
                return await Task.Run(() => (who?.Password ?? PasswordHash.OfNobody).Matches(passwordSensitive));
            }
            finally
            {
                _checking.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private void Tell(string kind, string subject, string text) => engine.Journal.Tell(new(engine.Time.GetUtcNow(), kind, subject, text));
}

/// <summary>What came of a sign-in.</summary>
/// <param name="Outcome">Whether it worked.</param>
/// <param name="RetryAfter">How long to wait; zero where that is not it.</param>
internal readonly record struct SignInResult(SignInOutcome Outcome, TimeSpan RetryAfter)
{
    /// <summary>The session is open.</summary>
    public static SignInResult Done => new(SignInOutcome.Done, TimeSpan.Zero);

    /// <summary>No operator has that name and that password.</summary>
    public static SignInResult Wrong => new(SignInOutcome.Wrong, TimeSpan.Zero);

    /// <summary>Not now.</summary>
    public static SignInResult Wait(TimeSpan wait) => new(SignInOutcome.TooMany, wait);
}

/// <summary>How a sign-in ended.</summary>
internal enum SignInOutcome
{
    /// <summary>The session is open.</summary>
    Done,

    /// <summary>The name, the password or both are wrong: which is not told.</summary>
    Wrong,

    /// <summary>There were too many tries.</summary>
    TooMany,
}
