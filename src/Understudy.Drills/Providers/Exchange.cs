using Understudy.Calls;
using Understudy.Drills.Measuring;
using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Providers;

/// <summary>
/// One request at a modelled provider: what will become of it, decided when it comes, and what it is billed when it ends.
/// Times are since it was sent.
/// </summary>
public sealed class Exchange : IRostered
{
    private readonly ModelledProvider _provider;
    private readonly long _sent;

    internal Exchange(ModelledProvider provider, in Question question, Outcome outcome, long sent)
    {
        _provider = provider;
        _sent = sent;
        Question = question;
        Outcome = outcome;
    }

    /// <summary>Never: longer than any drill.</summary>
    public static TimeSpan Never { get; } = TimeSpan.MaxValue;

    /// <summary>What was asked.</summary>
    public Question Question { get; }

    /// <summary>What becomes of it.</summary>
    public Outcome Outcome { get; }

    /// <summary>What its provider speaks.</summary>
    public WireProtocol Protocol => _provider.Protocol;

    /// <summary>The provider's name.</summary>
    public string Provider => _provider.Name;

    /// <summary>When it was sent, since the drill began.</summary>
    public TimeSpan SentAt => _provider.Time.GetElapsedTime(0, _sent);

    /// <summary>When the first token, the error's status or the refusal comes; <see cref="Never"/> for a hang.</summary>
    public TimeSpan First { get; internal init; }

    /// <summary>How long the answer takes from its first token to its last.</summary>
    public TimeSpan Length { get; internal init; }

    /// <summary>How much of an answer is out when it breaks, in (0, 1); 1 for one that does not.</summary>
    public double BreakAt { get; internal init; } = 1;

    /// <summary>How long it is silent there; <see cref="Never"/> where it does not go on.</summary>
    public TimeSpan Silence { get; internal init; }

    /// <summary>When the model begins to generate, whatever the client sees of it.</summary>
    public TimeSpan Generates { get; internal init; }

    /// <summary>How long a 429 asks to be left alone; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; internal init; }

    /// <summary>Whether it is the account's own limit that refused it.</summary>
    public bool OverQuota { get; internal init; }

    /// <summary>When it breaks.</summary>
    public TimeSpan BreaksAfter => First + (Length * BreakAt);

    /// <inheritdoc/>
    int IRostered.Place { get; set; } = -1;

    /// <summary>Whether it has ended.</summary>
    public bool Ended { get; private set; }

    /// <summary>Whether the whole answer went out.</summary>
    public bool Whole { get; private set; }

    /// <summary>It ends now: the answer is out, it broke, or the caller gave it up. Only the first time counts.</summary>
    /// <param name="whole">Whether the whole answer went out.</param>
    public void End(bool whole)
    {
        if (Ended) return;
        Ended = true;
        Whole = whole;
        _provider.End(this, whole, _provider.Time.GetElapsedTime(_sent));
    }
}
