using System.Globalization;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.HumanReview;
using Understudy.Notices;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Pipeline;

/// <summary>
/// Shows deferred work to people while it waits for a model: that of routes whose ladder has a person as well, in the
/// person's inbox. Whoever is sooner, a model or a person, gives the one answer; the store decides which. A host starts one
/// where it has attached a store.
/// </summary>
/// <remarks>It never takes more than half of an inbox: calls that somebody waits for go first.</remarks>
public sealed class DeferredQuestions : IAsyncDisposable
{
    /// <summary>What comes and goes is looked at when it does; this is for what nobody tells of: deadlines, a reload.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(30);

    /// <summary>Questions that a person gave back, or that no person can answer, are not shown again, as far as this many are remembered.</summary>
    private const int MostGivenBack = 1000;

    /// <summary>So many of them are looked past for others: their requests are read each time.</summary>
    private const int MostPassedOver = 100;

    private readonly Lock _lock = new();
    private readonly Engine _engine;
    private readonly DeferralQueue _queue;
    private readonly ITimer _timer;
    private readonly Dictionary<string, WaitingQuestion> _shown = new(StringComparer.Ordinal);
    private readonly Queue<string> _givenBack = new();
    private readonly List<Task> _watched = [];
    private Task _looking = Task.CompletedTask;
    private bool _lookAgain;
    private bool _someAreOver;
    private bool _stopping;

    /// <summary>Begins to show what is in the engine's queue.</summary>
    public DeferredQuestions(Engine engine)
    {
        _engine = engine;
        _queue = engine.Deferral;
        _timer = engine.Time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _queue.Arrived += Arrive;
        _queue.Finished += End;
        _queue.Cancelled += Withdraw;
        _queue.LaneCancelled += LookForOver;
        Arm(TimeSpan.Zero);
    }

