using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Understudy.Simulator.Faults;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Simulator.Tests;

/// <summary>Each fault from the outside: what a client gets, and what the provider counts.</summary>
public sealed class FaultTests
{
    private const string Prompt = "Tell me a story.";

    private static readonly string Whole = AnswerText.For(Prompt, 1);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(100_000)]
    public async Task Cut_ResetsTheConnectionAfterExactlySoManyPieces(int pieces)
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set("cut", after: pieces);

        using var response = await client.MessagesAsync(Client.Message(Prompt, stream: true));
        var (events, broke) = await Client.EventsAsync(response);

        Assert.Equal(SocketError.ConnectionReset, SocketErrorOf(broke));
        Assert.Equal(string.Concat(AnswerText.Pieces(Whole).Take(pieces)), AnthropicStreamTests.Text(events));
        Assert.DoesNotContain(events, e => e.Name is "message_delta" or "message_stop");
        Assert.Equal(Math.Min(pieces, AnswerText.Pieces(Whole).Count), client.Provider.Stats.OutputTokens);
        Assert.Equal(0, client.Provider.Stats.Aborted);
        Assert.Equal(1, client.Provider.Stats.CallsByFault["cut"]);
    }

    [Fact]
    public async Task Eof_EndsCleanlyWithoutTheClosingEvent()
    {
        await using var client = await Client.OpenAIAsync();
        client.Provider.Faults.Set("eof", after: 5);

        using var response = await client.ChatAsync(Client.Chat(Prompt, stream: true));
        var (events, broke) = await Client.EventsAsync(response);

        Assert.Null(broke);
        Assert.Equal(1 + 5, events.Count);
        Assert.All(events, e => Assert.Null(e.Json["choices"]![0]!["finish_reason"]));
    }

    [Fact]
    public async Task TruncatedBody_EndsBeforeItsLengthWithoutAReset()
    {
        await using var client = await Client.OpenAIAsync();
        client.Provider.Faults.Set("truncated_body");

        using var response = await client.ChatAsync(Client.Chat(Prompt));
        var broke = await Assert.ThrowsAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());

        Assert.True(response.Content.Headers.ContentLength > 0);
        Assert.Null(SocketErrorOf(broke));
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("eof")]
    public async Task WholeAnswer_IsStruckInTheMiddle(string kind)
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set(kind);

        using var response = await client.MessagesAsync(Client.Message(Prompt));

        if (kind == "cut") await Assert.ThrowsAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());
        else Assert.ThrowsAny<System.Text.Json.JsonException>(() => JsonNode.Parse(response.Content.ReadAsStringAsync().GetAwaiter().GetResult()));
    }

    [Fact]
    public async Task Hang_NeverAnswersBillsTheInputAndCountsTheAbort()
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set("hang");
        using var leave = new CancellationTokenSource();

        var call = client.MessagesAsync(Client.Message(Prompt), leave.Token);
        await client.Provider.Stats.WaitUntilAsync(stats => stats.InputTokens > 0, TestContext.Current.CancellationToken);
        Assert.False(call.IsCompleted);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        await client.Provider.Stats.WaitUntilAsync(stats => stats.Aborted == 1, TestContext.Current.CancellationToken);
        Assert.Equal(0, client.Provider.Stats.OutputTokens);
    }

    [Fact]
    public async Task HangAfterHeaders_SendsHeadersOnly()
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set("hang_after_headers");

        using (var response = await client.MessagesAsync(Client.Message(Prompt, stream: true)))
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        await client.Provider.Stats.WaitUntilAsync(stats => stats.Aborted == 1, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stall_StopsInTheMiddleAndKeepsTheConnection(bool stream)
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set("stall", after: 3);
        var billed = stream ? 3 : AnswerText.Pieces(Whole).Count;

        using (var response = await client.MessagesAsync(Client.Message(Prompt, stream)))
        {
            var body = await response.Content.ReadAsStreamAsync();
            Assert.True(await body.ReadAsync(new byte[10]) > 0);
            await client.Provider.Stats.WaitUntilAsync(stats => stats.OutputTokens >= billed, TestContext.Current.CancellationToken);
        }

        await client.Provider.Stats.WaitUntilAsync(stats => stats.Aborted == 1, TestContext.Current.CancellationToken);
        Assert.Equal(billed, client.Provider.Stats.OutputTokens);
    }

    [Fact]
    public async Task StallWithSeconds_GoesOnWhenTheClockSaysSo()
    {
        var time = new ManualTime();
        await using var client = await Client.AnthropicAsync(options => options.Time = time);
        client.Provider.Faults.Set(new FaultSpec { Kind = "stall", After = 3, Seconds = 30 });

        using var response = await client.MessagesAsync(Client.Message(Prompt, stream: true));
        var reading = Client.EventsAsync(response);
        await time.TimerSet;
        time.Advance(TimeSpan.FromSeconds(30));
        var (events, broke) = await reading;

        Assert.Null(broke);
        Assert.Equal(Whole, AnthropicStreamTests.Text(events));
        Assert.Equal("message_stop", events[^1].Name);
    }

    [Theory]
    [InlineData(529, "overloaded_error")]
    [InlineData(500, "api_error")]
    [InlineData(429, "rate_limit_error")]
    [InlineData(503, "api_error")]
    [InlineData(403, "permission_error")]
    public async Task Status_SpeaksAnthropic(int code, string type)
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set(new FaultSpec { Kind = "status", Code = code, RetryAfter = 7 });

        using var response = await client.MessagesAsync(Client.Message(Prompt));
        var body = await Client.JsonAsync(response);

        Assert.Equal(code, (int)response.StatusCode);
        Assert.Equal(type, (string?)body["error"]!["type"]);
        Assert.Equal(response.Headers.GetValues("request-id").Single(), (string?)body["request_id"]);
        Assert.Equal(TimeSpan.FromSeconds(7), response.Headers.RetryAfter!.Delta);
        Assert.Equal(0, client.Provider.Stats.InputTokens);
    }

    [Theory]
    [InlineData(429, "rate_limit_exceeded")]
    [InlineData(401, "invalid_api_key")]
    [InlineData(500, null)]
    public async Task Status_SpeaksOpenAI(int code, string? errorCode)
    {
        await using var client = await Client.OpenAIAsync();
        client.Provider.Faults.Set(new FaultSpec { Kind = "status", Code = code });

        using var response = await client.ChatAsync(Client.Chat(Prompt));
        var error = (await Client.JsonAsync(response))["error"]!.AsObject();

        Assert.Equal(code, (int)response.StatusCode);
        Assert.Equal(errorCode, (string?)error["code"]);
        Assert.True(error.ContainsKey("param"));
        Assert.Null(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task StatusOfTheEdge_IsAWebPage()
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set(new FaultSpec { Kind = "status", Code = 530 });

        using var response = await client.MessagesAsync(Client.Message(Prompt));

        Assert.Equal(530, (int)response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task ErrorEvent_ComesInTheStreamAfterThePieces()
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set("error_event", after: 4);

        using var response = await client.MessagesAsync(Client.Message(Prompt, stream: true));
        var (events, broke) = await Client.EventsAsync(response);

        Assert.Null(broke);
        Assert.Equal("error", events[^1].Name);
        Assert.Equal("overloaded_error", (string?)events[^1].Json["error"]!["type"]);
        Assert.Equal(4, events.Count(e => e.Name == "content_block_delta"));
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("html")]
    [InlineData("empty")]
    public async Task UselessBodies_ComeWithA200(string kind)
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set(kind);

        using var response = await client.MessagesAsync(Client.Message(Prompt));
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.ThrowsAny<System.Text.Json.JsonException>(() => JsonNode.Parse(body));
        Assert.Equal(kind == "html" ? "text/html" : "application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(kind == "empty", body.Length == 0);
    }

    [Fact]
    public async Task EmptyAnswer_IsWellFormedAndSaysNothing()
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set("empty_answer");

        using var response = await client.MessagesAsync(Client.Message(Prompt, stream: true));
        var (events, _) = await Client.EventsAsync(response);

        Assert.Equal(["message_start", "message_delta", "message_stop"], events.Select(e => e.Name));
    }

    [Fact]
    public async Task BadKey_IsTheVendors401()
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set("bad_key");

        using var response = await client.MessagesAsync(Client.Message(Prompt));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("authentication_error", (string?)(await Client.JsonAsync(response))["error"]!["type"]);
    }

    [Fact]
    public async Task BadContentType_LeavesTheBodyRight()
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set("bad_content_type");

        using var response = await client.MessagesAsync(Client.Message(Prompt));

        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(Whole, (string?)(await Client.JsonAsync(response))["content"]![0]!["text"]);
    }

    [Fact]
    public async Task Refuse_ResetsBeforeAnyByteAndLeavesTheControlsReachable()
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set("refuse");

        await Assert.ThrowsAsync<HttpRequestException>(() => client.MessagesAsync(Client.Message(Prompt)));
        using var cleared = await client.Http.DeleteAsync("/_sim/faults");
        using var response = await client.MessagesAsync(Client.Message(Prompt));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task StopListening_RefusesConnectionsUntilItListensAgainOnTheSamePort()
    {
        await using var client = await Client.AnthropicAsync();
        var before = client.Provider.BaseUrl;

        await client.Provider.StopListeningAsync();
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.MessagesAsync(Client.Message(Prompt)));
        await client.Provider.StartListeningAsync(TestContext.Current.CancellationToken);
        using var response = await client.MessagesAsync(Client.Message(Prompt));

        Assert.Equal(HttpRequestError.ConnectionError, refused.HttpRequestError);
        Assert.Equal(before, client.Provider.BaseUrl);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task StopListening_ResetsRunningCallsWhichAreNotTheCallersAborts()
    {
        await using var client = await Client.AnthropicAsync();
        using var hold = client.Provider.Gate.PauseNextCall(pieces: 2);
        using var response = await client.MessagesAsync(Client.Message(Prompt, stream: true));
        await hold.Reached;

        await client.Provider.StopListeningAsync();
        var (_, broke) = await Client.EventsAsync(response);

        Assert.NotNull(broke);
        Assert.Equal(0, client.Provider.Stats.Aborted);
    }

    [Fact]
    public async Task RepeatToken_SaysOnePieceOverAndOverUntilMaxTokens()
    {
        await using var client = await Client.AnthropicAsync();
        client.Provider.Faults.Set("repeat_token", after: 2);
        var body = Client.Message(Prompt);
        body["max_tokens"] = 20;

        using var response = await client.MessagesAsync(body);
        var text = (string)(await Client.JsonAsync(response))["content"]![0]!["text"]!;

        var pieces = AnswerText.Pieces(Whole);
        Assert.Equal(pieces[0] + string.Concat(Enumerable.Repeat(pieces[1], 19)), text);
    }

    [Fact]
    public async Task Slow_MultipliesThePace()
    {
        var time = new ManualTime();
        await using var client = await Client.AnthropicAsync(options =>
        {
            options.Time = time;
            options.FirstTokenDelay = TimeSpan.FromSeconds(1);
        });
        client.Provider.Faults.Set(new FaultSpec { Kind = "slow", Factor = 8 });

        var call = client.MessagesAsync(Client.Message(Prompt, stream: true));
        await time.TimerSet;

        Assert.Equal(TimeSpan.FromSeconds(8), time.NextIn);
        Assert.False(call.IsFaulted);
    }

    private static SocketError? SocketErrorOf(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is SocketException socket) return socket.SocketErrorCode;
        }

        return null;
    }
}
