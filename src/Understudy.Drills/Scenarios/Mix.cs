using System.Text.Json;

namespace Understudy.Drills.Scenarios;

/// <summary>Which share of requests ends in which outcome. The shares sum to 1.</summary>
public sealed class Mix
{
    /// <summary>How far from 1 a sum may be: the file's shares have two or three decimals.</summary>
    private const double Tolerance = 1e-9;

    private readonly Outcome[] _outcomes;
    private readonly double[] _shares;

    /// <summary>A mix.</summary>
    /// <exception cref="FormatException">The shares are negative or do not sum to 1.</exception>
    public Mix(IReadOnlyList<(Outcome Outcome, double Share)> shares)
    {
        _outcomes = [.. shares.Select(share => share.Outcome)];
        _shares = [.. shares.Select(share => share.Share)];
        if (_shares.Any(share => share is < 0 or > 1) || Math.Abs(_shares.Sum() - 1) > Tolerance) throw new FormatException("the shares of a mix must sum to 1");
    }

    /// <summary>Everything is well.</summary>
    public static Mix Well { get; } = new([(Outcome.Ok, 1)]);

    /// <summary>The outcomes with their shares, in the file's order.</summary>
    public IEnumerable<(Outcome Outcome, double Share)> Shares => _outcomes.Zip(_shares);

    /// <summary>The share of requests that get what they asked for.</summary>
    public double Good => ShareOf(static outcome => outcome.IsGood);

    /// <summary>The share of the outcomes that <paramref name="which"/> picks.</summary>
    public double ShareOf(Func<Outcome, bool> which) => Shares.Where(share => which(share.Outcome)).Sum(share => share.Share);

    /// <summary>The outcome at <paramref name="draw"/>.</summary>
    /// <param name="draw">In [0, 1).</param>
    public Outcome At(double draw)
    {
        for (var i = 0; i < _shares.Length - 1; i++)
        {
            if (draw < _shares[i]) return _outcomes[i];
            draw -= _shares[i];
        }

        return _outcomes[^1];
    }

    /// <summary>The share of <paramref name="outcome"/>.</summary>
    public double Of(Outcome outcome)
    {
        var at = Array.IndexOf(_outcomes, outcome);
        return at < 0 ? 0 : _shares[at];
    }

    /// <summary>Reads <c>{"ok": 0.7, "http_500": 0.3}</c>.</summary>
    internal static Mix Read(JsonElement mix) => new([.. mix.EnumerateObject().Select(share => (Outcome.Parse(share.Name), share.Value.GetDouble()))]);

    /// <summary>Reads <c>http_500 .8</c>: so much of that, and the rest is well.</summary>
    internal static Mix ReadShort(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var outcome = Outcome.Parse(words[0]);
        if (words.Length < 2) return new([(outcome, 1)]);
        var share = double.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture);
        return new([(outcome, share), (Outcome.Ok, 1 - share)]);
    }
}
