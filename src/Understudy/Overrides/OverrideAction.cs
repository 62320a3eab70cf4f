namespace Understudy.Overrides;

/// <summary>One line of the audit: what was done, by whom, when and why.</summary>
/// <param name="At">When.</param>
/// <param name="Who">Who did it; <c>the clock</c> for an order whose time was up.</param>
/// <param name="Action"><c>kill</c>, <c>drain</c>, <c>pin</c>, <c>revive</c>, <c>ended</c>; or what was done with a question: <c>answer</c>, <c>hand-back</c>, <c>drop</c>.</param>
/// <param name="What">A provider, a target, a route, <c>all</c>; or which question.</param>
/// <param name="Why">Why.</param>
/// <param name="Until">When it is to end; null where that was not said.</param>
public sealed record OverrideAction(DateTimeOffset At, string Who, string Action, string What, string Why, DateTimeOffset? Until = null);
