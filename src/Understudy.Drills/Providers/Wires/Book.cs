using System.Text;

namespace Understudy.Drills.Providers.Wires;

/// <summary>
/// What modelled models say: the first lines of one book, as many as the answer is long. So what a whole answer would
/// have been is known beforehand, and a cut, a gap, a repetition and another text all show.
/// </summary>
public sealed class Book
{
    /// <summary>Tokens that a line stands for. An answer's length on the wire is rounded to lines; what is billed is not.</summary>
    public const int TokensPerLine = 48;

    /// <summary>Lines in a book; a longer answer says no more of them.</summary>
    public const int Lines = 64;

    private static readonly string[] Who = ["the baker", "a quiet sailor", "the third violin", "her neighbour", "the night porter", "an old teacher", "the lamplighter"];
    private static readonly string[] What = ["a folded map", "the last lantern", "two letters", "a borrowed coat", "the spare key", "a jar of plums", "the torn programme", "one red glove", "a brass bell"];
    private static readonly string[] Then = ["comes back without it", "is seen by nobody", "asks the way twice", "hears the bells begin", "sits down on the steps", "forgets what it was for", "finds the door unlocked", "laughs at the weather"];
    private static readonly string[] Where = ["past the river", "under the stairs", "behind the curtain", "to the station", "across the frozen square"];

    private readonly byte[] _text;
    private readonly int[] _ends = new int[Lines + 1];

    private Book(string lineWord)
    {
        var text = new StringBuilder();
        for (var line = 0; line < Lines; line++)
        {
            // Numbers first: no two lines begin alike, so a text that begins anew is not taken for one that goes on.
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{(line == 0 ? "" : " ")}{lineWord} {line + 1} goes to {Who[line % Who.Length]}, who carries {What[line % What.Length]} {Where[line % Where.Length]} before morning, {Then[line % Then.Length]}, and tells it to {Who[(line + 3) % Who.Length]} over a cup of tea.");
            _ends[line + 1] = text.Length;
        }

        _text = Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>What a model says that is well.</summary>
    public static Book Right { get; } = new("Line");

    /// <summary>What one says that garbles: well formed, and not what was asked for.</summary>
    public static Book Wrong { get; } = new("Sausage");

    /// <summary>How many lines an answer of <paramref name="tokens"/> has.</summary>
    public static int LinesOf(int tokens) => Math.Clamp((tokens + TokensPerLine - 1) / TokensPerLine, 1, Lines);

    /// <summary>The text of the lines from <paramref name="from"/> to <paramref name="to"/>, the last not included; plain ASCII that JSON need not escape.</summary>
    public ReadOnlySpan<byte> Text(int from, int to) => _text.AsSpan(_ends[from].._ends[to]);

    /// <summary>How many lines of this book <paramref name="request"/> holds: where a cut answer is to be continued.</summary>
    /// <param name="request">The body of a request; no prompt of a drill holds a line.</param>
    public int LinesIn(ReadOnlySpan<byte> request)
    {
        if (request.IndexOf(Text(0, 1)[..^1]) < 0) return 0;
        for (var line = Lines; line > 1; line--)
        {
            // The client's text is trimmed at its end, and the line's full stop is its last character.
            if (request.IndexOf(Text(line - 1, line)) >= 0) return line;
        }

        return 1;
    }
}
