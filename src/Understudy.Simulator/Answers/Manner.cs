namespace Understudy.Simulator.Answers;

/// <summary>How well the model behaves; the bad manners are those of real models that are asked to go on.</summary>
/// <param name="Kind">Which manner.</param>
/// <param name="Count">Words said again (overlap), or pieces before the stutter (repeat).</param>
internal readonly record struct Manner(MannerKind Kind, int Count = 0)
{
    public static readonly Manner Good = new(MannerKind.Good);
}

/// <summary>The manners there are.</summary>
internal enum MannerKind
{
    /// <summary>Goes on exactly where the text broke off.</summary>
    Good,

    /// <summary>Says the last words again first.</summary>
    Overlap,

    /// <summary>Begins again from the start.</summary>
    Restart,

    /// <summary>Apologizes first.</summary>
    Apology,

    /// <summary>Says one piece over and over until it may not any more.</summary>
    Repeat,

    /// <summary>Has nothing to say.</summary>
    Silent,
}
