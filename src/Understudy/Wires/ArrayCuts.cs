using System.Buffers;
using System.Text.Json;

namespace Understudy.Wires;

/// <summary>Cuts elements out of arrays of a body that is otherwise passed on byte for byte.</summary>
/// <param name="isOurs">Whether an element, an object, goes.</param>
internal sealed class ArrayCuts(ArrayCuts.Choice isOurs)
{
    private readonly List<Cut> _cuts = [];

    /// <summary>Whether anything is to change.</summary>
    public bool Any => _cuts.Count > 0;

    /// <summary>Looks at an object.</summary>
    public delegate bool Choice(ReadOnlySpan<byte> element);

    /// <summary>Looks through the array the reader stands on, and leaves the reader at its end.</summary>
    public void Find(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> body)
    {
        var elements = new List<(int From, int To, bool Goes)>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var from = (int)reader.TokenStartIndex;
            var element = JsonText.Slice(ref reader, body);
            elements.Add((from, from + element.Length, element[0] == '{' && isOurs(element)));
        }

        var kept = elements.FindIndex(element => !element.Goes);
        if (kept < 0)
        {
            if (elements.Count > 0) _cuts.Add(new(elements[0].From, elements[^1].To, LeavesNothing: true));
            return;
        }

        // With each element goes the comma that parts it from a kept one.
        if (kept > 0) _cuts.Add(new(elements[0].From, elements[kept].From, LeavesNothing: false));
        for (var i = kept + 1; i < elements.Count; i++)
        {
            if (elements[i].Goes) _cuts.Add(new(elements[i - 1].To, elements[i].To, LeavesNothing: false));
        }
    }

    /// <summary>Puts other bytes in the place of some; outside of any array that elements are cut from.</summary>
    public void Replace(int from, int to, byte[] with) => _cuts.Add(new(from, to, LeavesNothing: false) { With = with });

    /// <summary>Writes the body without what was cut; where an array would be empty, with <paramref name="stand"/>.</summary>
    /// <returns>False, and nothing written, where nothing was cut.</returns>
    public bool TryWrite(ReadOnlySpan<byte> body, ReadOnlySpan<byte> stand, IBufferWriter<byte> output)
    {
        if (_cuts.Count == 0) return false;
        var at = 0;
        foreach (var cut in _cuts.OrderBy(cut => cut.From))
        {
            output.Write(body[at..cut.From]);
            output.Write(cut.With);
            if (cut.LeavesNothing) output.Write(stand);
            at = cut.To;
        }

        output.Write(body[at..]);
        return true;
    }

    private readonly record struct Cut(int From, int To, bool LeavesNothing)
    {
        public byte[] With { get; init; } = [];
    }
}
