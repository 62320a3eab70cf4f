using Spectre.Console;
using Understudy.Demo.Traffic;

namespace Understudy.Demo.Board;

/// <summary>A client's history as a bar a moment: its height says how many were answered, its colour by whom.</summary>
internal static class History
{
    private const string Heights = "▁▂▃▄▅▆▇█";

    /// <summary>Draws it.</summary>
    /// <param name="line">The history.</param>
    /// <param name="letters">Without colours: a moment in which all were answered shows the initial of who served.</param>
    public static Paragraph Of(TimeLine line, bool letters)
    {
        var picture = new Paragraph();
        var moments = line.Moments();
        foreach (var moment in moments)
        {
            if (moment.Answered is not { } share) picture.Append(" ");
            else if (letters && share >= 1 && moment.Server is { } server) picture.Append(server[..1]);
            else picture.Append(Heights[Math.Clamp((int)(share * Heights.Length), 0, Heights.Length - 1)].ToString(), StyleOf(moment.Server, share));
        }

        return picture.Append(new string(' ', TimeLine.Pieces - moments.Count)); // the picture must not jump
    }

    private static Style StyleOf(string? server, double share) =>
        server is not null ? BoardStyle.Of(server[..server.IndexOf('/')]) : share > 0.9 ? BoardStyle.Good : share > 0.5 ? BoardStyle.Fair : BoardStyle.Bad;
}
