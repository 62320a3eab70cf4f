using System.Text;

namespace Understudy.Drills.Reporting.Page.Charts;

/// <summary>One line of a <see cref="LineChart"/>.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Color">The class that colours it.</param>
/// <param name="Values">Its value in each stretch; negative where there is none.</param>
internal sealed record Line(string Name, string Color, IReadOnlyList<double> Values);

/// <summary>Lines over time, each with its name at its end.</summary>
internal static class LineChart
{
    private const double LabelHeight = 15;

    /// <summary>Draws the grid of the values.</summary>
    public static void Grid(StringBuilder svg, TimeAxis axis, ValueScale scale, double top, double height)
    {
        foreach (var (value, label) in scale.Ticks)
        {
            var y = Say.Pixel(top + height - (height * scale.At(value)));
            svg.Append($"""<line class="grid" x1="{Say.Pixel(axis.Left)}" y1="{y}" x2="{Say.Pixel(axis.Left + axis.Width)}" y2="{y}"/><text class="tick" x="{Say.Pixel(axis.Left - 8)}" y="{y}" dy="0.32em" text-anchor="end">{label}</text>""");
        }
    }

    /// <summary>Draws the lines.</summary>
    public static void Draw(StringBuilder svg, TimeAxis axis, IReadOnlyList<double> minutes, IReadOnlyList<Line> lines, ValueScale scale, double top, double height)
    {
        foreach (var line in Enumerable.Reverse(lines)) // the first, the engine, on top
        {
            svg.Append($"""<path class="line {line.Color}" d="{Path(axis, minutes, line, scale, top, height)}"><title>{line.Name}</title></path>""");
        }

        Names(svg, axis, lines, scale, top, height);
    }

    private static string Path(TimeAxis axis, IReadOnlyList<double> minutes, Line line, ValueScale scale, double top, double height)
    {
        var path = new StringBuilder();
        var drawing = false;
        for (var i = 0; i < line.Values.Count; i++)
        {
            if (line.Values[i] < 0)
            {
                drawing = false;
                continue;
            }

            path.Append(drawing ? 'L' : 'M').Append(Say.Pixel(axis.X((minutes[i] + minutes[i + 1]) / 2))).Append(' ').Append(Say.Pixel(top + height - (height * scale.At(line.Values[i]))));
            drawing = true;
        }

        return path.ToString();
    }

    /// <summary>Names at the lines' ends, moved apart where they would cover each other.</summary>
    private static void Names(StringBuilder svg, TimeAxis axis, IReadOnlyList<Line> lines, ValueScale scale, double top, double height)
    {
        var placed = lines
            .Select(line => (Line: line, Y: top + height - (height * scale.At(line.Values.LastOrDefault(value => value >= 0)))))
            .OrderBy(end => end.Y).ToArray();
        for (var i = 1; i < placed.Length; i++) placed[i].Y = Math.Max(placed[i].Y, placed[i - 1].Y + LabelHeight);
        var over = placed.Length == 0 ? 0 : placed[^1].Y - (top + height);
        for (var i = placed.Length - 1; i >= 0 && over > 0; i--)
        {
            placed[i].Y = Math.Min(placed[i].Y, i == placed.Length - 1 ? top + height : placed[i + 1].Y - LabelHeight);
        }

        foreach (var (line, y) in placed)
        {
            svg.Append($"""<text class="name {line.Color}" x="{Say.Pixel(axis.Left + axis.Width + 8)}" y="{Say.Pixel(y)}" dy="0.32em">{line.Name}</text>""");
        }
    }
}
