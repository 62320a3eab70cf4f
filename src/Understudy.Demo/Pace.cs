namespace Understudy.Demo;

/// <summary>How fast everything goes. All numbers of the demo that are chosen, and not measured, stand here.</summary>
internal sealed record Pace
{
    private const double LeastShare = 0.3;
    private const int Margin = 8;
    private static readonly TimeSpan BriskFirstWord = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(6);

    /// <summary>One minute of the outage takes a minute divided by this.</summary>
    public required double SpeedFactor { get; init; }

    /// <summary>Calls a second through the gateway, from both SDKs together.</summary>
    public double GatewayRate { get; init; } = 10;

    /// <summary>Calls a second of each client that has no gateway.</summary>
    public double UnprotectedRate { get; init; } = 4;

    /// <summary>Calls a second once the script is over.</summary>
    public double EncoreRate { get; init; } = 2;

    /// <summary>How long a breaker stays open before it is probed, at first and at the most.</summary>
    public required (TimeSpan First, TimeSpan Longest) OpenFor { get; init; }

    /// <summary>How long traffic takes to come back, at first and after relapses at the most.</summary>
    public required (TimeSpan First, TimeSpan Longest) RampFor { get; init; }

    /// <summary>The gap between two probes.</summary>
    public required TimeSpan ProbeEvery { get; init; }

    /// <summary>The gateway's first-token and idle clock. The rehearsal raises it where the machine is slow.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>The gateway's deadline: room for every rung to be tried.</summary>
    public TimeSpan Deadline => Patience * 6 > ShortestDeadline ? Patience * 6 : ShortestDeadline;

    /// <summary>A simulated model's pause before its first word.</summary>
    public TimeSpan FirstWord { get; init; } = TimeSpan.FromMilliseconds(60);

    /// <summary>A simulated model's pause between two pieces: answers have some 30 to 80 of them.</summary>
    public TimeSpan BetweenWords { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How long clients without a gateway may go on after the script. A whole answer takes half a second.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long the gateway's clients may: their deadline, and a little.</summary>
    public TimeSpan GatewayGrace => Deadline + TimeSpan.FromSeconds(5);

    /// <summary>Retries of the client that retries.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>The gap between two tries: a second of the outage's time, but no shorter than a machine can tell from none.</summary>
    public TimeSpan RetryGap
    {
        get
        {
            var scaled = TimeSpan.FromSeconds(1 / SpeedFactor);
            return scaled < ShortestGap ? ShortestGap : scaled;
        }
    }

    /// <summary>How often the plain board prints counters.</summary>
    public required TimeSpan CountersEvery { get; init; }

    /// <summary>
    /// The same for a slow or a busy machine: longer clocks and fewer calls. Clocks that run out when all is well would tell
    /// of the machine, not of the outage, and more calls than it can serve would pile up whatever the clocks.
    /// </summary>
    /// <param name="slowestFirstWord">What the rehearsal measured when all was well, at the rate of the show.</param>
    public Pace For(TimeSpan slowestFirstWord)
    {
        var share = Math.Clamp(BriskFirstWord / slowestFirstWord, LeastShare, 1);
        var patience = slowestFirstWord * Margin;
        return this with
        {
            GatewayRate = GatewayRate * share,
            UnprotectedRate = UnprotectedRate * share,
            Patience = patience < Patience ? Patience : patience > LongestPatience ? LongestPatience : patience,
        };
    }

    /// <summary>About a minute: seven minutes of the outage a second.</summary>
    public static Pace Full { get; } = new()
    {
        SpeedFactor = 420,
        OpenFor = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4)),
        RampFor = (TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(3)),
        ProbeEvery = TimeSpan.FromSeconds(0.3),
        CountersEvery = TimeSpan.FromSeconds(5),
    };

    /// <summary>A quarter of a minute: half an hour of the outage a second.</summary>
    public static Pace Fast { get; } = new()
    {
        SpeedFactor = 1800,
        OpenFor = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.5)),
        RampFor = (TimeSpan.FromSeconds(0.6), TimeSpan.FromSeconds(0.9)),
        ProbeEvery = TimeSpan.FromSeconds(0.15),
        CountersEvery = TimeSpan.FromSeconds(2),
    };

    private static TimeSpan ShortestDeadline => TimeSpan.FromSeconds(20);

    private static TimeSpan ShortestGap => TimeSpan.FromMilliseconds(50);
}
