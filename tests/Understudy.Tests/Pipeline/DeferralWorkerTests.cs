using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Observation;
using Understudy.Pipeline;

namespace Understudy.Tests.Pipeline;

/// <summary>Deferred work, done later: in what order, how fast, how often, and until when. In virtual time.</summary>
public sealed class DeferralWorkerTests
{
    private const string Claude = "claude/claude-sonnet-4-5";
    private static readonly Reply Well = Reply.Json(Anthropic.Message);

    private static DeferralWorker Start(DeferralStage deferred) => new(deferred.Stage.Engine);

    private static string Said(string body) => (string)JsonNode.Parse(body)!["messages"]!.AsArray()[^1]!["content"]!;

    [Theory]
    [InlineData(WireProtocol.AnthropicMessages)]
    [InlineData(WireProtocol.OpenAIChat)]
    [InlineData(WireProtocol.OpenAIResponses)]
    [InlineData(WireProtocol.Gemini)]
    public void WhenAModelIsWellAgain_TheAnswerIsThere_WholeAndInTheCallersProtocol(WireProtocol protocol)
    {
        var deferred = new DeferralStage();
        var client = deferred.Stage.Call(stream: true, DeferralStage.Ask(protocol, stream: true), protocol: protocol, caller: "ann");
        var id = client.Headers.Single(header => header.Name == "x-understudy-deferred-id").Value;
        deferred.Stage.Script(Claude, Well);
        deferred.Stage.Received.Clear();
        Start(deferred);
        deferred.Drain();

        var view = deferred.Find(id)!;
        Assert.Equal(DeferredState.Done, view.State);
        Assert.Equal((200, Claude), (view.AnswerSensitive!.Status, view.AnswerSensitive.ServedBy));
        Assert.Equal("Hello.", Assert.IsType<Understudy.Wires.TextPart>(Assert.Single(DeferralStage.Read(protocol, stream: false, view.AnswerSensitive.BodySensitive.ToArray()).Parts)).Text);
        Assert.Equal(TimeSpan.FromHours(24), view.ExpiresAt - view.FinishedAt);
        var replay = deferred.Stage.Records[^1];
        Assert.Equal((CallOutcome.Answered, Claude, "ann", false), (replay.Outcome, replay.ServedBy, replay.Client, replay.Stream));
        // Asked for in one piece, by whatever wire.
        Assert.DoesNotContain(deferred.Stage.Received, received => received.Body.Contains("\"stream\":true", StringComparison.Ordinal) || received.Body.Contains("\"include_usage\"", StringComparison.Ordinal));
    }

    [Fact]
    public void ByPriority_ThenByAge()
    {
        var deferred = new DeferralStage();
        deferred.Keep("low 1", CallPriority.Low);
        deferred.Keep("normal 1");
        deferred.Keep("high 1", CallPriority.High);
        deferred.Keep("normal 2");
        deferred.Keep("high 2", CallPriority.High);
        deferred.Stage.Script(Claude, Well);
        Start(deferred);
        deferred.Drain();
        Assert.Equal(["high 1", "high 2", "normal 1", "normal 2", "low 1"], deferred.Stage.Received.Select(received => Said(received.Body)));
    }

