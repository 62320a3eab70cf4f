using Understudy.Configuration;

namespace Understudy.Alarms;

/// <summary>What one rule finds of one subject at one moment.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Subject">What it is about: a provider, a target, a route, <c>all calls</c>, ….</param>
/// <param name="Cause">What is probably at its root: alarms of one cause are told together.</param>
/// <param name="State">What it finds.</param>
/// <param name="Value">The number, in the unit of the rule's limit.</param>
/// <param name="Text">It in a sentence without a full stop.</param>
internal readonly record struct Reading(AlarmRule Rule, string Subject, string Cause, Finding State, double Value, string Text);

/// <summary>What a rule finds.</summary>
internal enum Finding
{
    /// <summary>It is well: a firing alarm may end.</summary>
    Well,

    /// <summary>Between the limit and the one it has to come back to: nothing begins and nothing ends.</summary>
    Between,

    /// <summary>It is over its limit.</summary>
    Bad,

    /// <summary>Too few calls to tell.</summary>
    Unknown,
}
