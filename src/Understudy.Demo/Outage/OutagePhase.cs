namespace Understudy.Demo.Outage;

/// <summary>A stretch of the outage.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Says">What a visitor is told when it begins.</param>
/// <param name="FromMinute">When it begins, in minutes of the outage's own time.</param>
/// <param name="IsCalm">Whether nothing goes wrong in it.</param>
internal sealed record OutagePhase(string Name, string Says, double FromMinute, bool IsCalm);
