using System.Security.Cryptography;
using System.Text;
using Understudy.Configuration;

namespace Understudy.Alarms;

/// <summary>
/// The state machine of one rule on one subject. It fires when it has been bad for the rule's time, and is over when it
/// has been well for another: a value that trembles around its limit rings once.
/// </summary>
internal sealed class AlarmWatch
{
    /// <summary>How long a firing alarm waits for traffic that would tell whether it is over.</summary>
    private static readonly TimeSpan PatienceWithSilence = TimeSpan.FromMinutes(30);

    private readonly string _id;
    private DateTimeOffset? _badSince;
    private DateTimeOffset? _wellSince;
    private DateTimeOffset? _silentSince;

    private DateTimeOffset? _recalledAt;

    public AlarmWatch(AlarmRule rule, string subject) => _id = IdOf(rule, subject);

    /// <summary>One that fired before a restart, and does so until something tells otherwise.</summary>
    public AlarmWatch(Alarm recalled, DateTimeOffset now)
        : this(recalled.Rule, recalled.Subject) => (Current, _recalledAt) = (recalled, now);

    /// <summary>Whether it was recalled, and nothing has been heard of its subject yet: a provider that nobody has called since.</summary>
    public bool IsAwaited(DateTimeOffset now) => _recalledAt is { } at && now - at < PatienceWithSilence;

    /// <summary>The alarm while it fires or is acknowledged; null where all is well.</summary>
    public Alarm? Current { get; private set; }

    /// <summary>Takes what the rule finds now.</summary>
    /// <returns>The alarm where its state changed: it fired, or it is over.</returns>
    public Alarm? Take(in Reading reading, AlarmRuleModel rule, DateTimeOffset now)
    {
        _recalledAt = null;
        _badSince = reading.State is Finding.Bad ? _badSince ?? now : null;
        _wellSince = reading.State is Finding.Well ? _wellSince ?? now : null;
        _silentSince = reading.State is Finding.Unknown ? _silentSince ?? now : null;
        if (Current is null) return Quiet(reading, rule, now);
        if (reading.State is not Finding.Unknown) Current = Current with { Text = reading.Text, Value = reading.Value, Severity = rule.Severity };
        if (_wellSince is { } well && now - well >= rule.Hold) return End(now, reading.Text);
        return _silentSince is { } silent && now - silent >= PatienceWithSilence ? End(now, $"{Current.Text}; since then too few calls came to tell") : null;
    }

    /// <summary>Somebody sees to it.</summary>
    /// <returns>The alarm; null where there is none to take on.</returns>
    public Alarm? Acknowledge(string by, string why, DateTimeOffset now) => Current is null ? null : Current = Current with
    {
        State = AlarmState.Acknowledged,
        AcknowledgedBy = by,
        AcknowledgedAt = now,
        AcknowledgedWhy = why,
    };

    /// <summary>It is watched no longer.</summary>
    public Alarm? Drop(DateTimeOffset now) => Current is null ? null : End(now, $"{Current.Text}; it is watched no longer");

    private Alarm? Quiet(in Reading reading, AlarmRuleModel rule, DateTimeOffset now)
    {
        if (_badSince is not { } since || now - since < rule.For) return null;
        return Current = new()
        {
            Id = _id,
            Rule = reading.Rule,
            Subject = reading.Subject,
            Cause = reading.Cause,
            Severity = rule.Severity,
            State = AlarmState.Firing,
            Since = since,
            FiredAt = now,
            Text = reading.Text,
            Value = reading.Value,
        };
    }

    private Alarm End(DateTimeOffset now, string text)
    {
        var over = Current! with { State = AlarmState.Resolved, ResolvedAt = now, Text = text };
        Current = null;
        _silentSince = null;
        return over;
    }

    /// <summary>Stands in a path, whatever the subject is called: <c>provider_unavailable.claude</c>.</summary>
    private static string IdOf(AlarmRule rule, string subject)
    {
        const int Longest = 60;
        var plain = string.Concat(subject.Take(Longest).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
        var word = AlarmWords.Of(rule);
        if (plain == subject) return $"{word}.{plain}";
        // Two names must not become one id.
        return $"{word}.{plain}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(subject)).AsSpan(0, 4))}";
    }
}
