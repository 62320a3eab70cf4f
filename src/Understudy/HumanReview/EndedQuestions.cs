namespace Understudy.HumanReview;

/// <summary>The last questions that ended, without what was in them: who comes late is told who was sooner. Not thread-safe.</summary>
internal sealed class EndedQuestions
{
    private const int Most = 512;

    private readonly Dictionary<string, EndedQuestion> _byId = new(StringComparer.Ordinal);
    private readonly Queue<string> _inOrder = new();

    public EndedQuestion? Find(string id) => _byId.GetValueOrDefault(id);

    public void Add(WaitingQuestion question, Verdict verdict, DateTimeOffset at)
    {
        // A call may wait at two rungs of its ladder, one after the other.
        if (_byId.TryAdd(question.Id, new(question.Inbox, verdict, at))) _inOrder.Enqueue(question.Id);
        else _byId[question.Id] = new(question.Inbox, verdict, at);
        if (_inOrder.Count > Most) _byId.Remove(_inOrder.Dequeue());
    }
}

/// <summary>A question that has ended.</summary>
/// <param name="Inbox">Where it waited.</param>
/// <param name="Verdict">How it ended, without any text.</param>
/// <param name="At">When.</param>
internal sealed record EndedQuestion(string Inbox, Verdict Verdict, DateTimeOffset At);
