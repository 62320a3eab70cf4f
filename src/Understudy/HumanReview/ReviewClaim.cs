namespace Understudy.HumanReview;

/// <summary>Somebody is at a question: nobody else ends it until then.</summary>
/// <param name="Who">Who.</param>
/// <param name="Until">Until when, unless it is claimed again.</param>
public sealed record ReviewClaim(string Who, DateTimeOffset Until);
