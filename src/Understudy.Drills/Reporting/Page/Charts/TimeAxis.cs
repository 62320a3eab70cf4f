using System.Globalization;
using System.Text;

namespace Understudy.Drills.Reporting.Page.Charts;

/// <summary>The horizontal axis of every chart: minutes of the outage.</summary>
/// <param name="from">The first minute; before the outage, and so negative.</param>
/// <param name="to">The last.</param>
/// <param name="left">Pixels to the left of it.</param>
/// <param name="width">Pixels that it takes.</param>
internal sealed class TimeAxis(double from, double to, double left, double width)
{
    private static readonly double[] Steps = [5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 7200, 10080];

    public double Left { get; } = left;

    public double Width { get; } = width;

    public double X(double minute) => Left + (Width * (minute - from) / (to - from));

    /// <summary>Grid lines and labels under a plot.</summary>
    public void Draw(StringBuilder svg, double top, double bottom, int most = 9)
    {
        var step = Array.Find(Steps, step => (to - from) / step <= most) is var found && found > 0 ? found : Steps[^1];
        for (var minute = 0.0; minute <= to; minute += step)
        {
            var x = Say.Pixel(X(minute));
            svg.Append($"""<line class="grid" x1="{x}" y1="{Say.Pixel(top)}" x2="{x}" y2="{Say.Pixel(bottom)}"/><text class="tick" x="{x}" y="{Say.Pixel(bottom + 18)}" text-anchor="middle">{Label(minute, step)}</text>""");
        }
    }

    private string Label(double minute, double step)
    {
        if (minute == 0) return "0";
        var culture = CultureInfo.InvariantCulture;
        return step >= 1440 ? (minute / 1440).ToString("0", culture) + " d"
            : to > 180 ? (minute / 60).ToString("0.#", culture) + " h"
            : minute.ToString("0", culture) + " min";
    }
}
