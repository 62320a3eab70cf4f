namespace Understudy.Demo.Traffic;

/// <summary>How a call ended for its client.</summary>
internal enum Verdict
{
    /// <summary>The very text that was due.</summary>
    Whole,

    /// <summary>The very text that was due, from a lesser model, and marked so.</summary>
    Degraded,

    /// <summary>Only the beginning of it, and nothing told the client so.</summary>
    CutShownAsWhole,

    /// <summary>Another text than was due, and nothing told the client so.</summary>
    Wrong,

    /// <summary>An exception.</summary>
    Error,

    /// <summary>Still waiting when the show was over.</summary>
    Hanging,
}