    [Fact]
    public void ProviderThatHasJustComeBack_IsNotStampeded()
    {
        var deferred = new DeferralStage();
        for (var i = 0; i < 400; i++) deferred.Keep(string.Create(CultureInfo.InvariantCulture, $"{i}"));
        Start(deferred);
        deferred.Stage.Time.Advance(TimeSpan.FromMinutes(30));
        // Half an hour of an outage: what waits asks now and then, all four hundred together, and nothing is lost.
        Assert.InRange(deferred.Stage.Received.Count(received => received.Target == Claude), 1, 120);
        Assert.Equal(400, deferred.Store.Tally.Count(DeferredState.Waiting) + deferred.Store.Tally.Count(DeferredState.Running));

        deferred.Stage.Received.Clear();
        deferred.Stage.Script(Claude, Well);
        deferred.Drain();
        var asked = deferred.Stage.Received.Where(received => received.Target == Claude && !received.Body.Contains("\"max_tokens\":1,", StringComparison.Ordinal)).Select(received => received.At).ToList();
        Assert.Equal(400, deferred.Store.Tally.Count(DeferredState.Done));
        // An answer takes 300 ms: so many were under way together.
        int Together(TimeSpan at) => asked.Count(began => began <= at && at < began + TimeSpan.FromMilliseconds(300));
        Assert.Equal(16, asked.Max(Together));
        Assert.Equal(1, asked.Take(3).Max(Together));
        Assert.Equal(400, asked.Count);
    }

    [Fact]
    public void ProviderThatRefusesMoreThanItCarries_IsAskedForLess()
    {
        var deferred = new DeferralStage(change: policy => policy with { Routes = [policy.Routes[0] with { Ladder = [policy.Routes[0].Ladder[0], policy.Routes[0].Ladder[2]] }] });
        var underWay = new List<TimeSpan>();
        var refused = 0;
        deferred.Stage.Script(Claude, _ =>
        {
            var now = deferred.Stage.Time.Elapsed;
            underWay.RemoveAll(began => began + TimeSpan.FromMilliseconds(300) <= now);
            if (underWay.Count >= 4)
            {
                refused++;
                return Reply.Error(429, "rate_limit_error") with { Delay = TimeSpan.FromMilliseconds(10) };
            }

            underWay.Add(now);
            return Well;
        });
        for (var i = 0; i < 300; i++) deferred.Keep(string.Create(CultureInfo.InvariantCulture, $"{i}"));
        Start(deferred);
        deferred.Drain();
        Assert.Equal(300, deferred.Store.Tally.Count(DeferredState.Done));
        Assert.InRange(refused, 1, 150);
    }

