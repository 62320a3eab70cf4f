using System.ClientModel;
using System.Security.Cryptography;
using System.Text;
using Anthropic.Exceptions;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;
using Understudy.Spending;

namespace Understudy.Gateway.Tests;

/// <summary>A budget that is spent, as the vendors' own libraries at their default settings hear of it: typed, once, and with no storm of retries.</summary>
public sealed class BudgetTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Anthropics_HearARateLimitError_AndAskOnce(bool stream)
    {
        await using var stage = await StageAsync(new() { PerDay = Usd.FromDollars(0.000001m) });
        var heard = await Assert.ThrowsAsync<AnthropicRateLimitException>(() => Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream));
        Assert.Contains("client 'website'", heard.Message, StringComparison.Ordinal);
        await AssertAskedOnceAsync(stage);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OpenAIs_HearInsufficientQuota_AndAskOnce(bool stream)
    {
        await using var stage = await StageAsync(new() { PerMonth = Usd.FromDollars(0.000001m) });
        var heard = await Assert.ThrowsAsync<ClientResultException>(() => Sdk.AskAsync(Vendor.OpenAI, stage.Url, stream));
        Assert.Equal(402, heard.Status); // to this library alone: it reads no x-should-retry and tries a 429 again
        Assert.Contains("insufficient_quota", heard.Message, StringComparison.Ordinal);
        await AssertAskedOnceAsync(stage);
    }

    [Fact]
    public async Task OtherLibraries_HearA429_ThatIsNotToBeTriedAgain_UntilTheWindowTurns()
    {
        await using var stage = await StageAsync(new() { PerDay = Usd.FromDollars(0.003m) });
        Assert.Equal(200, (await AskAsync(stage, "claude-sonnet-4-5", 100)).Status); // $0.0015 reserved and most of it spent
        RawResponse refused;
        do refused = await AskAsync(stage, "claude-sonnet-4-5", 100);
        while (refused.Status == 200);
        Assert.Equal((429, "false", "0"), (refused.Status, refused["x-should-retry"], refused["x-understudy-attempts"]));
        Assert.InRange(int.Parse(refused["retry-after"]!, System.Globalization.CultureInfo.InvariantCulture), 1, 86_400);
        var received = stage.Received;
        Assert.Equal(429, (await AskAsync(stage, "gpt-4o", 100)).Status);
        Assert.Equal(received, stage.Received);
        var totals = stage.Gateway.Engine.Ledger.TotalsOf(AccountKind.Client, "website", SpendWindow.Day);
        Assert.InRange(totals.Spent.Dollars, 0.0001m, 0.003m);
        Assert.Equal(Usd.Zero, totals.Reserved);
    }

    [Fact]
    public async Task ASpentDay_IsStillSpentAfterARestart()
    {
        using var folder = new StoreFolder();
        decimal spent;
        var budget = new BudgetModel { PerDay = Usd.FromDollars(0.003m) };
        await using (var first = await StageAsync(budget, folder.Store))
        {
            while ((await AskAsync(first, "claude-sonnet-4-5", 100)).Status == 200)
            {
                // until nothing is left
            }

            spent = SpentBy(first);
        }

        await using var second = await StageAsync(budget, folder.Store);
        Assert.Equal(spent, SpentBy(second));
        Assert.Equal(429, (await AskAsync(second, "claude-sonnet-4-5", 100)).Status);
        Assert.Equal(0, second.Received);
    }

    private static decimal SpentBy(GatewayStage stage) => stage.Gateway.Engine.Ledger.TotalsOf(AccountKind.Client, "website", SpendWindow.Day).Spent.Dollars;

    private static Task<RawResponse> AskAsync(GatewayStage stage, string model, int maxTokens) => RawClient.PostAsync(
        stage.Url, model.StartsWith("gpt", StringComparison.Ordinal) ? "/v1/chat/completions" : "/v1/messages",
        $$"""{"model":"{{model}}","max_tokens":{{maxTokens}},"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""", "x-api-key: sk-of-a-client\r\n");

    private static async Task AssertAskedOnceAsync(GatewayStage stage)
    {
        await stage.WaitUntilAsync(stage => stage.Records.Count > 0);
        Assert.Equal(0, stage.Received);
        var record = Assert.Single(stage.Records);
        Assert.Equal((CallOutcome.Refused, FailureKind.BudgetSpent, 0), (record.Outcome, record.Failure!.Kind, record.Sent));
        Assert.Single(stage.Happenings, happening => happening.Kind == "budget");
    }

    private static Task<GatewayStage> StageAsync(BudgetModel budget, StoreModel? store = null) => GatewayStage.StartAsync(change: (policy, _) => policy with
    {
        Store = store ?? policy.Store,
        Prices = new((_, _) => new() { Base = TokenRates.Of(3, 15) }),
        Clients = [new() { Name = "website", KeyHash = SHA256.HashData(Encoding.UTF8.GetBytes("sk-of-a-client")), Budget = budget }],
    });
}
