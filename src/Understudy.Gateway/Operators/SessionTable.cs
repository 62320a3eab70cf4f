using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Understudy.Configuration;

namespace Understudy.Gateway.Operators;

/// <summary>Who is signed in. Bounded; nothing of it is written anywhere. Thread-safe.</summary>
/// <param name="time">The time.</param>
/// <remarks>
/// A session is good only as long as the policy in force still has its operator with the same password (or the same admin
/// token): taking somebody out of the file ends what is open, at once, and a role is always the one of now.
/// </remarks>
internal sealed class SessionTable(TimeProvider time)
{
    /// <summary>How long a session lasts: a shift, and a little.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromHours(12);

    private const int Most = 1024;
    private const int MostOfOne = 16;
    private const int KeyBytes = 32;

    private readonly Lock _lock = new();
    // By the hash of the key: a look into this process's memory must not hand out keys that work.
    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);

    /// <summary>Opens a session for an operator; null for the bearer of the admin token.</summary>
    /// <returns>The key, for the browser's cookie alone.</returns>
    public string Open(OperatorModel? who, Policy policy)
    {
        var key = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));
        var session = new Session
        {
            Name = who?.Name ?? AdminCaller.TokenName,
            Password = who?.Password,
            Token = who is null ? Fingerprint(policy.AdminToken!) : null,
            Ends = time.GetUtcNow() + Lasts,
            Antiforgery = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes)),
        };
        lock (_lock)
        {
            Forget_NeedsLock(session.Name);
            _sessions[Hash(key)] = session;
        }

        return key;
    }

    /// <summary>The session of a cookie's key, and who it is under the policy in force; null where it is none, or none any more.</summary>
    public (Session Session, AdminCaller Caller)? Find(string? key, Policy policy)
    {
        if (key is not { Length: > 0 and < 100 }) return null;
        Session? session;
        lock (_lock) _sessions.TryGetValue(Hash(key), out session);
        if (session is null || session.Ends <= time.GetUtcNow()) return null;
        return CallerOf(session, policy) is { } caller ? (session, caller) : null;
    }

    /// <summary>Whether the session of a handle is still good: for a page that was opened with it and stays open.</summary>
    public bool IsGood(string handle, Policy policy)
    {
        Session? session;
        lock (_lock) _sessions.TryGetValue(handle, out session);
        return session is not null && session.Ends > time.GetUtcNow() && CallerOf(session, policy) is not null;
    }

    /// <summary>What stands for a session inside this process: nobody can sign in with it.</summary>
    public static string HandleOf(string key) => Hash(key);

    /// <summary>Ends a session.</summary>
    /// <returns>Whose it was; null where there was none.</returns>
    public string? Close(string? key)
    {
        if (key is null) return null;
        lock (_lock) return _sessions.Remove(Hash(key), out var session) ? session.Name : null;
    }

    private static AdminCaller? CallerOf(Session session, Policy policy)
    {
        if (session.Token is { } token)
        {
            return policy.AdminToken is { } now && CryptographicOperations.FixedTimeEquals(token, Fingerprint(now)) ? new(session.Name, OperatorRole.Admin, []) : null;
        }

        var who = policy.Operators.FirstOrDefault(one => one.Name == session.Name);
        return who is not null && who.Password.IsSameAs(session.Password!) ? new(who.Name, who.Role, who.Inboxes) : null;
    }

    private void Forget_NeedsLock(string newcomer)
    {
        var now = time.GetUtcNow();
        foreach (var (key, session) in _sessions)
        {
            if (session.Ends <= now) _sessions.Remove(key);
        }

        if (_sessions.Count(pair => pair.Value.Name == newcomer) >= MostOfOne) _sessions.Remove(_sessions.Where(pair => pair.Value.Name == newcomer).MinBy(pair => pair.Value.Ends).Key);
        if (_sessions.Count >= Most) _sessions.Remove(_sessions.MinBy(pair => pair.Value.Ends).Key);
    }

    private static string Hash(string key) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static byte[] Fingerprint(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
