using Understudy.Calls;
using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Spending;

namespace Understudy.Tests.Pipeline;

/// <summary>Money and quotas through the whole pipeline, in virtual time.</summary>
public sealed class SpendingTests
{
    private const string Claude = "claude/claude-sonnet-4-5";
    private const string OpenAI = "openai/gpt-5";

    /// <summary>A dollar a token of the answer, the question free: sums that can be read.</summary>
    private static readonly PriceModel DollarAToken = new() { Base = TokenRates.Of(0, 1_000_000) };

    /// <summary>The answer that <see cref="Reply.Say"/> tells of: 7 tokens.</summary>
    private const decimal Answer = 7;

    /// <summary>A call that reserves what it will cost: $7.</summary>
    private const string Short = """{"model":"claude-sonnet-4-5","max_tokens":7,"stream":true,"messages":[{"role":"user","content":"Well?"}]}""";

    [Fact]
    public void Answered_IsChargedWhatTheProviderTold()
    {
        var stage = Priced();
        stage.Script(Claude, Reply.Say("Hello ", "there."));
        stage.Call();
        var record = stage.Records.Single();
        var attempt = record.Attempts.Single();
        Assert.Equal(100, attempt.Reserved!.Value.Dollars); // max_tokens
        Assert.Equal((Answer, Answer, 0, 0), (attempt.Cost!.Value.Dollars, record.Cost.Dollars, record.WastedCost.Dollars, record.RetryCost.Dollars));
        Assert.False(attempt.IsEstimated);
        Assert.Equal(WasteReason.None, attempt.Waste);
        AssertLedger(stage, Answer);
    }

    [Fact]
    public void Hang_StaysCharged_AsItWasReserved()
    {
        var stage = Priced();
        stage.Script(Claude, Reply.Hang);
        stage.Script(OpenAI, Chat.Say("Here."));
        stage.Call();
        var record = stage.Records.Single();
        Assert.Equal((100, WasteReason.Hang, true), (record.Attempts[0].Cost!.Value.Dollars, record.Attempts[0].Waste, record.Attempts[0].IsEstimated));
        Assert.True(record.Attempts[0].WastedTokens > 100); // the question too
        Assert.True(record.Attempts[1].IsRetry);
        Assert.Equal((104, 100, 4), (record.Cost.Dollars, record.WastedCost.Dollars, record.RetryCost.Dollars));
        var day = stage.Engine.Ledger.TotalsOf(AccountKind.Client, Ledger.Anyone, SpendWindow.Day);
        Assert.Equal((104, 100, 4, 0), (day.Spent.Dollars, day.Wasted.Dollars, day.OfRetries.Dollars, day.Reserved.Dollars));
        Assert.Equal(100, stage.Engine.Ledger.TotalsOf(AccountKind.Provider, "claude", SpendWindow.Hour).Spent.Dollars);
        Assert.Equal(4, stage.Engine.Ledger.TotalsOf(AccountKind.Target, OpenAI, SpendWindow.Month).Spent.Dollars);
    }

    [Fact]
    public void Hang_WhereAnswersAreKnownToBeShort_IsChargedAsAShortOne()
    {
        var stage = Priced(change: policy => policy with { Routes = [Stage.Route((Stage.Claude, null))], Retry = new() { BudgetFloorPerSecond = 0.1 } });
        stage.Script(Claude, Reply.Say("Hello."));
        for (var i = 0; i < 200; i++) stage.Call();
        stage.Script(Claude, Reply.Hang, Reply.Say("Hello."));
        stage.Call();
        Assert.Equal(Answer, stage.Records[^1].Attempts[0].Cost!.Value.Dollars);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(529)]
    [InlineData(429)]
    [InlineData(401)]
    public void RefusedAtTheHeaders_CostsNothing(int status)
    {
        var stage = Priced();
        stage.Script(Claude, Reply.Error(status, "api_error"));
        stage.Script(OpenAI, Chat.Say("Here."));
        stage.Call();
        Assert.Equal((4, 0), (stage.Records.Single().Cost.Dollars, stage.Records.Single().WastedCost.Dollars));
        AssertLedger(stage, 4);
    }

    [Fact]
    public void RefusedConnection_CostsNothing()
    {
        var stage = Priced();
        stage.Script(Claude, Reply.NoConnection);
        stage.Script(OpenAI, Chat.Say("Here."));
        stage.Call();
        Assert.All(stage.Records.Single().Attempts.SkipLast(1), attempt => Assert.Equal((Usd.Zero, WasteReason.None, 0), (attempt.Cost, attempt.Waste, attempt.WastedTokens)));
        AssertLedger(stage, 4);
    }

