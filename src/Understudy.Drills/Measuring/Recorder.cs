using Understudy.Drills.Providers;
using Understudy.Drills.Scenarios;
using Understudy.Drills.Traffic;

namespace Understudy.Drills.Measuring;

/// <summary>
/// Keeps the books of one strategy's drill. What is billed and what is wasted is told by the providers, not by the
/// strategy; what clients saw, by the clients.
/// </summary>
public sealed class Recorder
{
    /// <summary>A wait for the first token that a person notices.</summary>
    public static readonly TimeSpan Noticeable = TimeSpan.FromSeconds(10);

    /// <summary>Stretches of a drill, at the most.</summary>
    private const int MostBins = 240;

    private static readonly double[] Widths = [0.25, 0.5, 1, 2, 3, 5, 10, 15, 30, 60, 120, 240, 360];

    private readonly DrillSetup _setup;
    private readonly VirtualTime _time;
    private readonly List<StateChange> _changes = [];
    private readonly HashSet<int> _noticed = [];
    private readonly List<int> _gaveUp = [];
    private readonly SortedDictionary<int, int> _statuses = [];
    private readonly List<TimeSpan> _bad = [];
    private bool _over;
    private readonly Roster<DrillCall> _open = new();
    private readonly Roster<Exchange> _running = new();

    /// <summary>Empty books.</summary>
    public Recorder(DrillSetup setup, VirtualTime time)
    {
        _setup = setup;
        _time = time;
        BinWidth = WidthFor(setup.Length);
        Bins = [.. Enumerable.Range(0, (int)Math.Ceiling(setup.Length / BinWidth)).Select(_ => new Bin())];
    }

    /// <summary>How long each stretch is.</summary>
    public TimeSpan BinWidth { get; }

    /// <summary>The stretches.</summary>
    public IReadOnlyList<Bin> Bins { get; }

    /// <summary>Changes of breakers, in order.</summary>
    public IReadOnlyList<StateChange> Changes => _changes;

    /// <summary>Calls.</summary>
    public int Calls { get; private set; }

    /// <summary>Whole answers.</summary>
    public int Answered { get; private set; }

    /// <summary>Whole answers that were marked as less than asked for.</summary>
    public int Degraded { get; private set; }

    /// <summary>Errors instead of an answer, calls that hang to the end among them.</summary>
    public int Failed { get; private set; }

    /// <summary>Half answers.</summary>
    public int Cut { get; private set; }

    /// <summary>Calls that were accepted to be answered later.</summary>
    public int Deferred { get; private set; }

    /// <summary>Calls that got an honest word instead of an answer.</summary>
    public int Notices { get; private set; }

    /// <summary>Whole answers that were kept from before an outage, and said so.</summary>
    public int Stale { get; private set; }

    /// <summary>Whole answers that a person gave.</summary>
    public int ByPerson { get; private set; }

    /// <summary>Calls that still waited when the drill was over.</summary>
    public int Hanging { get; private set; }

    /// <summary>Whole answers that said something else than the model was to say, and that nobody could see from outside.</summary>
    public int Wrong { get; private set; }

    /// <summary>Requests to providers.</summary>
    public int Attempts { get; private set; }

    /// <summary>Requests to providers that were no client's call: probes.</summary>
    public int Probes { get; private set; }

    /// <summary>The most requests for one call.</summary>
    public int MostAttempts { get; private set; }

    /// <summary>Tokens that were billed.</summary>
    public long TokensBilled { get; private set; }

    /// <summary>Those of them that bought no whole answer.</summary>
    public long TokensWasted { get; private set; }

    /// <summary>Nano-dollars that were billed.</summary>
    public long Billed { get; private set; }

    /// <summary>Those of them that bought no whole answer.</summary>
    public long Wasted { get; private set; }

    /// <summary>When the first request at the sick provider went wrong.</summary>
    public TimeSpan? FirstBad { get; private set; }

    /// <summary>When the sick account's own limit first refused a request.</summary>
    public TimeSpan? QuotaGone { get; private set; }

    /// <summary>Sessions that noticed: an error, half an answer, or more than ten seconds to the first token.</summary>
    public int Noticed => _noticed.Count;

    /// <summary>Calls without a whole answer, by the status that their clients were told; 0 for none.</summary>
    public IReadOnlyDictionary<int, int> Statuses => _statuses;

    /// <summary>The slowest end of a call that was told to a client.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>When a client first was told that it gets no answer.</summary>
    public TimeSpan? FirstGaveUp { get; private set; }

    /// <summary>How long it took until a client was told that it gets no answer, in the median; null where none was.</summary>
    public TimeSpan? GaveUpAfter => _gaveUp.Count == 0 ? null : TimeSpan.FromMilliseconds(_gaveUp.Order().ElementAt(_gaveUp.Count / 2));

