namespace Understudy.Configuration;

/// <summary>Kinds of stores.</summary>
public enum StoreKind
{
    /// <summary>A file beside the one gateway that uses it.</summary>
    Sqlite,

    /// <summary>A server that several gateways share.</summary>
    Postgres,
}
