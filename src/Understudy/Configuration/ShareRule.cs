namespace Understudy.Configuration;

/// <summary>Which identical calls of the same moment share one call of a provider, marked as a retry or not.</summary>
public enum ShareRule
{
    /// <summary>None: who asks twice may want two answers.</summary>
    Never,

    /// <summary>Those that ask for <c>temperature: 0</c>.</summary>
    Deterministic,
}
