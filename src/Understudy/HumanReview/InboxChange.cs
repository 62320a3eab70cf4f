namespace Understudy.HumanReview;

/// <summary>Something has changed in an inbox. Holds no content.</summary>
/// <param name="At">When.</param>
/// <param name="Inbox">Where.</param>
/// <param name="Id">Which question.</param>
/// <param name="What"><c>waits</c>, <c>claimed</c>, or how it ended.</param>
public sealed record InboxChange(DateTimeOffset At, string Inbox, string Id, string What);
