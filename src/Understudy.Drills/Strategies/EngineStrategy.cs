using System.Globalization;
using Understudy.Alarms;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Drills.Measuring;
using Understudy.Drills.Providers;
using Understudy.Drills.Reading;
using Understudy.Drills.Rungs;
using Understudy.Drills.Traffic;
using Understudy.Observation;
using Understudy.Pipeline;

namespace Understudy.Drills.Strategies;

/// <summary>The engine itself: the pipeline that serves in production, with its wires, on true bytes, in virtual time.</summary>
#pragma warning disable CA1001 // The engine is not disposed: its timers end with the drill's time, and its end would run on other threads.
public sealed class EngineStrategy : Strategy
{
    /// <summary>Every so many answers one is read back like a client would, besides every one that was continued.</summary>
    private const int ReadEvery = 64;

    private readonly DrillWorld _world;
    private readonly Engine _engine;
    /// <summary>A drill of weeks is not looked at every five seconds: that is what it would spend its time on.</summary>
    private const int MostLooks = 20_000;

    private readonly RequestBodies _bodies = new();
    private readonly TargetLabels _labels = new();
    private readonly List<AlarmMessage> _told = [];
    private readonly DeferredBooks _deferred;
    private readonly MemoryDeferralStore _store = new();
    private int _pieces;

    /// <summary>An engine in a world.</summary>
    public EngineStrategy(DrillWorld world)
    {
        _world = world;
        var journal = new Journal();
        _deferred = new(world.Time);
        var transport = new ModelledTransport(world.Providers, world.Time, Seeds.Mix(world.Setup.Seed, "probes")) { Later = _deferred.Find };
        transport.Unplanned += world.Recorder.Probe;
        _engine = new(world.Setup.Policy, transport, world.Time, new Chance(Seeds.Mix(world.Setup.Seed, "engine")), journal);
        journal.Happened += Hear;
        Watch(journal);
        var rungs = world.Setup.Policy.Routes.SelectMany(route => route.Ladder).ToList();
        if (rungs.OfType<DeferRung>().Any()) Defer();
        if (rungs.OfType<HumanRung>().Any()) _ = new DrillPeople(_engine.Inboxes, world.Time, Seeds.Mix(world.Setup.Seed, "people"));
    }

    /// <inheritdoc/>
    public override string Name => "understudy";

    /// <inheritdoc/>
    public override string Words => "this engine: clocks, breaker, retry budget, ladder, continuation";

    /// <summary>The engine.</summary>
    internal Engine Engine => _engine;

    /// <summary>What was accepted for later.</summary>
    internal DeferredBooks Deferred => _deferred;

    /// <summary>Told of every call with what its client got, for those that look closer.</summary>
    internal event Action<DrillCall, CallRecord, DrillClient>? Ended;

    /// <summary>Answers that were read back and compared with what the model was to say.</summary>
    public int ReadBack { get; private set; }

    /// <summary>Those of them that were not what was to be said, or no whole answer.</summary>
    public int ReadWrong { get; private set; }

    /// <summary>Answers that were cut and continued.</summary>
    public int Continued { get; private set; }

    /// <summary>What the alarms told somebody, by the rules of the policy: where it names no receivers, there is one all the same.</summary>
    public IReadOnlyList<AlarmMessage> Told => _told;