    [Theory]
    [InlineData(1, WasteReason.Cut)]
    [InlineData(2, WasteReason.Stall)]
    public void BrokenInTheText_IsCharged_WithItsReason(int end, WasteReason reason)
    {
        var stage = Priced(change: policy => policy with { Retry = new() { AttemptsPerTarget = 1 } });
        stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("The answer is "), Anthropic.Text("fo")) with { End = (End)end });
        stage.Script(OpenAI, Chat.Say("rty-two, ", "they say."));
        stage.Call();
        var record = stage.Records.Single();
        Assert.Equal((100, reason), (record.Attempts[0].Cost!.Value.Dollars, record.Attempts[0].Waste));
        Assert.Equal(10 + 100, record.Attempts[0].WastedTokens); // the question as Anthropic told it, the answer as reserved
        AssertLedger(stage, 104);
    }

    [Fact]
    public void TheClientLeaves_TheAttemptStaysCharged()
    {
        var stage = Priced(change: policy => policy with { Join = JoinModel.Off });
        stage.Script(Claude, Reply.Hang);
        using var leaving = new CancellationTokenSource();
        var running = stage.Begin(new Client(), leaves: leaving.Token);
        leaving.Cancel();
        stage.Finish(running);
        var record = stage.Records.Single();
        Assert.Equal((CallOutcome.Cancelled, 100, WasteReason.ClientLeft), (record.Outcome, record.Cost.Dollars, record.Attempts.Single().Waste));
    }

    [Fact]
    public void AStreamWithoutUsage_IsCountedByItsEvents()
    {
        var stage = Priced();
        stage.Script(OpenAI, Reply.Stream(Chat.Role, Chat.Text("One "), Chat.Text("two "), Chat.Text("three."), Chat.Finish, Chat.Done));
        stage.Call(model: "gpt-5", protocol: WireProtocol.OpenAIChat, body: """{"model":"gpt-5","stream":true,"messages":[]}""");
        Assert.Equal((3, true), (stage.Records.Single().Cost.Dollars, stage.Records.Single().Attempts.Single(attempt => attempt.Sent).IsEstimated));

        PriceModel? OnlyOpenAI(ProviderModel provider) => provider.Name == "openai" ? DollarAToken : null;
        var whole = Priced(OnlyOpenAI, policy => policy with { Routes = [Stage.Route((Stage.OpenAI, null))] });
        whole.Script(OpenAI, Reply.Json("""{"id":"c","object":"chat.completion","created":1,"model":"gpt-5","choices":[{"index":0,"message":{"role":"assistant","content":"Hi."},"finish_reason":"stop"}]}"""));
        whole.Call(stream: false, model: "gpt-5", protocol: WireProtocol.OpenAIChat, body: """{"model":"gpt-5","messages":[]}""");
        Assert.InRange(whole.Records.Single().Cost.Dollars, 1, 60);
    }

    [Fact]
    public void UnknownPrice_IsUnknown_AndNeverNothing()
    {
        var stage = new Stage();
        stage.Script(Claude, Reply.Say("Hello."));
        stage.Call();
        Assert.Null(stage.Records.Single().Attempts.Single().Cost);
        Assert.True(stage.Records.Single().HasUnpriced);
        Assert.Equal(1, stage.Engine.Ledger.TotalsOf(AccountKind.Provider, "claude", SpendWindow.Day).Unpriced);
    }

    [Fact]
    public void BurstOfAClient_TheCapEndsItInTheMiddle_BeforeAnyAttempt()
    {
        // 100 reserved, 7 spent: the budget has room for two in flight at once.
        var stage = Priced();
        stage.Script(Claude, Reply.Say("Hello."));
        var website = Client(new() { PerHour = Usd.FromDollars(250) });
        var clients = Enumerable.Range(0, 5).Select(_ => new Client()).ToList();
        var running = clients.Select(client => stage.Begin(client, by: website)).ToList();
        running.ForEach(stage.Finish);
        Assert.Equal(2, stage.Received.Count);
        Assert.Equal([200, 200, 429, 429, 429], clients.Select(client => client.Head.Status).Order());
        foreach (var refused in clients.Where(client => client.Head.Status == 429))
        {
            Assert.Equal(0, refused.Head.Attempts);
            Assert.Equal(TimeSpan.FromMinutes(56), refused.Head.RetryAfter); // from 06:04 to 07:00
            Assert.True(refused.Head.DoNotRetry);
            Assert.Contains("client 'website' has spent its $250 an hour; it begins anew at 2026-06-02 07:00 UTC", refused.Body, StringComparison.Ordinal);
            Assert.Contains("rate_limit_error", refused.Body, StringComparison.Ordinal);
        }

        Assert.Equal(3, stage.Records.Count(record => record.Outcome == CallOutcome.Refused && record.Failure!.Kind == FailureKind.BudgetSpent));
        Assert.Single(stage.Journal.Recent, happening => happening.Kind == "budget"); // said once, not at every call

        // What was reserved and not spent is there again; after the hour everything is.
        Assert.Equal(200, stage.Call(by: website).Head.Status);
        stage.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal([200, 200], Enumerable.Range(0, 2).Select(_ => stage.Call(by: website).Head.Status));
    }

    [Fact]
    public void AMinutesCap_MayBeWaitedFor()
    {
        var stage = Priced();
        stage.Script(Claude, Reply.Say("Hello."));
        var website = Client(new() { PerMinute = Usd.FromDollars(10) });
        stage.Call(body: Short, by: website);
        var refused = stage.Call(body: Short, by: website);
        Assert.Equal((429, false), (refused.Head.Status, refused.Head.DoNotRetry));
        Assert.InRange(refused.Head.RetryAfter!.Value.TotalSeconds, 59, 60);
        stage.Time.Advance(refused.Head.RetryAfter.Value);
        Assert.Equal(200, stage.Call(body: Short, by: website).Head.Status);
    }

    [Fact]
    public void ACallLargerThanTheWholeCap_IsToldSo_AndNotToComeBack()
    {
        var stage = Priced();
        var refused = stage.Call(by: Client(new() { PerMinute = Usd.FromDollars(1) }));
        Assert.Equal((429, true, null), (refused.Head.Status, refused.Head.DoNotRetry, refused.Head.RetryAfter));
        Assert.Contains("this call alone would cost more", refused.Body, StringComparison.Ordinal);
        Assert.Empty(stage.Received);
    }

    [Fact]
    public void ABudgetThatIsSpent_StillAllowsWhatIsFree()
    {
        PriceModel? Price(ProviderModel provider) => provider.Name == "openai" ? new() { Base = TokenRates.Of(0, 0) } : DollarAToken;
        var stage = Priced(Price);
        stage.Script(Claude, Reply.Say("Hello."));
        stage.Script(OpenAI, Chat.Say("For free."));
        var website = Client(new() { PerDay = Usd.FromDollars(10) });
        Assert.Equal("Hello.", stage.Call(body: Short, by: website).Text);
        Assert.Equal("For free.", stage.Call(body: Short, by: website).Text);
        Assert.Equal(FailureKind.BudgetSpent, stage.Records[^1].Attempts[0].Failure!.Kind);
        Assert.False(stage.Records[^1].Attempts[0].Sent);
    }

    [Fact]
    public void ARoutesCap_HoldsForAllItsCallers()
    {
        var stage = Priced(change: policy => policy with { Routes = [Stage.Route((Stage.Claude, null)) with { Budget = new() { PerDay = Usd.FromDollars(10) } }] });
        stage.Script(Claude, Reply.Say("Hello."));
        Assert.Equal([200, 429], Enumerable.Range(0, 2).Select(i => stage.Call(body: Short, by: Client(null, $"client{i}")).Head.Status));
    }

    [Fact]
    public void AProvidersCap_TheNextTargetServes_AndTheBreakerHearsNothing()
    {
        var stage = Priced(change: policy => policy with { ProviderBudgets = new Dictionary<string, BudgetModel> { ["claude"] = new() { PerDay = Usd.FromDollars(10) } } });
        stage.Script(Claude, Reply.Say("Hello."));
        stage.Script(OpenAI, Chat.Say("Instead."));
        Assert.Equal("Hello.", stage.Call(body: Short).Text);
        for (var i = 0; i < 20; i++) Assert.Equal("Instead.", stage.Call(body: Short).Text);
        Assert.Equal(FailureKind.ProviderBudgetSpent, stage.Records[^1].Attempts[0].Failure!.Kind);
        Assert.Single(stage.Received, call => call.Target == Claude);
        Assert.All(stage.Engine.Targets.All, target => Assert.Equal(BreakerState.Closed, target.Breaker.State));
        stage.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal("Hello.", stage.Call(body: Short).Text);
    }

    [Fact]
    public void AProvidersCap_WithNobodyElse_IsAnHonestError()
    {
        var stage = Priced(change: policy => policy with
        {
            Routes = [Stage.Route((Stage.Claude, null))],
            ProviderBudgets = new Dictionary<string, BudgetModel> { ["claude"] = new() { PerDay = Usd.FromDollars(10) } },
        });
        stage.Script(Claude, Reply.Say("Hello."));
        stage.Call(body: Short);
        var refused = stage.Call(body: Short);
        Assert.Equal(529, refused.Head.Status);
        Assert.Contains("its provider's budget is spent", refused.Body, StringComparison.Ordinal);
    }

    [Fact]
    public void CountingTokens_IsFree()
    {
        var stage = Priced();
        stage.Script(Claude, Reply.Json("""{"input_tokens":5}"""));
        stage.Call(stream: false, by: Client(new() { PerDay = Usd.FromDollars(1) }), operation: CallOperation.CountTokens);
        Assert.Equal(Usd.Zero, stage.Records.Single().Cost);
        Assert.Single(stage.Received);
    }

    [Theory]
    [InlineData("""{"type":"error","error":{"type":"rate_limit_error","message":"Spend limit.","details":{"error_code":"enforced_spend_limit_reached"}}}""")]
    [InlineData("""{"type":"error","error":{"type":"billing_error","message":"No money."}}""")]
    public void ASpendCaps429_IsNotTriedAgain_NorForAWhile(string body)
    {
        var stage = Priced();
        stage.Script(Claude, new Reply(429, [body]) { Headers = new() { ["content-type"] = "application/json" } });
        stage.Script(OpenAI, Chat.Say("Instead."));
        for (var i = 0; i < 5; i++) Assert.Equal("Instead.", stage.Call().Text);
        Assert.Single(stage.Received, call => call.Target == Claude);
        Assert.Equal(FailureKind.QuotaExhausted, stage.Records[0].Attempts[0].Failure!.Kind);
    }

    [Fact]
    public void CloseToItsLimit_ATargetIsLeft_BeforeItSays429_AndComesBackWhenItHasRoom()
    {
        var stage = Priced();
        stage.Script(Claude, Told(Reply.Say("Hello."), remaining: 4), Told(Reply.Say("Back."), remaining: 90));
        stage.Script(OpenAI, Chat.Say("Instead."));
        Assert.Equal("Hello.", stage.Call().Text);
        Assert.Equal("Instead.", stage.Call().Text);
        Assert.Equal(FailureKind.QuotaLow, stage.Records[^1].Attempts[0].Failure!.Kind);
        stage.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("Back.", stage.Call().Text);
        Assert.Equal("Back.", stage.Call().Text);
    }

    [Fact]
    public void CloseToItsLimit_WithNobodyElse_ItIsAskedAllTheSame()
    {
        var stage = Priced();
        stage.Script(Claude, Told(Reply.Say("Hello."), remaining: 0));
        stage.Script(OpenAI, Reply.Error(500, "server_error"));
        Assert.Equal("Hello.", stage.Call().Text);
        // Left for the other one, which fails: then it is asked after all, in the same call.
        Assert.Equal("Hello.", stage.Call().Text);
        Assert.Equal([FailureKind.QuotaLow, FailureKind.ProviderError, FailureKind.ProviderError, null], stage.Records[^1].Attempts.Select(attempt => attempt.Failure?.Kind));
        Assert.Equal(0, stage.Records[^1].Attempts[^1].Rung);

        var alone = Priced(change: policy => policy with { Routes = [Stage.Route((Stage.Claude, null))] });
        alone.Script(Claude, Told(Reply.Say("Hello."), remaining: 0));
        Assert.Equal(["Hello.", "Hello."], Enumerable.Range(0, 2).Select(_ => alone.Call().Text));
    }

    [Fact]
    public void BothCloseToTheirLimits_TheFirstIsAsked()
    {
        var stage = Priced();
        stage.Script(Claude, Told(Reply.Say("Hello."), remaining: 1));
        stage.Script(OpenAI, Told(Chat.Say("Instead."), remaining: 1));
        Assert.Equal(["Hello.", "Instead.", "Hello.", "Hello."], Enumerable.Range(0, 4).Select(_ => stage.Call().Text));
    }

    [Fact]
    public void LeaveBelowZero_WaitsForThe429()
    {
        var stage = Priced(change: policy => policy with { Quotas = new() { LeaveBelow = 0 } });
        stage.Script(Claude, Told(Reply.Say("Hello."), remaining: 0));
        Assert.Equal(["Hello.", "Hello."], Enumerable.Range(0, 2).Select(_ => stage.Call().Text));
    }

    [Theory]
    [InlineData(95, FailureKind.FalseRefusal)] // its own headers say that there is room: an outage in disguise
    [InlineData(0, FailureKind.RateLimited)]
    public void A429_IsHeldAgainstTheProvidersOwnHeaders(int remaining, FailureKind expected)
    {
        var stage = Priced(change: policy => policy with { Retry = new() { AttemptsPerTarget = 1 } });
        stage.Script(Claude, Told(Reply.Error(429, "rate_limit_error"), remaining));
        stage.Script(OpenAI, Chat.Say("Instead."));
        Assert.Equal("Instead.", stage.Call().Text);
        Assert.Equal((expected, 429), (stage.Records.Single().Attempts[0].Failure!.Kind, stage.Records.Single().Attempts[0].Failure!.Status));
        Assert.Equal(expected == FailureKind.FalseRefusal, stage.Engine.Targets.All.Single(target => target.Target.Name == Claude).Quota.HasRoom(0, 0, 0.05));
    }

    [Fact]
    public void Cheapest_IsPickedByThisCallsSize()
    {
        // Dear questions and cheap answers against the reverse.
        PriceModel? Price(ProviderModel provider) => new() { Base = provider.Name == "claude" ? TokenRates.Of(10, 1) : TokenRates.Of(1, 10) };
        var rung = new TargetRung { Pick = PickRule.Cheapest, Targets = [new() { Provider = Stage.OpenAI, Model = "gpt-5" }, new() { Provider = Stage.Claude, Model = "claude-sonnet-4-5" }] };
        var stage = Priced(Price, policy => policy with { Routes = [new() { Name = "test", Match = ["*"], Ladder = [rung] }] });
        stage.Script(Claude, Reply.Say("Hello."));
        stage.Script(OpenAI, Chat.Say("Hello."));
        stage.Call(body: """{"model":"m","max_tokens":1000,"stream":true,"messages":[{"role":"user","content":"A short question, a long answer."}]}""");
        stage.Call(body: $$"""{"model":"m","max_tokens":10,"stream":true,"messages":[{"role":"user","content":"{{new string('x', 4_000)}}"}]}""");
        Assert.Equal([Claude, OpenAI], stage.Received.Select(call => call.Target));
    }

    [Fact]
    public void PricesOfAnHour_AreThoseOfTheSending()
    {
        var busy = new PriceModel { Base = TokenRates.Of(0, 1_000_000), Rules = [new() { Rates = TokenRates.Of(0, 2_000_000), DailyFrom = new(7, 0), DailyTo = new(8, 0) }] };
        var stage = Priced(_ => busy);
        stage.Script(Claude, Reply.Say("Hello."));
        stage.Call();
        stage.Time.Advance(TimeSpan.FromMinutes(55.99)); // sent a moment before seven, answered after
        stage.Call();
        stage.Call();
        Assert.Equal([Answer, Answer, 2 * Answer], stage.Records.Select(record => record.Cost.Dollars));
    }

    private static Stage Priced(Func<ProviderModel, PriceModel?>? price = null, Func<Policy, Policy>? change = null) => new(policy =>
    {
        policy = policy with { Prices = new((provider, _) => price is null ? DollarAToken : price(provider)) };
        return change?.Invoke(policy) ?? policy;
    });

    private static ClientModel Client(BudgetModel? budget, string name = "website") => new() { Name = name, KeyHash = default, Budget = budget };

    /// <summary>The reply with the headers of a provider whose bucket of 100 requests has that many left, and is full in a minute.</summary>
    private static Reply Told(Reply reply, int remaining) => reply with
    {
        Headers = new(reply.Headers)
        {
            ["x-ratelimit-limit-requests"] = "100",
            ["x-ratelimit-remaining-requests"] = $"{remaining}",
            ["x-ratelimit-reset-requests"] = "1m0s",
        },
    };

    /// <summary>Every account's running windows say the same: there was one caller, one route and nothing in flight any more.</summary>
    private static void AssertLedger(Stage stage, decimal spent)
    {
        foreach (var kind in (ReadOnlySpan<AccountKind>)[AccountKind.Client, AccountKind.Route])
        {
            Assert.Equal(spent, stage.Engine.Ledger.Totals.Single(totals => totals.Kind == kind && totals.Window == SpendWindow.Day).Spent.Dollars);
        }

        Assert.All(stage.Engine.Ledger.Totals, totals => Assert.Equal(Usd.Zero, totals.Reserved));
        Assert.Equal(spent, stage.Records.Sum(record => record.Cost.Dollars));
    }
}
