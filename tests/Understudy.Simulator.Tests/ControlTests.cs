using System.Net;
using System.Text;
using Understudy.Simulator.Faults;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Simulator.Tests;

/// <summary><c>/_sim</c>, the plan of faults, the numbers and the gate.</summary>
public sealed class ControlTests
{
    [Fact]
    public async Task Put_SetsThePlanAndGetShowsIt()
    {
        await using var client = await Client.AnthropicAsync();

        using var put = await PutAsync(client, """[{"kind":"status","code":503,"body":{"error":"x"},"share":1,"times":1,"models":["claude-sonnet-*"]}]""");
        using var first = await client.MessagesAsync(Client.Message("Hi"));
        using var second = await client.MessagesAsync(Client.Message("Hi"));

        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Contains("\"code\":503", await client.Http.GetStringAsync("/_sim/faults"));
        Assert.Equal(503, (int)first.StatusCode);
        Assert.Equal("""{"error":"x"}""", await first.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.Equal(1, client.Provider.Stats.CallsByFault["status"]);
    }

    [Theory]
    [InlineData("""[{"kind":"hnag"}]""", "did you mean \"hang\"")]
    [InlineData("""[{"kind":"status","cod":1}]""", "did you mean \"code\"")]
    [InlineData("""[{"kind":"hang","share":2}]""", "share is 2: 0 to 1 is wanted")]
    [InlineData("""[{"kind":"cut","after":"x"}]""", "after")]
    [InlineData("""{"kind":"hang"}""", "a list of faults is wanted")]
    [InlineData("nonsense", "'nonsense' is an invalid JSON literal")]
    public async Task WrongPlans_AreRefusedAndTheOldOneStays(string plan, string mistake)
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set("cut", after: 3);

        using var put = await PutAsync(client, plan);

        Assert.Equal(HttpStatusCode.BadRequest, put.StatusCode);
        Assert.Contains(mistake, (string?)(await Client.JsonAsync(put))["error"]);
        Assert.Equal("cut", client.Provider.Faults.Current.Single().Kind);
    }

    [Fact]
    public async Task Share_IsHitAndRepeatsWithTheSeed()
    {
        var hits = new List<string>();
        for (var run = 0; run < 2; run++)
        {
            await using var client = await Client.AnthropicAsync(options => options.Seed = 5);
            client.Provider.Faults.Set(new FaultSpec { Kind = "status", Code = 500, Share = 0.3 });
            var outcomes = new StringBuilder();
            for (var i = 0; i < 60; i++)
            {
                using var response = await client.MessagesAsync(Client.Message("Hi"));
                outcomes.Append(response.IsSuccessStatusCode ? '.' : 'x');
            }

            hits.Add(outcomes.ToString());
            Assert.InRange(client.Provider.Stats.CallsByFault["status"], 8, 30);
        }

        Assert.Equal(hits[0], hits[1]);
    }

    [Fact]
    public async Task Stats_CountCallsTokensAndStatuses()
    {
        await using var client = await Client.AnthropicAsync();
        using var answered = await client.MessagesAsync(Client.Message("Hi"));
        await answered.Content.ReadAsStringAsync();
        using var refused = await client.SendAsync("/v1/messages", "{}");

        var stats = Client.Parse(await client.Http.GetStringAsync("/_sim/stats"));

        Assert.Equal(2, (int?)stats["calls"]);
        Assert.Equal(1, (int?)stats["answered"]);
        Assert.Equal(AnswerText.Pieces(AnswerText.For("Hi", 1)).Count, (int?)stats["tokens_billed"]!["output"]);
        Assert.Equal(1, (int?)stats["calls_by_status"]!["400"]);
        Assert.Equal(1, (int?)stats["calls_by_model"]!["claude-sonnet-4-5"]);
        Assert.Equal([1, 2], client.Provider.Stats.Requests.Select(request => request.Number));
        Assert.Equal("{}", Encoding.UTF8.GetString(client.Provider.Stats.Requests[^1].Body.Span));
        Assert.Equal("2023-06-01", client.Provider.Stats.Requests[0].Headers["anthropic-version"]);
    }

    [Fact]
    public async Task Gate_HoldsTheCallThatIsNamedAndOnlyThatOne()
    {
        await using var client = await Client.AnthropicAsync();
        using var hold = client.Provider.Gate.HoldCall(1);

        var held = client.MessagesAsync(Client.Message("Hi"));
        await hold.Reached;
        using var passing = await client.MessagesAsync(Client.Message("Hi"));
        Assert.False(held.IsCompleted);
        hold.Release();
        using var released = await held;

        Assert.Equal(HttpStatusCode.OK, passing.StatusCode);
        Assert.Equal(HttpStatusCode.OK, released.StatusCode);
    }

    [Fact]
    public async Task AbortInTheMiddle_BillsWhatWasProduced()
    {
        await using var client = await Client.AnthropicAsync();
        using var hold = client.Provider.Gate.PauseNextCall(pieces: 4);

        using (await client.MessagesAsync(Client.Message("Hi", stream: true))) await hold.Reached;

        await client.Provider.Stats.WaitUntilAsync(stats => stats.Aborted == 1, TestContext.Current.CancellationToken);
        Assert.Equal(4, client.Provider.Stats.OutputTokens);
        Assert.Equal(0, client.Provider.Stats.Answered);
    }

    [Fact]
    public async Task CachedHead_IsWrittenOnceAndReadAfterwards()
    {
        await using var client = await Client.AnthropicAsync();
        var body = Client.Message("Hi");
        body["system"] = System.Text.Json.Nodes.JsonNode.Parse($$"""[{"type":"text","text":"{{new string('x', 8000)}}","cache_control":{"type":"ephemeral"} }]""");

        using var first = await client.MessagesAsync(body);
        using var second = await client.MessagesAsync(body);

        Assert.True((int)(await Client.JsonAsync(first))["usage"]!["cache_creation_input_tokens"]! > 0);
        Assert.True((int)(await Client.JsonAsync(second))["usage"]!["cache_read_input_tokens"]! > 0);
    }

    private static Task<HttpResponseMessage> PutAsync(Client client, string plan) =>
        client.Http.PutAsync("/_sim/faults", new StringContent(plan, Encoding.UTF8, "application/json"));
}
