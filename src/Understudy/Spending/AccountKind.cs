namespace Understudy.Spending;

/// <summary>Whose money is counted.</summary>
public enum AccountKind
{
    /// <summary>A client of the policy.</summary>
    Client,

    /// <summary>A route.</summary>
    Route,

    /// <summary>A provider.</summary>
    Provider,

    /// <summary>One model of one provider.</summary>
    Target,
}