    /// <summary>Requests at the sick provider that had gone wrong before <paramref name="moment"/>; all of them where it is null.</summary>
    public int BadBefore(TimeSpan? moment) => moment is { } at ? _bad.Count(bad => bad < at) : _bad.Count;

    /// <summary>Keeps an eye on a provider.</summary>
    public void Watch(ModelledProvider provider, bool sick)
    {
        provider.Began += exchange =>
        {
            Attempts++;
            _running.Enter(exchange);
            if (!sick) return;
            var bin = BinAt(_time.Elapsed);
            bin.SickAsked++;
            bin.QuotaLeft = Math.Min(bin.QuotaLeft, provider.Quota?.Left ?? 1);
            if (exchange.Outcome.IsGood) return;
            bin.SickBad++;
            _bad.Add(_time.Elapsed);
            FirstBad ??= _time.Elapsed;
            if (exchange.OverQuota) QuotaGone ??= _time.Elapsed;
        };
        provider.Billed += (exchange, bill) =>
        {
            _running.Leave(exchange);
            // What hangs to the end was worked on, and billed, when it came.
            var bin = BinAt(_over ? exchange.SentAt : _time.Elapsed);
            TokensBilled += bill.Tokens;
            Billed += bill.NanoDollars;
            bin.Billed += bill.NanoDollars;
            if (bill.Whole) return;
            TokensWasted += bill.Tokens;
            Wasted += bill.NanoDollars;
            bin.Wasted += bill.NanoDollars;
        };
    }

    /// <summary>A call comes.</summary>
    public void Begin(DrillCall call)
    {
        Calls++;
        BinAt(call.Plan.At).Calls++;
        _open.Enter(call);
    }

    /// <summary>A call ends.</summary>
    public void End(DrillCall call, in CallEnd end)
    {
        if (!_open.Leave(call)) throw new InvalidOperationException("A call ended twice.");
        var bin = BinAt(call.Plan.At);
        MostAttempts = Math.Max(MostAttempts, call.Attempts);
        Longest = _time.Elapsed - call.Plan.At is var took && took > Longest ? took : Longest;
        switch (end.Outcome)
        {
            case ClientOutcome.Answered: Answered++; break;
            case ClientOutcome.Degraded: Degraded++; break;
            case ClientOutcome.Failed: Failed++; break;
            case ClientOutcome.Cut: Cut++; break;
            case ClientOutcome.Deferred: Deferred++; break;
            case ClientOutcome.Notice: Notices++; break;
        }

        if (end.Outcome is ClientOutcome.Answered or ClientOutcome.Degraded)
        {
            var by = end.ServedBy ?? "?";
            bin.Served[by] = bin.Served.GetValueOrDefault(by) + 1;
            if (by == "cache") Stale++;
            else if (by == "human") ByPerson++;
            if (call.Last is { Outcome.Kind: OutcomeKind.Garbled }) Wrong++;
        }
        else if (end.Outcome is ClientOutcome.Deferred or ClientOutcome.Notice)
        {
            bin.Served[end.ServedBy!] = bin.Served.GetValueOrDefault(end.ServedBy!) + 1;
            _noticed.Add(call.Plan.Session);
        }
        else
        {
            bin.Failed++;
            _statuses[end.Status] = _statuses.GetValueOrDefault(end.Status) + 1;
            _noticed.Add(call.Plan.Session);
            if (call.Plan.At >= _setup.Before) FirstGaveUp ??= _time.Elapsed;
            _gaveUp.Add((int)(_time.Elapsed - call.Plan.At).TotalMilliseconds);
        }

        if (end.FirstToken is not { } first) return;
        bin.FirstTokens.Add((int)first.TotalMilliseconds);
        if (first > Noticeable) _noticed.Add(call.Plan.Session);
    }

    /// <summary>A breaker changes.</summary>
    public void Change(string target, int state) => _changes.Add(new(target, _time.Elapsed, state));

    /// <summary>A request to a provider was a probe of the strategy's own.</summary>
    public void Probe() => Probes++;

    /// <summary>The drill is over: what is open hangs, and is billed.</summary>
    public void Close()
    {
        _over = true;
        while (_running.Present is [.., var last]) last.End(whole: false);
        Hanging = _open.Present.Count;
        Failed += Hanging;
        if (Hanging > 0) _statuses[0] = _statuses.GetValueOrDefault(0) + Hanging;
        foreach (var call in _open.Present)
        {
            BinAt(call.Plan.At).Failed++;
            _noticed.Add(call.Plan.Session);
        }
    }

    private static TimeSpan WidthFor(TimeSpan length) =>
        TimeSpan.FromMinutes(Array.Find(Widths, width => length.TotalMinutes / width <= MostBins) is var width && width > 0 ? width : length.TotalMinutes / MostBins);

    private Bin BinAt(TimeSpan at) => Bins[Math.Min((int)(at.Ticks / BinWidth.Ticks), Bins.Count - 1)];
}
