using Understudy.HumanReview;

namespace Understudy.Demo.LastRungs;

/// <summary>The person at the inbox, played by the demo: claims each question, thinks a moment, and answers.</summary>
internal sealed class BoxOffice : IDisposable
{
    /// <summary>What is answered.</summary>
    public const string Answer = "Yes: row 7 is free tonight. I have put two seats aside under your name. (Jo, box office)";

    private const string Who = "jo";
    private static readonly TimeSpan Thinks = TimeSpan.FromMilliseconds(800);

    private readonly HumanInboxes _inboxes;
    private readonly TimeProvider _time;

    /// <summary>Sits down.</summary>
    public BoxOffice(HumanInboxes inboxes, TimeProvider time)
    {
        _inboxes = inboxes;
        _time = time;
        _inboxes.Changed += Look;
    }

    /// <summary>Leaves.</summary>
    public void Dispose() => _inboxes.Changed -= Look;

    private void Look(InboxChange change)
    {
        if (change.What == "waits") _ = AnswerAsync(change.Id);
    }

    private async Task AnswerAsync(string id)
    {
        _inboxes.Claim(id, Who);
        await Task.Delay(Thinks, _time);
        _inboxes.Answer(id, Who, Answer);
    }
}
