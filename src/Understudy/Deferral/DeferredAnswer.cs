namespace Understudy.Deferral;

/// <summary>What came of deferred work, as its caller would have got it at once: in its own protocol.</summary>
/// <param name="Status">The status code.</param>
/// <param name="BodySensitive">The body: JSON.</param>
/// <param name="ServedBy"><c>provider/model</c>; null for an error.</param>
/// <param name="Degraded">Whether it is less than what was asked for.</param>
public sealed record DeferredAnswer(int Status, ReadOnlyMemory<byte> BodySensitive, string? ServedBy, bool Degraded)
{
    /// <summary>Nothing of what it says.</summary>
    public override string ToString() => $"an answer of {BodySensitive.Length} bytes, status {Status}";
}
