using System.Globalization;
using System.IO.Compression;

namespace Understudy.Drills.Traffic;

/// <summary>A recorded hour of real traffic. Origins and licences: <c>Traffic/Traces/NOTICE.md</c>.</summary>
public sealed class Trace
{
    private readonly (TimeSpan Gap, int Input, int Output)[] _calls;

    private Trace(string name, (TimeSpan, int, int)[] calls)
    {
        Name = name;
        _calls = calls;
        foreach (var (gap, _, _) in _calls) Length += gap;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>From its first call to its last.</summary>
    public TimeSpan Length { get; }

    /// <summary>Its calls, each with the time since the one before.</summary>
    public IReadOnlyList<(TimeSpan Gap, int Input, int Output)> Calls => _calls;

    /// <summary>Calls a second, over its whole length.</summary>
    public double Rate => _calls.Length / Length.TotalSeconds;

    /// <summary>Reads a trace that ships with the program.</summary>
    public static Trace Read(string name) => new(name, [.. Rows(name).Select(row => (
        TimeSpan.FromMilliseconds(long.Parse(row[0], CultureInfo.InvariantCulture)),
        Math.Max(1, int.Parse(row[1], CultureInfo.InvariantCulture)),
        Math.Max(1, int.Parse(row[2], CultureInfo.InvariantCulture))))]);

    /// <summary>The rows of a shipped file.</summary>
    internal static IEnumerable<string[]> Rows(string name)
    {
        using var packed = typeof(Trace).Assembly.GetManifestResourceStream(name + ".csv.gz")
            ?? throw new InvalidOperationException($"The trace '{name}' is not in the assembly.");
        using var reader = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return line.Split(',');
    }
}
