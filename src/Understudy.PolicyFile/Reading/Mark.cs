namespace Understudy.PolicyFile.Reading;

/// <summary>A place in the file, both numbers from 1.</summary>
internal readonly record struct Mark(int Line, int Column)
{
    /// <summary>For what has no place in the file.</summary>
    public static Mark Nowhere => default;
}
