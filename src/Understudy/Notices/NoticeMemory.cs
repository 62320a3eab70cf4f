using System.Text;

namespace Understudy.Notices;

/// <summary>
/// Knows the gateway's own notices when they come back: clients send their history with each call, and to a model a
/// notice in it would be something that it said itself. Asked on routes with a notice only, and then by one vector search
/// a text; without a notice given in <see cref="Window"/> by not even that. Thread-safe.
/// </summary>
/// <param name="time">The time.</param>
public sealed class NoticeMemory(TimeProvider time)
{
    /// <summary>
    /// How long after the last notice it is looked for. A process looks for as long after its start too, for what the one
    /// before it gave.
    /// </summary>
    public static readonly TimeSpan Window = TimeSpan.FromDays(7);

    /// <summary>A pause after which the next notice is told as a new spell.</summary>
    private static readonly TimeSpan Spell = TimeSpan.FromMinutes(5);

    /// <summary>Below this many letters of its own a text could be anybody's.</summary>
    private const int LeastLetters = 12;

    /// <summary>Texts of this and of earlier policies; a reload does not take back what was said.</summary>
    private const int MostTexts = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _lastByRoute = new(StringComparer.Ordinal);
    private Known[] _known = [];
    private long _until = Later(time, Window);

    /// <summary>Whether a notice of this text can be known again: a few letters could be anybody's.</summary>
    public static bool CanRecognise(string text) => NoticeTemplate.Of(text).Literals.Sum(literal => literal.Count(char.IsLetterOrDigit)) >= LeastLetters;

    /// <summary>Takes the texts of a policy in.</summary>
    public void Learn(IEnumerable<string> texts)
    {
        lock (_lock)
        {
            var fresh = texts.Where(text => !_known.Any(known => known.Text == text)).Distinct(StringComparer.Ordinal).Select(Known.Of).OfType<Known>();
            Volatile.Write(ref _known, [.. fresh.Concat(_known).Take(MostTexts)]);
        }
    }

    /// <summary>A notice goes out.</summary>
    /// <returns>Whether it is the first of a spell on its route, and so worth telling.</returns>
    public bool Given(string route)
    {
        Volatile.Write(ref _until, Later(time, Window));
        lock (_lock)
        {
            var isFirst = !_lastByRoute.TryGetValue(route, out var last) || time.GetElapsedTime(last) > Spell;
            _lastByRoute[route] = time.GetTimestamp();
            return isFirst;
        }
    }

    /// <summary>Whether one of the texts may be somewhere in these bytes. Allocates nothing.</summary>
    public bool MayBeIn(ReadOnlySpan<byte> json)
    {
        var all = Volatile.Read(ref _known);
        if (all.Length == 0 || time.GetTimestamp() > Volatile.Read(ref _until)) return false;
        foreach (var known in all)
        {
            foreach (var needle in known.Needles)
            {
                if (json.IndexOf(needle) >= 0) return true;
            }
        }

        return false;
    }

    /// <summary>Whether a text is one of ours, with whatever stood in place of its variables.</summary>
    public bool IsNotice(string text)
    {
        foreach (var known in Volatile.Read(ref _known))
        {
            if (known.Template.Matches(text)) return true;
        }

        return false;
    }

    private static long Later(TimeProvider time, TimeSpan span) => time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency);

    /// <param name="Text">As the operator wrote it.</param>
    /// <param name="Template">The same, taken apart.</param>
    /// <param name="Needles">Bytes of which one is in every JSON that holds it.</param>
    private sealed record Known(string Text, NoticeTemplate Template, byte[][] Needles)
    {
        public static Known? Of(string text)
        {
            if (!CanRecognise(text)) return null;
            var template = NoticeTemplate.Of(text);
            var plain = template.Literals.SelectMany(Runs).MaxBy(run => run.Length) ?? "";
            return new(text, template, plain.Length >= 8 ? [Encoding.ASCII.GetBytes(plain)] : Foreign(template));
        }

        /// <summary>Runs of characters that every JSON writer leaves as they are: clients differ in what they escape.</summary>
        private static IEnumerable<string> Runs(string literal)
        {
            var from = 0;
            for (var i = 0; i <= literal.Length; i++)
            {
                if (i < literal.Length && (char.IsAsciiLetterOrDigit(literal[i]) || literal[i] is ' ' or ',' or '.' or ';' or ':' or '-')) continue;
                if (i > from) yield return literal[from..i];
                from = i + 1;
            }
        }

        /// <summary>For scripts beyond ASCII: the longest run of letters as UTF-8, and escaped in either case.</summary>
        private static byte[][] Foreign(NoticeTemplate template)
        {
            var run = template.Literals.SelectMany(literal => literal.Split([.. literal.Where(c => !char.IsLetter(c)).Distinct()], StringSplitOptions.RemoveEmptyEntries)).MaxBy(word => word.Length) ?? "";
            if (run.Length == 0) return [];
            string Escaped(string format) => string.Concat(run.Select(c => c < 128 ? c.ToString() : "\\u" + ((int)c).ToString(format, System.Globalization.CultureInfo.InvariantCulture)));
            return [Encoding.UTF8.GetBytes(run), Encoding.ASCII.GetBytes(Escaped("x4")), Encoding.ASCII.GetBytes(Escaped("X4"))];
        }
    }
}
