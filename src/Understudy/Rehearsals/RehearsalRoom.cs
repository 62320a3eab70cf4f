using System.Globalization;
using Understudy.Configuration;
using Understudy.Observation;

namespace Understudy.Rehearsals;

/// <summary>
/// Drills of the policy in force by a schedule: one after the other, somewhere else, with the reports kept. Answers, whenever it is
/// asked, which outages the policy would not survive.
/// </summary>
public sealed class RehearsalRoom : IAsyncDisposable
{
    /// <summary>How long after a start the first ones are run, where none were before: the gateway has other things to do then.</summary>
    public static readonly TimeSpan First = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _closing = new();
    private readonly List<Rehearsal> _past = []; // the oldest first
    private readonly TimeProvider _time;
    private readonly Journal _journal;
    private readonly Func<DrillsModel> _model;
    private readonly Rehearse _rehearse;
    private readonly IRehearsalStore? _store;
    private readonly ITimer _next;
    private readonly DateTimeOffset _started;
    private Task _running = Task.CompletedTask;
    private int _made;

    /// <summary>Begins to keep the schedule.</summary>
    /// <param name="time">The time.</param>
    /// <param name="journal">Hears how each ended.</param>
    /// <param name="model">The schedule; asked once a minute.</param>
    /// <param name="rehearse">Runs one.</param>
    /// <param name="store">Keeps reports; null for memory.</param>
    /// <param name="held">What it held, the oldest first.</param>
    public RehearsalRoom(TimeProvider time, Journal journal, Func<DrillsModel> model, Rehearse rehearse, IRehearsalStore? store = null, IReadOnlyList<Rehearsal>? held = null)
    {
        _time = time;
        _journal = journal;
        _model = model;
        _rehearse = rehearse;
        _store = store;
        _started = time.GetUtcNow();
        _past.AddRange(held ?? []);
        _made = _past.Select(one => int.TryParse(one.Id.AsSpan(one.Id.IndexOf('-', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).DefaultIfEmpty(0).Max();
        _next = time.CreateTimer(_ => Look(), null, Minute, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Told when one is over, in line.</summary>
    public event Action<Rehearsal>? Ended;

    /// <summary>The last ones, the newest first.</summary>
    public IReadOnlyList<Rehearsal> Past
    {
        get
        {
            lock (_lock) return [.. Enumerable.Reverse(_past)];
        }
    }

    /// <summary>Whether one runs.</summary>
    public bool IsRunning => _one.CurrentCount == 0;

    /// <summary>Which outages the policy would not survive, by the last drill of each that the schedule has.</summary>
    public IReadOnlyList<(string Scenario, string Why)> Failing
    {
        get
        {
            var scenarios = _model() is { Every: not null } model ? model.Scenarios : [];
            lock (_lock) return [.. scenarios.Select(name => _past.FindLast(one => Same(one.Scenario, name))).OfType<Rehearsal>().Where(one => !one.Survived).Select(one => (one.Scenario, Why(one)))];
        }
    }

    /// <summary>When the next ones are due; null where nothing is scheduled.</summary>
    public DateTimeOffset? NextAt
    {
        get
        {
            if (_model() is not { Every: { } every, Scenarios.Count: > 0 }) return null;
            lock (_lock) return _past.FindLast(one => one.Who == Scheduled) is { } last ? last.At + every : _started + First;
        }
    }

    private const string Scheduled = "the schedule";

    /// <summary>Runs drills now, after those that run.</summary>
    /// <param name="scenarios">Which outages.</param>
    /// <param name="who">Who wants it.</param>
    public async Task<IReadOnlyList<Rehearsal>> RunAsync(IReadOnlyList<string> scenarios, string who)
    {
        var ended = new List<Rehearsal>();
        await _one.WaitAsync(_closing.Token).ConfigureAwait(false);
        try
        {
            foreach (var scenario in scenarios) ended.Add(await RunAsync(scenario, who).ConfigureAwait(false));
        }
        finally
        {
            _one.Release();
        }

        return ended;
    }

    /// <summary>The whole report of one as JSON; null where it is not kept.</summary>
    public Task<string?> ReportAsync(string id) => _store?.ReportAsync(id) ?? Task.FromResult<string?>(null);

    /// <summary>Ends what runs.</summary>
    public async ValueTask DisposeAsync()
    {
        await _next.DisposeAsync().ConfigureAwait(false);
        await _closing.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Look()
    {
        if (IsDue) _running = RunDueAsync(_running);
        _next.Change(Minute, Timeout.InfiniteTimeSpan);
    }

    /// <summary>After those that run: then they may not be due any more.</summary>
    private async Task RunDueAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        if (IsDue) await RunAsync(_model().Scenarios, Scheduled).ConfigureAwait(false);
    }

    private bool IsDue => NextAt <= _time.GetUtcNow();

    private async Task<Rehearsal> RunAsync(string scenario, string who)
    {
        var model = _model();
        var (at, started) = (_time.GetUtcNow(), _time.GetTimestamp());
        var (finding, report) = await FindAsync(scenario).ConfigureAwait(false);
        var ended = new Rehearsal
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"drill-{Interlocked.Increment(ref _made)}"),
            At = at,
            Scenario = scenario,
            Who = who,
            Took = _time.GetElapsedTime(started),
            Finding = finding,
            Wanted = model.Answered,
        };
        lock (_lock)
        {
            _past.Add(ended);
            Trim_NeedsLock(model);
            _store?.Save([.. _past], ended, report);
        }

        _journal.Tell(new(_time.GetUtcNow(), "drill", scenario, $"{ended.Id}, wanted by {who}: {(ended.Survived ? string.Create(CultureInfo.InvariantCulture, $"the policy survives {scenario}: {finding.Share * 100:0.##} % of {finding.Calls} calls got a whole answer") : Why(ended))}"));
        Ended?.Invoke(ended);
        return ended;
    }

    /// <summary>The oldest go, but for the last one of each outage, which rings until it is survived, and the schedule's last one, from which its time counts.</summary>
    private void Trim_NeedsLock(DrillsModel model)
    {
        for (var i = 0; i < _past.Count && _past.Count > model.Keep;)
        {
            var one = _past[i];
            var isLastOfIts = model.Scenarios.Contains(one.Scenario, StringComparer.OrdinalIgnoreCase) && _past.FindLastIndex(other => Same(other.Scenario, one.Scenario)) == i;
            var isLastScheduled = one.Who == Scheduled && _past.FindLastIndex(static other => other.Who == Scheduled) == i;
            if (isLastOfIts || isLastScheduled) i++;
            else _past.RemoveAt(i);
        }
    }

    private async Task<(RehearsalFinding Finding, string? Report)> FindAsync(string scenario)
    {
        try
        {
            return await _rehearse(scenario, _closing.Token).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is not OperationCanceledException || !_closing.IsCancellationRequested)
        {
            return (new() { Trouble = $"the drill failed: {failed.GetType().Name}" }, null);
        }
    }

    private static string Why(Rehearsal one) => one.Finding.Trouble is { } trouble
        ? $"the drill of {one.Scenario} could not be run: {trouble}"
        : string.Create(CultureInfo.InvariantCulture, $"the policy would not survive {one.Scenario}: {one.Finding.Share * 100:0.##} % of {one.Finding.Calls} calls got a whole answer, {one.Wanted * 100:0.##} % is wanted");

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
