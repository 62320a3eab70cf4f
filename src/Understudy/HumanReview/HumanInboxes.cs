using System.Text.Json;
using Understudy.Observation;

namespace Understudy.HumanReview;

/// <summary>
/// The inboxes: every call that waits for a person, and what people do to them. One action ends a wait, the first; who
/// wants to write in peace claims the question. In memory only, and bounded. Thread-safe.
/// </summary>
/// <param name="time">The time.</param>
/// <param name="journal">Hears who did what and why, and nothing of any text.</param>
public sealed class HumanInboxes(TimeProvider time, Journal journal)
{
    /// <summary>Bytes of all waiting calls together; beyond, a call goes on to its next rung.</summary>
    public const long MostBytes = 64 * 1024 * 1024;

    /// <summary>How long a claim holds.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, WaitingQuestion> _waiting = new(StringComparer.Ordinal);
    private readonly EndedQuestions _ended = new();
    private readonly Spells _spells = new(time);
    private long _bytes;
    private bool _closed;

    /// <summary>Told of every change. Called in line: listeners only hand on.</summary>
    public event Action<InboxChange>? Changed;

    /// <summary>What waits, the oldest first.</summary>
    public IReadOnlyList<WaitingQuestion> Waiting
    {
        get
        {
            lock (_lock) return [.. _waiting.Values.OrderBy(question => question.Since).ThenBy(question => question.Id, StringComparer.Ordinal)];
        }
    }

    /// <summary>A question that waits; null where there is none of that id.</summary>
    public WaitingQuestion? Find(string id)
    {
        lock (_lock) return _waiting.GetValueOrDefault(id);
    }

    /// <summary>The inbox of a question that has ended not long ago; null where none is remembered.</summary>
    public string? InboxOfEnded(string id)
    {
        lock (_lock) return _ended.Find(id)?.Inbox;
    }

    /// <summary>Takes a question in.</summary>
    /// <param name="question">The question.</param>
    /// <param name="most">How many may wait in its inbox.</param>
    /// <returns>False where there is no room, or the gateway stops.</returns>
    internal bool TryPut(WaitingQuestion question, int most)
    {
        bool taken;
        lock (_lock)
        {
            taken = !_closed && _bytes + question.Bytes <= MostBytes && _waiting.Values.Count(other => other.Inbox == question.Inbox) < most
                && _waiting.TryAdd(question.Id, question);
            if (taken) _bytes += question.Bytes;
        }

        if (!taken)
        {
            if (_spells.Begins("full", question.Inbox)) Tell(question.Inbox, $"inbox {question.Inbox} is full: calls of route {question.Route} go on to their next rung");
            return false;
        }

        if (_spells.Begins("waits", question.Inbox)) Tell(question.Inbox, $"calls of route {question.Route} wait for a person in inbox {question.Inbox}");
        Tell(question, "waits");
        return true;
    }

    /// <summary>Somebody begins to write: for <see cref="Lease"/> nobody else ends the question. Claimed again, it lasts longer.</summary>
    public ReviewReply Claim(string id, string who)
    {
        WaitingQuestion? question;
        lock (_lock)
        {
            if (Refuse_NeedsLock(id, who, out question) is { } refused) return refused;
            question!.Claim = new(who, time.GetUtcNow() + Lease);
        }

        Tell(question, "claimed");
        return new(ReviewResult.Done, question.Inbox, who, question.Claim.Until);
    }

    /// <summary>Answers.</summary>
    /// <param name="id">The question.</param>
    /// <param name="who">Who answers.</param>
    /// <param name="textSensitive">The answer.</param>
    /// <param name="why">A remark for the audit; null for none.</param>
    public ReviewReply Answer(string id, string who, string textSensitive, string? why = null) =>
        End(id, new(ReviewEnd.Answered, who) { TextSensitive = textSensitive }, "answered", why);

    /// <summary>Gives a question back to its ladder: the models are asked once more, and then the rungs below.</summary>
    public ReviewReply HandBack(string id, string who, string? why = null) => End(id, new(ReviewEnd.HandedBack, who), "handed back", why);

