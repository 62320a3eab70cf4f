namespace Understudy.Configuration;

/// <summary>Who finds out whether a target that was out is well again.</summary>
public enum ProbeKind
{
    /// <summary>The engine, with requests of one word and one token, in the background.</summary>
    Synthetic,

    /// <summary>A user's call: no spend of our own, but somebody waits for the answer.</summary>
    Traffic,
}
