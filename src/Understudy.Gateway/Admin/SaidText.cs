using Microsoft.AspNetCore.Http;
using Understudy.Configuration;
using Understudy.Gateway.Operators;

namespace Understudy.Gateway.Admin;

/// <summary>What an operator says, for the audit: who it was and why.</summary>
internal static class SaidText
{
    private const int Most = 500;

    /// <summary>One line, not endless, and without the secrets that this gateway knows; null where nothing was said.</summary>
    public static string? Of(string? text, Policy policy)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        var line = string.Concat(text.Trim().Take(Most).Select(c => char.IsControl(c) ? ' ' : c));
        foreach (var secret in policy.Providers.Select(provider => provider.Key).Append(policy.AdminToken).OfType<string>())
        {
            if (secret.Length >= 4) line = line.Replace(secret, "***", StringComparison.Ordinal);
        }

        return line;
    }

    /// <summary>Who the audit names: an operator is who signed in; a program with the token says for whom it acts.</summary>
    public static string Who(HttpContext context, string? by, Policy policy)
    {
        var caller = AdminCaller.Of(context);
        return $"{(caller.IsToken ? Of(by, policy) : null) ?? caller.Name} ({OperatorDoor.From(context)})";
    }
}
