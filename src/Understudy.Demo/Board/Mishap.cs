namespace Understudy.Demo.Board;

/// <summary>What a provider can do to a call, in the visitor's words.</summary>
internal enum Mishap
{
    /// <summary>It never answers.</summary>
    Hang,

    /// <summary>500 and the like.</summary>
    ServerError,

    /// <summary>529 and 429.</summary>
    Overload,

    /// <summary>An answer that breaks off, falls silent, or has an error in it.</summary>
    BrokenAnswer,

    /// <summary>Anything else.</summary>
    Other,
}
