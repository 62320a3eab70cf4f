namespace Understudy.Deferral;

/// <summary>The store can't say. What it holds is not lost; the question has to be asked again.</summary>
public sealed class DeferralTroubleException : Exception
{
    /// <summary>Without details: the store's health has them.</summary>
    public DeferralTroubleException()
        : base("The store has trouble.")
    {
    }

    /// <summary>With what is wrong.</summary>
    public DeferralTroubleException(string message)
        : base(message)
    {
    }

    /// <summary>With what is wrong and where it came from.</summary>
    public DeferralTroubleException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