    /// <summary>Shows nothing more; what people have just answered is written.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_stopping) return;
            _stopping = true;
        }

        _queue.Arrived -= Arrive;
        _queue.Finished -= End;
        _queue.Cancelled -= Withdraw;
        _queue.LaneCancelled -= LookForOver;
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _looking.ConfigureAwait(false);
        WaitingQuestion[] shown;
        Task[] watched;
        lock (_lock) (shown, watched) = ([.. _shown.Values], [.. _watched]);
        foreach (var question in shown) _engine.Inboxes.Leave(question, ReviewEnd.Closed);
        await Task.WhenAll(watched).ConfigureAwait(false);
    }

    private void Arrive(string lane) => Arm(TimeSpan.Zero);

    private void End(string id, DeferredState state) => Withdraw(id);

    /// <summary>It is over otherwise: people need not look at it any more.</summary>
    private void Withdraw(string id)
    {
        WaitingQuestion? question;
        lock (_lock) _shown.TryGetValue(id, out question);
        if (question is not null) _engine.Inboxes.Leave(question, ReviewEnd.Withdrawn);
    }

    /// <summary>Much of what is shown may be over, and nobody says what.</summary>
    private void LookForOver(string lane)
    {
        lock (_lock) _someAreOver = true;
        Arm(TimeSpan.Zero);
    }

    private void Arm(TimeSpan wait)
    {
        lock (_lock)
        {
            if (!_stopping) _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private void Look()
    {
        lock (_lock)
        {
            _lookAgain = true;
            if (_stopping || !_looking.IsCompleted) return; // one at a time: it looks once more for what comes meanwhile
            _looking = LookAsync();
        }
    }

    private async Task LookAsync()
    {
        while (LooksAgain()) await LookOnceAsync().ConfigureAwait(false);
    }

    private bool LooksAgain()
    {
        lock (_lock)
        {
            var again = _lookAgain && !_stopping;
            _lookAgain = false;
            return again;
        }
    }

    private async Task LookOnceAsync()
    {
        var now = _engine.Time.GetUtcNow();
        List<WaitingQuestion> late;
        lock (_lock) late = [.. _shown.Values.Where(question => question.Until <= now)];
        foreach (var question in late) _engine.Inboxes.Leave(question, ReviewEnd.Withdrawn);
        if (_queue.Store is not { } store) return;
        if (TakesSomeAreOver(out var shown))
        {
            foreach (var id in shown)
            {
                if (await IsOverAsync(store, id).ConfigureAwait(false)) Withdraw(id);
            }
        }

        foreach (var route in _engine.Model.Policy.Routes)
        {
            if (route.Ladder.OfType<DeferRung>().Any() && route.Ladder.OfType<HumanRung>().FirstOrDefault() is { } rung) await ShowAsync(store, route, rung).ConfigureAwait(false);
        }

        if (store.Tally.Count(DeferredState.Waiting) + store.Tally.Count(DeferredState.Running) > 0) Arm(LookEvery);
    }

    private bool TakesSomeAreOver(out IReadOnlyList<string> shown)
    {
        lock (_lock)
        {
            shown = _someAreOver ? [.. _shown.Keys] : [];
            _someAreOver = false;
            return shown.Count > 0;
        }
    }

    private async Task ShowAsync(IDeferralStore store, RouteModel route, HumanRung rung)
    {
        var most = Math.Max(rung.MaxWaiting / 2, 1);
        if (IsFull(rung, most)) return;
        IReadOnlyList<DeferredWork> first;
        try
        {
            first = await store.PeekAsync(route.Name, most + Math.Min(GivenBack, MostPassedOver)).ConfigureAwait(false);
        }
        catch (DeferralTroubleException)
        {
            return; // next time
        }

        foreach (var piece in first)
        {
            if (IsKnown(piece.Id)) continue;
            if (QuestionOf(piece, rung) is not { } question)
            {
                PassOver(piece.Id); // or it would stand before what people can answer for as long as it waits
                continue;
            }

            if (IsFull(rung, most) || !_engine.Inboxes.TryPut(question, most)) return;
            var watched = WatchAsync(piece, question);
            lock (_lock)
            {
                _watched.RemoveAll(static one => one.IsCompleted);
                _watched.Add(watched);
            }

            // It may have ended while it was put there, and then nobody would take it away.
            if (await IsOverAsync(store, piece.Id).ConfigureAwait(false)) Withdraw(piece.Id);
        }
    }

    private bool IsFull(HumanRung rung, int most) => _engine.Inboxes.Waiting.Count(question => question.Inbox == rung.Inbox) >= most;

    private static async Task<bool> IsOverAsync(IDeferralStore store, string id)
    {
        try
        {
            return await store.FindAsync(id).ConfigureAwait(false) is not { } found || found.State.IsOver();
        }
        catch (DeferralTroubleException)
        {
            return false;
        }
    }

    private int GivenBack
    {
        get
        {
            lock (_lock) return _givenBack.Count;
        }
    }

    private bool IsKnown(string id)
    {
        lock (_lock) return _stopping || _shown.ContainsKey(id) || _givenBack.Contains(id);
    }

    /// <summary>Waits for what people do with a question, and does it.</summary>
    private async Task WatchAsync(DeferredWork piece, WaitingQuestion question)
    {
        lock (_lock) _shown[piece.Id] = question;
        while (question.Verdict is null) await question.NewsAsync().ConfigureAwait(false);
        switch (question.Verdict.End)
        {
            case ReviewEnd.Answered:
                await GiveAsync(piece, DeferredState.Done, AnswerOf(piece, question.Verdict.TextSensitive!)).ConfigureAwait(false);
                break;
            case ReviewEnd.Dropped:
                await GiveAsync(piece, DeferredState.Failed, RefusalOf(piece, question.Verdict.TextSensitive)).ConfigureAwait(false);
                break;
            case ReviewEnd.HandedBack:
                PassOver(piece.Id);
                break;
        }

        lock (_lock) _shown.Remove(piece.Id);
        Arm(TimeSpan.Zero);
    }

    private void PassOver(string id)
    {
        lock (_lock)
        {
            if (_givenBack.Count == MostGivenBack) _givenBack.Dequeue();
            _givenBack.Enqueue(id);
        }
    }

    private async Task GiveAsync(DeferredWork piece, DeferredState state, DeferredAnswer answer)
    {
        if (await _queue.EndAsync(piece.Id, state, answer).ConfigureAwait(false))
        {
            if (state == DeferredState.Done) Record(piece);
            return;
        }

        var isOver = _queue.Store is not { } store || await IsOverAsync(store, piece.Id).ConfigureAwait(false);
        _engine.Journal.Tell(new(_engine.Time.GetUtcNow(), "inbox", piece.Route, isOver
            ? $"what a person said to {piece.Id} came too late: it was over, and its answer stays what it was"
            : $"what a person said to {piece.Id} is held until the store takes it in, and counts unless a model is sooner"));
    }

    /// <summary>A person's answer counts as one, with the time that its owner waited for it.</summary>
    private void Record(DeferredWork piece)
    {
        var waited = _engine.Time.GetUtcNow() - piece.AcceptedAt;
        var record = new CallRecord
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"us_{_engine.Chance.NextUInt64():x16}"),
            StartedAt = piece.AcceptedAt,
            Started = _engine.Time.GetTimestamp(),
            Client = piece.Owner.Length == 0 ? null : piece.Owner,
            Route = piece.Route,
            UseCase = piece.UseCase,
            Protocol = piece.Protocol,
            Model = piece.Model,
            Outcome = CallOutcome.Degraded,
            ServedBy = "human",
            AskedPerson = true,
            Duration = waited > TimeSpan.Zero ? waited : TimeSpan.Zero, // clocks are set
        };
        _engine.Journal.Begin(record);
        _engine.Journal.End(record);
    }

    private static WaitingQuestion? QuestionOf(DeferredWork piece, HumanRung rung)
    {
        if (piece.RequestSensitive is not { } request) return null;
        Conversation conversation;
        try
        {
            conversation = Wire.Of(piece.Protocol).ReadRequest(request.BodySensitive.Span) with { Model = piece.Model };
        }
        catch (WireFormatException)
        {
            return null; // a provider will say what is wrong with it
        }

        var form = AnswerForms.Of(conversation);
        if (form == AnswerForm.Other) return null; // a tool call, or the rest of the caller's own words: no person writes that
        var asked = QuestionSensitive.Of(conversation);
        return new()
        {
            Id = piece.Id,
            Inbox = rung.Inbox,
            Since = piece.AcceptedAt,
            Until = piece.Deadline,
            Route = piece.Route,
            UseCase = piece.UseCase,
            Client = piece.Owner.Length == 0 ? null : piece.Owner,
            Model = piece.Model,
            Protocol = piece.Protocol,
            IsDeferred = true,
            NeedsJson = form == AnswerForm.Json,
            Why = ["kept for later: whoever is sooner answers, a model or a person"],
            QuestionSensitive = asked,
            Bytes = asked.Size,
        };
    }

    private DeferredAnswer AnswerOf(DeferredWork piece, string textSensitive)
    {
        using var body = new PooledBuffer();
        var context = new AnswerContext { Model = piece.Model, MessageId = piece.Id, Created = _engine.Time.GetUtcNow().ToUnixTimeSeconds(), UsageIsExact = true };
        Wire.Of(piece.Protocol).WriteAnswer(new() { Parts = [new TextPart(textSensitive)], Finish = FinishReason.Stop }, context, body);
        return new(200, body.Written.ToArray(), "human", Degraded: true);
    }

    private static DeferredAnswer RefusalOf(DeferredWork piece, string? toldSensitive)
    {
        using var body = new PooledBuffer();
        var status = Wire.Of(piece.Protocol).WriteError(new(ClientErrorCause.Declined, toldSensitive ?? "A person has looked at this question and closed it without an answer.", piece.Id), body);
        return new(status, body.Written.ToArray(), null, Degraded: false);
    }
}
