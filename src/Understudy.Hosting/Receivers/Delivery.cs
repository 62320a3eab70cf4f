namespace Understudy.Hosting.Receivers;

/// <summary>What became of a message.</summary>
/// <param name="Trouble">Why it was not taken; null where it was. Never an address: that may be a secret.</param>
/// <param name="IsFinal">Whether the same message would be refused again.</param>
/// <param name="RetryAfter">How long the receiver asks to be left alone; null where it did not say.</param>
internal readonly record struct Delivery(string? Trouble, bool IsFinal = false, TimeSpan? RetryAfter = null)
{
    /// <summary>It was taken.</summary>
    public static Delivery Done => default;
}
