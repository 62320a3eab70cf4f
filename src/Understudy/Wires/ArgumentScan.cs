using System.Globalization;
using System.Text;

namespace Understudy.Wires;

/// <summary>
/// Whether a tool call's arguments are whole, told from the pieces as they pass, without keeping them: brackets are
/// closed and no string is open. A half call that was closed politely would be run by every client with half its
/// arguments (measured), so this is looked at for every call.
/// </summary>
internal struct ArgumentScan
{
    private int _depth;
    private bool _inString;
    private bool _escaped;
    private bool _scalar;

    /// <summary>Whether anything but white space came.</summary>
    public bool Begun { get; private set; }

    /// <summary>Whether what came is whole. Nothing at all is: a tool without arguments.</summary>
    public readonly bool Whole => !_inString && _depth <= 0;

    /// <summary>Whether a whole object or array came, so that a further piece would be a new call.</summary>
    public readonly bool Ended => Begun && !_scalar && Whole;

    /// <summary>Whether arguments are whole.</summary>
    public static bool IsWhole(string arguments)
    {
        var scan = default(ArgumentScan);
        scan.AddPlain(Encoding.UTF8.GetBytes(arguments));
        return scan.Whole;
    }

    /// <summary>Takes a piece that is a JSON string token's inside, still escaped once.</summary>
    public void AddEscaped(ReadOnlySpan<byte> raw)
    {
        // Two languages lie on each other: the escapes of the string token, and the argument text inside.
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\' || i + 1 == raw.Length)
            {
                Add(raw[i]);
            }
            else if (raw[++i] != 'u')
            {
                Add(raw[i] is (byte)'"' or (byte)'\\' or (byte)'/' ? raw[i] : (byte)' ');
            }
            else if (i + 4 < raw.Length)
            {
                // .NET servers write even a quote as \u0022.
                var unit = int.Parse(raw.Slice(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                Add(unit < 128 ? (byte)unit : (byte)'x');
                i += 4;
            }
        }
    }

    /// <summary>Takes a piece that is JSON itself.</summary>
    public void AddPlain(ReadOnlySpan<byte> json)
    {
        foreach (var b in json) Add(b);
    }

    private void Add(byte b)
    {
        if (_inString)
        {
            if (_escaped) _escaped = false;
            else if (b == '\\') _escaped = true;
            else if (b == '"') _inString = false;
            return;
        }

        if (b is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r') return;
        if (!Begun) _scalar = b is not ((byte)'{' or (byte)'[');
        Begun = true;
        switch (b)
        {
            case (byte)'"': _inString = true; break;
            case (byte)'{' or (byte)'[': _depth++; break;
            case (byte)'}' or (byte)']': _depth--; break;
            default: break;
        }
    }
}
