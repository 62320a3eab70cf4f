namespace Understudy.Storage;

/// <summary>A store that cannot be opened. The message says which, why, and what to do.</summary>
public sealed class StoreException : Exception
{
    /// <summary>With what is wrong.</summary>
    public StoreException(string message)
        : base(message)
    {
    }

    /// <summary>With what is wrong and where it came from.</summary>
    public StoreException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