    /// <summary>Closes a question without an answer: the caller gets an error that it does not try again.</summary>
    /// <param name="id">The question.</param>
    /// <param name="who">Who closes it.</param>
    /// <param name="toldSensitive">What the caller is told; null for a word of ours.</param>
    /// <param name="why">The reason, for the audit.</param>
    public ReviewReply Drop(string id, string who, string? toldSensitive, string? why) =>
        End(id, new(ReviewEnd.Dropped, who) { TextSensitive = toldSensitive }, "dropped", why);

    /// <summary>Ends a wait that no person ended.</summary>
    internal void Leave(WaitingQuestion question, ReviewEnd end)
    {
        lock (_lock)
        {
            if (question.Verdict is not null) return;
            End_NeedsLock(question, new(end));
        }

        if (end == ReviewEnd.TimeUp && _spells.Begins("unanswered", question.Inbox)) Tell(question.Inbox, $"nobody answered {question.Id} in inbox {question.Inbox} in time: it goes on to its next rung");
        Tell(question, Word(end));
        question.Wake();
    }

    /// <summary>The gateway stops: what waits goes on to its next rung, and nothing more is taken in.</summary>
    public void Close()
    {
        IReadOnlyList<WaitingQuestion> waiting;
        lock (_lock)
        {
            _closed = true;
            waiting = [.. _waiting.Values];
        }

        foreach (var question in waiting) Leave(question, ReviewEnd.Closed);
    }

    private ReviewReply End(string id, Verdict verdict, string participle, string? why)
    {
        WaitingQuestion? question;
        lock (_lock)
        {
            if (Refuse_NeedsLock(id, verdict.Who!, out question) is { } refused) return refused;
            if (verdict.End == ReviewEnd.Answered && question!.NeedsJson && !IsJson(verdict.TextSensitive!)) return new(ReviewResult.NotJson, question.Inbox);
            End_NeedsLock(question!, verdict);
        }

        Tell(question!.Inbox, $"{id} in inbox {question.Inbox} was {participle} by {verdict.Who}{(why is null ? "" : $": {why}")}");
        Tell(question, Word(verdict.End));
        question.Wake();
        return new(ReviewResult.Done, question.Inbox, verdict.Who, time.GetUtcNow(), verdict.End);
    }

    private ReviewReply? Refuse_NeedsLock(string id, string who, out WaitingQuestion? question)
    {
        if (!_waiting.TryGetValue(id, out question))
        {
            return _ended.Find(id) is { } ended ? new(ReviewResult.Ended, ended.Inbox, ended.Verdict.Who, ended.At, ended.Verdict.End) : new ReviewReply(ReviewResult.Unknown);
        }

        return question.Claim is { } claim && claim.Who != who && claim.Until > time.GetUtcNow()
            ? new(ReviewResult.Claimed, question.Inbox, claim.Who, claim.Until)
            : null;
    }

    private void End_NeedsLock(WaitingQuestion question, Verdict verdict)
    {
        question.Verdict = verdict;
        _waiting.Remove(question.Id);
        _bytes -= question.Bytes;
        _ended.Add(question, verdict with { TextSensitive = null }, time.GetUtcNow());
    }

    private void Tell(string inbox, string text) => journal.Tell(new(time.GetUtcNow(), "inbox", inbox, text));

    private void Tell(WaitingQuestion question, string what) => Changed?.Invoke(new(time.GetUtcNow(), question.Inbox, question.Id, what));

    private static bool IsJson(string text)
    {
        try
        {
            using var parsed = JsonDocument.Parse(text);
            return parsed.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Word(ReviewEnd end) => end switch
    {
        ReviewEnd.Answered => "answered",
        ReviewEnd.HandedBack => "handed_back",
        ReviewEnd.Dropped => "dropped",
        ReviewEnd.TimeUp => "time_up",
        ReviewEnd.Withdrawn => "withdrawn",
        ReviewEnd.Closed => "closed",
    };
}
