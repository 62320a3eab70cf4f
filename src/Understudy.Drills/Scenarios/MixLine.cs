namespace Understudy.Drills.Scenarios;

/// <summary>The straight line from one mix to another.</summary>
public sealed class MixLine
{
    private readonly Outcome[] _outcomes;
    private readonly double[] _from;
    private readonly double[] _to;

    /// <summary>The line from <paramref name="from"/> to <paramref name="to"/>.</summary>
    public MixLine(Mix from, Mix to)
    {
        _outcomes = [.. from.Shares.Concat(to.Shares).Select(share => share.Outcome).Distinct()];
        _from = [.. _outcomes.Select(from.Of)];
        _to = [.. _outcomes.Select(to.Of)];
    }

    /// <summary>The mix at <paramref name="done"/>, in [0, 1].</summary>
    public Mix At(double done) => new([.. _outcomes.Select((outcome, i) => (outcome, Share(i, done)))]);

    /// <summary>The outcome at <paramref name="draw"/>, in [0, 1), of the mix at <paramref name="done"/>.</summary>
    public Outcome At(double done, double draw)
    {
        for (var i = 0; i < _outcomes.Length - 1; i++)
        {
            var share = Share(i, done);
            if (draw < share) return _outcomes[i];
            draw -= share;
        }

        return _outcomes[^1];
    }

    private double Share(int i, double done) => (_from[i] * (1 - done)) + (_to[i] * done);
}
