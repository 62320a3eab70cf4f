namespace Understudy.Deferral;

/// <summary>Whether work was accepted.</summary>
public enum Acceptance
{
    /// <summary>It is on disk: a promise can be made.</summary>
    Kept,

    /// <summary>It was handed over before; that piece stands for it.</summary>
    KeptBefore,

    /// <summary>There is no room for it.</summary>
    Full,

    /// <summary>The store has trouble: it is not kept, and will not be.</summary>
    Trouble,
}

/// <summary>What became of work that was handed over.</summary>
/// <param name="How">Whether it was accepted.</param>
/// <param name="Id">The piece that is kept; null where none is.</param>
public readonly record struct Accepted(Acceptance How, string? Id)
{
    /// <summary>Whether a promise can be made.</summary>
    public bool IsKept => How is Acceptance.Kept or Acceptance.KeptBefore;
}
