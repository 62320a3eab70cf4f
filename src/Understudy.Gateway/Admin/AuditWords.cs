using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Gateway.Operators;
using Understudy.Pipeline;

namespace Understudy.Gateway.Admin;

/// <summary>Who and why, as an operator's request says it: for the audit, so that neither breaks a line nor tells a secret.</summary>
internal sealed class AuditWords(Engine engine)
{
    private const int MostText = 500;

    private static readonly TimeSpan SavingTakesAtMost = TimeSpan.FromSeconds(3);

    /// <summary>Whom the audit names: an operator is who signed in; a program with the token says for whom it acts.</summary>
    public string Who(HttpContext context, JsonElement body)
    {
        var caller = AdminCaller.Of(context);
        return $"{(caller.IsToken ? Said(AdminRequest.Text(body, "by")) : null) ?? caller.Name} ({OperatorDoor.From(context)})";
    }

    /// <summary>Why.</summary>
    public string Why(JsonElement body) => Said(AdminRequest.Text(body, "why")) ?? "no reason given";

    /// <summary>Whether an order is kept. It is in force whatever the store does: its disk is waited for, but not for long.</summary>
    public async Task<bool> KeptAsync(Task<bool?> saving)
    {
        try
        {
            return await saving.WaitAsync(SavingTakesAtMost, engine.Time) ?? false;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>One line, not endless, and without the secrets that this gateway knows.</summary>
    public string? Said(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        var line = string.Concat(text.Trim().Take(MostText).Select(c => char.IsControl(c) ? ' ' : c));
        foreach (var secret in engine.Model.Policy.SecretsSensitive)
        {
            if (secret.Length >= 4) line = line.Replace(secret, "***", StringComparison.Ordinal);
        }

        return line;
    }
}
