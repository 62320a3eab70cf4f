namespace Understudy.Wires;

/// <summary>
/// A request that its protocol does not allow. It becomes the client's 400 in one place. The message names fields and
/// kinds, never values: it may go to a log.
/// </summary>
/// <param name="message">What is wrong, for the client's developer.</param>
/// <param name="path">Where: <c>messages[2].content[0].type</c>; empty for the body as a whole.</param>
public sealed class WireFormatException(string message, string path) : Exception(path.Length == 0 ? message : $"{path}: {message}")
{
    /// <summary>Where it is wrong.</summary>
    public string Path { get; } = path;
}
