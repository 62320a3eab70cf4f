namespace Understudy.Calls;

/// <summary>One header of a request.</summary>
/// <param name="Name">As the client wrote it.</param>
/// <param name="Value">Its value.</param>
public readonly record struct HeaderField(string Name, string Value);
