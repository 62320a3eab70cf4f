namespace Understudy.Observation.Past;

/// <summary>Records of calls that ended one after the other, packed. Without content, like the records.</summary>
/// <param name="From">When the earliest of them began.</param>
/// <param name="Until">When the last of them ended.</param>
/// <param name="Calls">How many.</param>
/// <param name="Troubles">How many of them took a second attempt, or got less than they asked for.</param>
/// <param name="Marks">Two bytes of each call's id, by which a block that cannot hold a call is passed over.</param>
/// <param name="Body">The records: <see cref="CallPack"/> reads them.</param>
public sealed record CallBlock(DateTimeOffset From, DateTimeOffset Until, int Calls, int Troubles, ReadOnlyMemory<byte> Marks, ReadOnlyMemory<byte> Body)
{
    /// <summary>What it takes in the store.</summary>
    public long Bytes => Marks.Length + Body.Length;

    /// <summary>Whether it may hold the call of that id.</summary>
    public bool MayHold(string id)
    {
        var mark = CallPack.MarkOf(id);
        for (var i = 0; i + 1 < Marks.Length; i += 2)
        {
            if (BitConverter.ToUInt16(Marks.Span[i..]) == mark) return true;
        }

        return false;
    }
}
