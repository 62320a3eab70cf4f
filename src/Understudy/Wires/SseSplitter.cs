namespace Understudy.Wires;

/// <summary>
/// Finds where the events of a server-sent-event stream end, in bytes as they come off the wire. Lines may end in LF,
/// CRLF or CR (WHATWG HTML §9.2.6); a read may end anywhere, inside a character or between CR and LF too.
/// </summary>
public static class SseSplitter
{
    /// <summary>Looks for the blank line that ends the first event in <paramref name="bytes"/>.</summary>
    /// <param name="bytes">The unconsumed bytes, beginning at an event's first byte.</param>
    /// <param name="resume">
    /// Where to go on looking; 0 for a new event. Left at the start of the last unfinished line, so that a large event
    /// that comes in many reads is scanned once.
    /// </param>
    /// <param name="end">The length of the event, its blank line included.</param>
    /// <returns>Whether an event is whole.</returns>
    public static bool TryFindEnd(ReadOnlySpan<byte> bytes, ref int resume, out int end)
    {
        var lineStart = resume;
        while (true)
        {
            var length = bytes[lineStart..].IndexOfAny((byte)'\n', (byte)'\r');
            if (length < 0)
            {
                resume = lineStart;
                end = 0;
                return false;
            }

            var at = lineStart + length;
            var next = at + 1;
            if (bytes[at] == '\r')
            {
                if (next == bytes.Length)
                {
                    resume = lineStart;
                    end = 0;
                    return false; // an LF may follow in the next read
                }

                if (next < bytes.Length && bytes[next] == '\n') next++;
            }

            if (length == 0)
            {
                end = next;
                resume = 0;
                return true;
            }

            lineStart = next;
            if (lineStart == bytes.Length)
            {
                resume = lineStart;
                end = 0;
                return false;
            }
        }
    }
}
