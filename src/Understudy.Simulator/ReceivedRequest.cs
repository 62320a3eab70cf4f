namespace Understudy.Simulator;

/// <summary>A request as the provider received it, for tests that assert from the provider's side.</summary>
/// <param name="Number">1 for the first call of the model since the start; 0 for what is no call of a model.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path, without the query.</param>
/// <param name="Query">The query with its question mark, or nothing.</param>
/// <param name="Headers">The headers; several values of one name are joined by commas.</param>
/// <param name="Body">The bytes of the body.</param>
public sealed record ReceivedRequest(
    int Number, string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body);
