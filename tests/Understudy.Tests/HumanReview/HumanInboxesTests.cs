using Understudy.Calls;
using Understudy.Drills;
using Understudy.HumanReview;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Tests.HumanReview;

/// <summary>Who may do what to a question, and who is too late.</summary>
public sealed class HumanInboxesTests
{
    private readonly VirtualTime _time = new();
    private readonly HumanInboxes _inboxes;

    public HumanInboxesTests() => _inboxes = new(_time, new Journal());

    private WaitingQuestion Put(string id = "us_1", string inbox = "support", long bytes = 100, int most = 10)
    {
        var question = Question(id, inbox, bytes);
        Assert.True(_inboxes.TryPut(question, most));
        return question;
    }

    private WaitingQuestion Question(string id, string inbox = "support", long bytes = 1) => new()
    {
        Id = id,
        Inbox = inbox,
        Since = _time.GetUtcNow(),
        Until = _time.GetUtcNow() + TimeSpan.FromMinutes(10),
        Route = "r",
        UseCase = "u",
        Model = "m",
        Protocol = WireProtocol.OpenAIChat,
        QuestionSensitive = new() { Question = "?" },
        Bytes = bytes,
    };

    [Fact]
    public void TheFirstActionWins_AndTheSecondIsToldWhose()
    {
        var question = Put();
        Assert.Equal(ReviewResult.Done, _inboxes.Answer("us_1", "rosa", "yes").Result);
        var late = _inboxes.Drop("us_1", "ben", null, null);
        Assert.Equal((ReviewResult.Ended, "rosa", ReviewEnd.Answered), (late.Result, late.By, late.End));
        Assert.Equal((ReviewEnd.Answered, "yes"), (question.Verdict!.End, question.Verdict.TextSensitive));
    }

    [Fact]
    public void OneOfManyAtTheSameTime_Wins()
    {
        for (var round = 0; round < 50; round++)
        {
            var question = Put($"us_{round}");
            var done = 0;
            Parallel.For(0, 8, person =>
            {
                if (_inboxes.Answer(question.Id, $"p{person}", $"by p{person}").Result == ReviewResult.Done) Interlocked.Increment(ref done);
            });
            Assert.Equal(1, done);
            Assert.Equal($"by {question.Verdict!.Who}", question.Verdict.TextSensitive);
        }
    }

    [Fact]
    public void AClaim_KeepsOthersAway_UntilItsLeaseIsOver()
    {
        Put();
        Assert.Equal(ReviewResult.Done, _inboxes.Claim("us_1", "rosa").Result);
        var refused = _inboxes.Answer("us_1", "ben", "no");
        Assert.Equal((ReviewResult.Claimed, "rosa", _time.GetUtcNow() + HumanInboxes.Lease), (refused.Result, refused.By, refused.At));
        Assert.Equal(ReviewResult.Claimed, _inboxes.Claim("us_1", "ben").Result);
        _time.Advance(HumanInboxes.Lease);
        Assert.Equal(ReviewResult.Done, _inboxes.Claim("us_1", "ben").Result);
        Assert.Equal(ReviewResult.Claimed, _inboxes.HandBack("us_1", "rosa").Result);
        Assert.Equal(ReviewResult.Done, _inboxes.HandBack("us_1", "ben").Result);
    }

    [Fact]
    public void AnUnknownQuestion_IsUnknown() => Assert.Equal(ReviewResult.Unknown, _inboxes.Claim("us_9", "rosa").Result);

    [Fact]
    public void Room_IsBoundedByNumberAndBytes_AndComesBack()
    {
        Put("us_1", bytes: HumanInboxes.MostBytes / 2);
        Put("us_2", inbox: "sales", bytes: HumanInboxes.MostBytes / 2);
        Assert.False(_inboxes.TryPut(Question("us_3"), most: 10));
        _inboxes.HandBack("us_2", "rosa");
        Put("us_3", bytes: 1);
        Assert.False(_inboxes.TryPut(Question("us_4"), most: 2));
        Put("us_4", inbox: "sales", bytes: 1, most: 2);
    }

    [Fact]
    public void Changes_AreToldWithoutContent()
    {
        var told = new List<string>();
        _inboxes.Changed += change => told.Add($"{change.Inbox} {change.Id} {change.What}");
        Put();
        _inboxes.Claim("us_1", "rosa");
        _inboxes.HandBack("us_1", "rosa");
        Assert.Equal(["support us_1 waits", "support us_1 claimed", "support us_1 handed_back"], told);
    }

    [Fact]
    public void ALongQuestion_IsShownByItsBeginningAndItsEnd()
    {
        var text = "First this. " + new string('x', 100_000) + " Now my question?";
        var question = QuestionSensitive.Of(new() { Origin = WireProtocol.OpenAIChat, Model = "m", Turns = [new(TurnRole.User, [new TextPart(text)])] });
        Assert.True(question.IsCut);
        Assert.StartsWith("First this.", question.Question, StringComparison.Ordinal);
        Assert.EndsWith("Now my question?", question.Question, StringComparison.Ordinal);
        Assert.True(question.Question.Length < 33_000);
    }

    [Fact]
    public void ALongTalk_IsShownFromItsEnd_AndWhatIsNoTextIsNamed()
    {
        List<Turn> turns = [];
        for (var i = 0; i < 100; i++)
        {
            turns.Add(new(TurnRole.User, [new TextPart($"question {i} " + new string('x', 2_000))]));
            turns.Add(new(TurnRole.Assistant, [new ToolCallPart("1", "look", "{}")]));
        }

        turns.Add(new(TurnRole.User, [new ToolResultPart("1", [new TextPart("42")], IsError: false), new ImagePart("image/png", "AAAA", null), new TextPart("And now?")]));
        var question = QuestionSensitive.Of(new() { Origin = WireProtocol.OpenAIChat, Model = "m", Turns = turns });
        Assert.Equal("[the tool gave back: 42]\n[an image, not shown here]\nAnd now?", question.Question);
        Assert.True(question.IsCut);
        Assert.Equal("[asks for the tool look: {}]", question.Earlier[^1].Text);
        Assert.StartsWith("question 99 ", question.Earlier[^2].Text, StringComparison.Ordinal);
        Assert.True(question.Size < 2 * 110_000);
    }
}
