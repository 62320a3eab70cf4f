namespace Understudy.Storage;

/// <summary>How a store is. Calls do not depend on it; what they leave behind does.</summary>
/// <param name="Since">Since when.</param>
/// <param name="Trouble">What is wrong; null while it is well.</param>
public sealed record StoreHealth(DateTimeOffset Since, string? Trouble)
{
    /// <summary>Whether it takes what it is given.</summary>
    public bool IsWell => Trouble is null;
}
