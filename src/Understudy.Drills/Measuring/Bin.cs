namespace Understudy.Drills.Measuring;

/// <summary>A stretch of a drill in which things are counted.</summary>
public sealed class Bin
{
    /// <summary>Calls that came.</summary>
    public int Calls { get; set; }

    /// <summary>Calls that came here and did not get a whole answer.</summary>
    public int Failed { get; set; }

    /// <summary>Calls that came here and were served, by who served them.</summary>
    public Dictionary<string, int> Served { get; } = [];

    /// <summary>Milliseconds to the first token, of the calls that came here.</summary>
    public List<int> FirstTokens { get; } = [];

    /// <summary>Requests to the sick provider.</summary>
    public int SickAsked { get; set; }

    /// <summary>Those of them that went wrong.</summary>
    public int SickBad { get; set; }

    /// <summary>What providers billed here, in nano-dollars.</summary>
    public long Billed { get; set; }

    /// <summary>The part of it that bought no whole answer.</summary>
    public long Wasted { get; set; }

    /// <summary>The least that was left of the sick account's limit, as a share.</summary>
    public double QuotaLeft { get; set; } = 1;
}
