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

/// <summary>The words of <see cref="AccountKind"/>.</summary>
public static class AccountKinds
{
    /// <summary>What such an owner is called in a message.</summary>
    public static string Word(this AccountKind kind) => kind switch
    {
        AccountKind.Client => "client",
        AccountKind.Route => "route",
        AccountKind.Provider => "provider",
        AccountKind.Target => "target",
    };
}
