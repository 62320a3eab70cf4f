using System.Text;

namespace Understudy.Drills.Reporting.Page.Charts;

/// <summary>One layer of a <see cref="StackChart"/>.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Color">The class that colours it.</param>
/// <param name="Values">Its height in each stretch.</param>
internal sealed record Layer(string Name, string Color, IReadOnlyList<double> Values);

/// <summary>Shares that add up to the whole, as areas over time.</summary>
internal static class StackChart
{
    /// <summary>Draws it.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="minutes">The stretches' starts, and the end of the last.</param>
    /// <param name="layers">The layers, from the bottom.</param>
    /// <param name="top">Pixels above the plot.</param>
    /// <param name="height">Pixels of the plot.</param>
    public static string Draw(TimeAxis axis, IReadOnlyList<double> minutes, IReadOnlyList<Layer> layers, double top, double height)
    {
        var svg = new StringBuilder();
        var count = minutes.Count - 1;
        var sums = new double[count];
        for (var i = 0; i < count; i++) sums[i] = Math.Max(layers.Sum(layer => layer.Values[i]), 1e-9);
        var below = new double[count];
        foreach (var layer in layers)
        {
            var above = new double[count];
            for (var i = 0; i < count; i++) above[i] = below[i] + (layer.Values[i] / sums[i]);
            if (layer.Values.Any(value => value > 0)) svg.Append($"""<path class="area {layer.Color}" d="{Path(axis, minutes, below, above, top, height)}"/>""");
            below = above;
        }

        return svg.ToString();
    }

    /// <summary>Steps, not slopes: what is drawn is what was counted in each stretch.</summary>
    private static string Path(TimeAxis axis, IReadOnlyList<double> minutes, double[] below, double[] above, double top, double height)
    {
        var path = new StringBuilder();
        var bottom = top + height;
        path.Append($"M{Say.Pixel(axis.X(minutes[0]))} {Say.Pixel(bottom - (height * above[0]))}");
        for (var i = 0; i < above.Length; i++)
        {
            if (i > 0 && above[i] != above[i - 1]) path.Append($"V{Say.Pixel(bottom - (height * above[i]))}");
            if (i == above.Length - 1 || above[i + 1] != above[i]) path.Append($"H{Say.Pixel(axis.X(minutes[i + 1]))}");
        }

        path.Append($"V{Say.Pixel(bottom - (height * below[^1]))}");
        for (var i = below.Length - 1; i >= 0; i--)
        {
            if (i < below.Length - 1 && below[i] != below[i + 1]) path.Append($"V{Say.Pixel(bottom - (height * below[i]))}");
            if (i == 0 || below[i - 1] != below[i]) path.Append($"H{Say.Pixel(axis.X(minutes[i]))}");
        }

        return path.Append('Z').ToString();
    }
}