    /// <inheritdoc/>
    protected override async Task ServeAsync(DrillCall call)
    {
        var asked = _world.Setup.Asked[call.Plan.Asked];
        var model = _engine.Model;
        var route = model.Routes.Find(asked.Model)!;
        var (body, facts) = _bodies.For(asked.Protocol, asked.Model, call.Plan);
        using var client = new DrillClient(_world.Time);
        // A session is one client's for good: who is refused, and who was answered before, is told by the client.
        var caller = model.Policy.Clients is { Count: > 0 } clients ? clients[call.Plan.Session % clients.Count] : null;
        var record = new CallRecord
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"us_{call.Plan.Number}"),
            StartedAt = _world.Time.GetUtcNow(),
            Started = _world.Time.GetTimestamp(),
            Client = caller?.Name,
            Route = route.Model.Name,
            UseCase = route.Model.UseCase.Name,
            Protocol = asked.Protocol,
            Model = asked.Model,
            Stream = facts.Stream,
        };
        await _engine.Pipeline.RunAsync(
            new()
            {
                Request = new() { Protocol = asked.Protocol, Body = body, Facts = facts, Model = asked.Model, Headers = new CallMark(call) },
                Sink = client,
                Model = model,
                Route = route,
                UseCase = route.Model.UseCase,
                Client = caller,
                Record = record,
            },
            CancellationToken.None).ConfigureAwait(false);
        // In this world accepting is done when it returns: the last number that was given is this call's.
        if (record.Outcome == CallOutcome.Deferred) _deferred.Accept(IdOf(_pieces), call);
        _world.Recorder.End(call, EndOf(call, record, client));
        Check(call, record, client);
        Ended?.Invoke(call, record, client);
    }

    private CallEnd EndOf(DrillCall call, CallRecord record, DrillClient client)
    {
        var outcome = record.Outcome switch
        {
            CallOutcome.Deferred when client.Status is 200 or 202 => ClientOutcome.Deferred,
            CallOutcome.Degraded when record.ServedBy == "notice" => ClientOutcome.Notice,
            CallOutcome.Answered => ClientOutcome.Answered,
            CallOutcome.Degraded => ClientOutcome.Degraded,
            CallOutcome.Running or CallOutcome.Deferred or CallOutcome.Refused or CallOutcome.Failed or CallOutcome.ClientError or CallOutcome.Cancelled =>
                client.Status == 200 ? ClientOutcome.Cut : ClientOutcome.Failed,
        };
        if (outcome == ClientOutcome.Deferred) return new(outcome, record.ServedBy, null);
        if (client.Status != 200) return new(outcome, null, null) { Status = client.Status };
        var first = client.FirstByte - call.Plan.At;
        var isOurs = record.ServedBy is "cache" or "human" or "notice";
        return new(outcome, record.ServedBy, call.Plan.Stream || isOurs ? first : first - (call.Last?.Length ?? TimeSpan.Zero));
    }

    /// <summary>Reads the answer as a client would: a cut one that is shown as whole would be the worst of all failures.</summary>
    private void Check(DrillCall call, CallRecord record, DrillClient client)
    {
        if (record.Continued) Continued++;
        if (record.ServedBy is "human" or "notice" or "defer") return; // those are not the model's words
        if (client.Status != 200 || (!record.Continued && call.Plan.Number % ReadEvery != 0)) return;
        var whole = record.Outcome is CallOutcome.Answered or CallOutcome.Degraded;
        ReadBack++;
        if (!AnswerReader.Read(record.Protocol, call.Plan.Stream, client.Bytes).Agrees(call, whole)) ReadWrong++;
    }

    /// <summary>The queue of deferred work, on a disk that never fails, and who works on it.</summary>
    private void Defer()
    {
        _engine.Deferral.Attach(_store, () => NumberOf(++_pieces));
        _engine.Deferral.Finished += _deferred.End;
        _ = new DeferralWorker(_engine);
    }

    /// <inheritdoc/>
    public override void Close() => _deferred.CloseAsync(_store).GetAwaiter().GetResult(); // the memory has its answer at once

    private static string NumberOf(int piece) => piece.ToString("x32", CultureInfo.InvariantCulture);

    private static string IdOf(int piece) => WorkIds.Work + NumberOf(piece);

    /// <summary>The alarms of a gateway, in virtual time: the rules, the grouping, and one who is told.</summary>
    private void Watch(Journal journal)
    {
        journal.CallEnded += call =>
        {
            foreach (var attempt in call.Attempts) _labels.Of(call, attempt);
        };
        var facts = new AlarmFacts(_engine, new TargetNews(journal, _world.Time), _labels);
        var every = _world.Setup.Length / MostLooks;
        var book = new AlarmBook(journal, _world.Time, () => _engine.Model.Policy, facts.Read, every > AlarmBook.LooksEvery ? every : null);
        var dispatch = new AlarmDispatch(book, _world.Time, Alarms);
        dispatch.Due += _told.Add;

        AlarmsModel Alarms()
        {
            var alarms = _engine.Model.Policy.Alarms;
            return alarms.Receivers.Count > 0 ? alarms : alarms with { Receivers = [new WebhookReceiver { Name = "somebody", Url = new("https://drill.invalid") }] };
        }
    }

    private void Hear(Happening happening)
    {
        if (happening.Kind != "breaker") return;
        foreach (var state in _engine.Targets.All)
        {
            if (state.Target.Name == happening.Subject) _world.Recorder.Change(state.Target.Name, (int)state.Breaker.State);
        }
    }
}
