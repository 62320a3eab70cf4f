namespace Understudy.Hosting.Receivers;

/// <summary>How a receiver of alarms is.</summary>
/// <param name="Trouble">Why it does not take them; null while it does, or has not been asked.</param>
/// <param name="DeliveredAt">When it last took one; null where it has not.</param>
/// <param name="Waiting">Messages that wait for it.</param>
internal sealed record ReceiverHealth(string? Trouble, DateTimeOffset? DeliveredAt, int Waiting);
