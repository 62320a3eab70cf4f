namespace Understudy.Coalescing;

/// <summary>Whether a call that asks for the same may join one that is in flight.</summary>
internal enum Admission
{
    /// <summary>It may not: who asks twice at once may want two answers.</summary>
    No,

    /// <summary>It says that it is a retry, and this may be what it is a retry of; if there is no other that may.</summary>
    Likely,

    /// <summary>It may.</summary>
    Certain,
}
