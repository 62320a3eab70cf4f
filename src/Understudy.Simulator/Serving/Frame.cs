namespace Understudy.Simulator.Serving;

/// <summary>What a part of a stream is, seen by the faults that count pieces.</summary>
internal enum FrameKind
{
    /// <summary>Opens the stream or a block, closes a block, keeps alive: no content.</summary>
    Framing,

    /// <summary>One piece of content.</summary>
    Content,

    /// <summary>Says why and that the answer ended.</summary>
    Closing,
}

/// <summary>One part of a stream, to be sent whole.</summary>
/// <param name="Bytes">As they go out.</param>
/// <param name="Kind">What it is.</param>
internal readonly record struct Frame(ReadOnlyMemory<byte> Bytes, FrameKind Kind);
