using Understudy.HumanReview;
using Understudy.Overrides;
using Understudy.Pipeline;

namespace Understudy.Extensions.AI.Operating;

/// <summary>
/// The inboxes of the rung <c>human</c>: what waits for a person, and what people do with it. The first action wins; who
/// did what is in the audit. Who may see and answer is the program's to decide.
/// </summary>
public sealed class PersonInbox
{
    private readonly Engine _engine;

    internal PersonInbox(Engine engine) => _engine = engine;

    /// <summary>Told when something comes or goes. In line; hand on.</summary>
    public event Action<InboxChange>? Changed
    {
        add => _engine.Inboxes.Changed += value;
        remove => _engine.Inboxes.Changed -= value;
    }

    /// <summary>What waits, the oldest first. It holds what people wrote.</summary>
    public IReadOnlyList<WaitingQuestion> WaitingSensitive => _engine.Inboxes.Waiting;

    /// <summary>A question that waits; null where it does not any more.</summary>
    public WaitingQuestion? FindSensitive(string id) => _engine.Inboxes.Find(id);

    /// <summary>Says to the others that somebody is at it, for two minutes.</summary>
    public ReviewReply Claim(string id, string who) => _engine.Inboxes.Claim(id, who);

    /// <summary>Answers: the text goes out as the caller's answer.</summary>
    public ReviewReply Answer(string id, string who, string textSensitive, string? why = null) => Noted(id, who, "answer", why, _engine.Inboxes.Answer(id, who, textSensitive, why));

    /// <summary>Gives a question back to the ladder: models are asked once more, then the rungs below.</summary>
    public ReviewReply HandBack(string id, string who, string? why = null) => Noted(id, who, "hand-back", why, _engine.Inboxes.HandBack(id, who, why));

    /// <summary>Closes a question without an answer.</summary>
    /// <param name="id">The question's id.</param>
    /// <param name="who">Who.</param>
    /// <param name="toldSensitive">What the caller is told, in <see cref="UnderstudyException.DetailSensitive"/>; null for a plain word.</param>
    /// <param name="why">Why, for the audit.</param>
    public ReviewReply Drop(string id, string who, string? toldSensitive = null, string? why = null) => Noted(id, who, "drop", why, _engine.Inboxes.Drop(id, who, toldSensitive, why));

    private ReviewReply Noted(string id, string who, string act, string? why, ReviewReply reply)
    {
        // The caller has it already: nobody waits for the disk.
        if (reply.Result == ReviewResult.Done) _ = _engine.Overrides.NoteAsync(new OverrideAction(_engine.Time.GetUtcNow(), who, act, $"{id} in inbox {reply.Inbox}", why ?? "no reason given"));
        return reply;
    }
}