    [Fact]
    public void PartOfARateLimit_IsLeftToThoseWhoWait()
    {
        var deferred = new DeferralStage(change: policy => policy with { Routes = [policy.Routes[0] with { Ladder = [policy.Routes[0].Ladder[0], policy.Routes[0].Ladder[2]] }] });
        Reply Left(int left) => Well with
        {
            Headers = new()
            {
                ["content-type"] = "application/json",
                ["anthropic-ratelimit-requests-limit"] = "100",
                ["anthropic-ratelimit-requests-remaining"] = left.ToString(CultureInfo.InvariantCulture),
                ["anthropic-ratelimit-requests-reset"] = (deferred.Stage.Time.GetUtcNow() + TimeSpan.FromMinutes(10)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            },
        };
        deferred.Stage.Script(Claude, Left(20));
        Assert.Equal(Claude, deferred.Stage.Call(stream: false).Head.ServedBy);
        deferred.Keep();
        Start(deferred);
        deferred.Stage.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Single(deferred.Stage.Received); // the call's own
        Assert.Equal(Claude, deferred.Stage.Call(stream: false).Head.ServedBy); // who waits gets it still
        deferred.Stage.Script(Claude, Left(90));
        deferred.Drain();
        Assert.Equal(1, deferred.Store.Tally.Count(DeferredState.Done));
    }

    [Fact]
    public void NoLastResort_AndNoRungWithoutAModel_ForDeferredWork()
    {
        var deferred = new DeferralStage();
        var id = deferred.Keep();
        Start(deferred);
        deferred.Stage.Time.Advance(TimeSpan.FromHours(2));
        var view = deferred.Find(id)!;
        Assert.Contains(view.State, (DeferredState[])[DeferredState.Waiting, DeferredState.Running]);
        Assert.Equal(0, view.Tries); // overloaded is no fault of the work's
        Assert.All(deferred.Stage.Records, record => Assert.Equal((CallOutcome.Deferred, (string?)null), (record.Outcome, record.ServedBy)));
    }

    [Fact]
    public void Killed_NothingIsSent_RevivedItIsDoneAtOnce()
    {
        var deferred = new DeferralStage();
        deferred.Stage.Script(Claude, Well);
        var overrides = deferred.Stage.Engine.Overrides;
        DeferralStage.Done(overrides.OrderAsync(new() { What = "all", Kind = Understudy.Overrides.OverrideKind.Kill, At = deferred.Stage.Time.GetUtcNow(), Who = "ana", Why = "test" }));
        var id = deferred.Keep();
        Start(deferred);
        deferred.Stage.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(deferred.Stage.Received);
        var before = deferred.Stage.Time.Elapsed;
        DeferralStage.Done(overrides.ReviveAsync("all", "ana", "test"));
        deferred.Drain();
        Assert.Equal(DeferredState.Done, deferred.Find(id)!.State);
        Assert.InRange((deferred.Stage.Time.Elapsed - before).TotalSeconds, 0, 31);
    }

    [Fact]
    public void ClientsOwnMistake_EndsIt_WithTheErrorAsItWouldHaveHeardIt()
    {
        var deferred = new DeferralStage();
        deferred.Stage.Script(Claude, Reply.Error(400, "invalid_request_error"));
        var id = deferred.Keep();
        Start(deferred);
        deferred.Drain();
        var view = deferred.Find(id)!;
        Assert.Equal((DeferredState.Failed, 400), (view.State, view.AnswerSensitive!.Status));
        Assert.Contains("As the provider said it.", Encoding.UTF8.GetString(view.AnswerSensitive.BodySensitive.Span), StringComparison.Ordinal);
        Assert.Single(deferred.Stage.Received);
    }

    [Fact]
    public void WorkOnWhichEveryProviderBreaks_IsGivenUpAfterSomeTries()
    {
        var deferred = new DeferralStage();
        string Answer(string body) => body.Contains("poison", StringComparison.Ordinal) ? "poison" : "well";
        foreach (var target in (string[])[Claude, "openai/gpt-5"])
        {
            deferred.Stage.Script(target, body => Answer(body) == "poison" ? Reply.Error(500, "api_error") : target == Claude ? Well : Chat.Whole);
        }

        var poison = deferred.Keep("poison", deadline: TimeSpan.FromDays(20));
        Start(deferred);
        deferred.Drain();
        Assert.Equal((DeferredState.Failed, DeferralWorker.MostTries - 1), (deferred.Find(poison)!.State, deferred.Find(poison)!.Tries));
        deferred.Keep("well");
        deferred.Drain();
        Assert.Equal(1, deferred.Store.Tally.Count(DeferredState.Done));
    }

    [Fact]
    public void Deadline_EndsWhatWaits_AndWhatIsUnderWay()
    {
        var deferred = new DeferralStage();
        var waits = deferred.Keep(deadline: TimeSpan.FromMinutes(10));
        Start(deferred);
        deferred.Drain();
        var view = deferred.Find(waits)!;
        Assert.Equal(DeferredState.Expired, view.State);
        Assert.InRange((view.FinishedAt!.Value - view.Deadline).TotalSeconds, 0, 31);

        // Kept for its time, and then forgotten.
        deferred.Stage.Time.Advance(TimeSpan.FromHours(25));
        Assert.Null(deferred.Find(waits));
        Assert.Equal((0, 0), (deferred.Store.Tally.Count(DeferredState.Expired), deferred.Store.Tally.Bytes));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TakenBack_ItIsNotDone_AndWhatIsUnderWayIsBrokenOff(bool underWay)
    {
        var deferred = new DeferralStage();
        deferred.Stage.Script(Claude, Well with { Delay = TimeSpan.FromSeconds(5) });
        var id = deferred.Keep();
        if (underWay)
        {
            Start(deferred);
            while (deferred.Stage.Received.Count == 0) Assert.True(deferred.Stage.Time.RunNext());
            Assert.Equal(DeferredState.Running, deferred.Find(id)!.State);
        }

        Assert.Null(DeferralStage.Done(deferred.Stage.Engine.Deferral.DeleteAsync(id, "bob")));
        Assert.Equal(DeferredState.Cancelled, DeferralStage.Done(deferred.Stage.Engine.Deferral.DeleteAsync(id, "ann"))!.State);
        Assert.Equal(underWay ? 1 : 0, deferred.Stage.Aborted);
        if (!underWay) Start(deferred);
        deferred.Stage.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((DeferredState.Cancelled, underWay ? 1 : 0), (deferred.Find(id)!.State, deferred.Stage.Received.Count));

        // What is over is forgotten.
        Assert.NotNull(DeferralStage.Done(deferred.Stage.Engine.Deferral.DeleteAsync(id, "ann")));
        Assert.Null(deferred.Find(id));
    }

    [Fact]
    public void Stopping_PutsBackWhatIsUnderWay()
    {
        var deferred = new DeferralStage();
        deferred.Stage.Script(Claude, Well with { Delay = TimeSpan.FromSeconds(5) });
        var id = deferred.Keep();
        var worker = Start(deferred);
        while (deferred.Stage.Received.Count == 0) Assert.True(deferred.Stage.Time.RunNext());
        Assert.Equal(1, worker.UnderWay);
        Assert.True(worker.DisposeAsync().AsTask().IsCompletedSuccessfully);
        Assert.Equal((DeferredState.Waiting, 0), (deferred.Find(id)!.State, deferred.Find(id)!.Tries));
        Assert.Equal(0, worker.UnderWay);

        Start(deferred);
        deferred.Drain();
        Assert.Equal(DeferredState.Done, deferred.Find(id)!.State);
    }

    [Fact]
    public void RouteThatIsDown_DoesNotHoldUpAnother()
    {
        var deferred = new DeferralStage(change: policy => policy with
        {
            Routes = [.. policy.Routes, Stage.Route((Stage.Spare, null)) with { Name = "other", Match = ["other"] }],
        });
        for (var i = 0; i < 50; i++) deferred.Keep("down", CallPriority.High);
        deferred.Stage.Script("spare/claude-sonnet-4-5", Well);
        var id = deferred.Keep("up", CallPriority.Low, route: "other");
        Start(deferred);
        deferred.Stage.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(DeferredState.Done, deferred.Find(id)!.State);
    }

    [Fact]
    public void RouteThatIsGone_IsToldAsSuch()
    {
        var deferred = new DeferralStage();
        var id = deferred.Keep(route: "gone");
        deferred.Stage.Engine.Apply(deferred.Stage.Engine.Model.Policy with { Routes = [Stage.Route((Stage.Spare, null)) with { Match = ["nothing"] }] });
        Start(deferred);
        deferred.Drain();
        Assert.Equal((DeferredState.Failed, 404), (deferred.Find(id)!.State, deferred.Find(id)!.AnswerSensitive!.Status));
    }

    [Fact]
    public void OneHundredThousandPieces_Drain_HoldingNoMoreThanIsUnderWay()
    {
        const int pieces = 100_000;
        var deferred = new DeferralStage();
        deferred.Stage.Script(Claude, Well);
        deferred.Stage.Keeps = false;
        var most = 0L;
        deferred.Stage.Journal.CallBegan += _ => most = Math.Max(most, deferred.Store.Tally.Count(DeferredState.Running));
        for (var i = 0; i < pieces; i++) deferred.Keep("x");
        Start(deferred);
        deferred.Drain();
        Assert.Equal((pieces, 16), (deferred.Store.Tally.Count(DeferredState.Done), most));
        Assert.InRange(deferred.Stage.Time.Elapsed.TotalSeconds, pieces / 16 * 0.3, pieces / 16 * 0.3 + 60);
    }
}
