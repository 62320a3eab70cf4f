using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Understudy.Configuration;
using Understudy.Gateway.Telemetry;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;

namespace Understudy.Gateway.Tests.Telemetry;

public sealed class MetricsTests
{
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":50,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";
    private const string AskStream = """{"model":"claude-sonnet-4-5","max_tokens":50,"stream":true,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";
    private const string OpenMetrics = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";

    [Fact]
    public async Task Calls_AreInTheScrape_UnderTheContractsNames()
    {
        await using var stage = await GatewayStage.StartAsync();
        await LiveAsync(stage);
        var scrape = await ScrapeAsync(stage);
        Assert.Equal(5, scrape["understudy_requests_total", "route=claude-* use_case=patient outcome=answered served_by=claude/claude-sonnet-4-5"]);
        Assert.Equal(1, scrape["understudy_requests_total", "served_by=openai/gpt-4o"]);
        Assert.Equal(1, scrape["understudy_fallbacks_total", "route=claude-* reason=overloaded"]);
        Assert.Equal(1, scrape["understudy_continued_total", "route=claude-* outcome=answered"]);
        Assert.Equal(1, scrape["understudy_requests_total", "route=none outcome=client_error served_by=none"]);
        Assert.Equal(1, scrape["understudy_provider_available", "provider=claude"]);
        Assert.Equal(0, scrape["understudy_breaker_state", "provider=claude model=claude-sonnet-4-5"]);
        Assert.Equal(0, scrape["understudy_inflight", "use_case=patient"]);
        Assert.Equal(6, scrape["understudy_request_duration_seconds_count", "route=claude-* outcome=answered"]);
        Assert.Equal(2, scrape["understudy_first_token_seconds_count", "route=claude-*"]);
        Assert.Equal(6, scrape["understudy_overhead_seconds_count"]);
        Assert.True(scrape["understudy_tokens_total", "provider=openai model=gpt-4o kind=input"] > 0);
        Assert.Equal(6, scrape["understudy_attempts_total", "provider=claude result=ok"] + scrape["understudy_attempts_total", "provider=claude result=cut_short"]);
        Assert.All(
            ["understudy_requests_total", "understudy_attempts_total", "understudy_tokens_total"],
            name => Assert.Equal("counter", scrape.Families[name].Type));
        Assert.All(
            ["understudy_request_duration_seconds", "understudy_first_token_seconds", "understudy_attempt_duration_seconds", "understudy_overhead_seconds"],
            name => Assert.Equal("histogram", scrape.Families[name].Type));
        Assert.All(["understudy_provider_available", "understudy_breaker_state", "understudy_inflight"], name => Assert.Equal("gauge", scrape.Families[name].Type));
    }

    [Fact]
    public async Task SpendAndWaste_AreWhatTheRecordsSay()
    {
        await using var stage = await PricedAsync();
        await LiveAsync(stage);
        var scrape = await ScrapeAsync(stage);
        var attempts = stage.Records.SelectMany(record => record.Attempts).ToList();
        Assert.Equal((double)attempts.Sum(attempt => attempt.Cost?.Dollars ?? 0), scrape.Samples.Where(sample => sample.Name == "understudy_spend_usd_total").Sum(sample => sample.Value), 9);
        Assert.True(scrape["understudy_spend_usd_total", "provider=claude model=claude-sonnet-4-5 client=anyone"] > 0);
        Assert.Equal(attempts.Sum(attempt => attempt.WastedTokens), (long)scrape.Samples.Where(sample => sample.Name == "understudy_wasted_tokens_total").Sum(sample => sample.Value));
        Assert.True(scrape["understudy_wasted_tokens_total", "provider=claude reason=cut"] > 0);
    }

    [Fact]
    public async Task Histogram_IsCumulative_AndEndsInItsCount()
    {
        await using var stage = await GatewayStage.StartAsync();
        await LiveAsync(stage);
        var scrape = await ScrapeAsync(stage);
        var buckets = scrape.Samples.Where(sample => sample.Name == "understudy_overhead_seconds_bucket").ToList();
        Assert.Equal(14, buckets.Count);
        Assert.Equal(buckets.Select(bucket => bucket.Value).Order(), buckets.Select(bucket => bucket.Value));
        Assert.Equal("+Inf", buckets[^1].Labels["le"]);
        Assert.Equal("0.0001", buckets[0].Labels["le"]);
        Assert.Equal("1.0", buckets[^2].Labels["le"]);
        Assert.Equal(scrape["understudy_overhead_seconds_count"], buckets[^1].Value);
        Assert.True(scrape["understudy_overhead_seconds_sum"] > 0);
    }

    [Theory]
    [InlineData(null, "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("*/*", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("text/html, nonsense;;", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "application/openmetrics-text; version=1.0.0; charset=utf-8")]
    [InlineData("application/openmetrics-text;version=1.0.0;q=0.2,text/plain;version=0.0.4;q=0.5", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("application/openmetrics-text;version=0.0.1", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("application/openmetrics-text;version=1.0.0;q=0", "text/plain; version=0.0.4; charset=utf-8")]
    public void Format_IsWhatTheReaderPrefers(string? accept, string contentType) => Assert.Equal(contentType, Exposition.ContentType(Exposition.Negotiate(accept)));

    [Fact]
    public async Task OpenMetrics_HasItsOwnNamesOfCounters_Units_AndAnEnd()
    {
        await using var stage = await GatewayStage.StartAsync();
        await LiveAsync(stage);
        var text = await ReadAsync(stage, OpenMetrics);
        Assert.Contains("# TYPE understudy_requests counter\n", text, StringComparison.Ordinal);
        Assert.Contains("# UNIT understudy_request_duration_seconds seconds\n", text, StringComparison.Ordinal);
        Assert.Contains("\nunderstudy_requests_total{", text, StringComparison.Ordinal);
        Assert.EndsWith("\n# EOF\n", text, StringComparison.Ordinal);
        Assert.Equal((await ScrapeAsync(stage)).Samples.Count, new Scrape(text[..^"# EOF\n".Length]).Samples.Count);
    }

    [Fact]
    public async Task Labels_AreEscaped()
    {
        await using var stage = await GatewayStage.StartAsync(change: (policy, _) => policy with
        {
            Routes = [policy.Routes[0] with { Name = "back\\slash \"quote\" and\nline é" }],
        });
        await RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
        await stage.OnlyRecordAsync();
        var scrape = await ScrapeAsync(stage);
        Assert.Contains("""route="back\\slash \"quote\" and\nline é",""", scrape.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Promtool_HasNothingToSay()
    {
        Tool.Need("promtool");
        await using var stage = await GatewayStage.StartAsync();
        await LiveAsync(stage);
        var (code, output) = await Tool.RunAsync("promtool", await ReadAsync(stage, null), "check", "metrics");
        Assert.True(code == 0 && output.Length == 0, output);
    }

    [Fact]
    public async Task RealPrometheus_ScrapesIt()
    {
        Tool.Need("prometheus");
        await using var stage = await GatewayStage.StartAsync();
        await LiveAsync(stage);
        var folder = Directory.CreateTempSubdirectory("understudy-prometheus-");
        var config = Path.Combine(folder.FullName, "prometheus.yml");
        await File.WriteAllTextAsync(config, $$"""
            global: { scrape_interval: 200ms, scrape_timeout: 200ms }
            rule_files: [ {{Repository.PathOf("deploy/prometheus/understudy.rules.yml")}} ]
            scrape_configs: [ { job_name: understudy, static_configs: [ { targets: [ "127.0.0.1:{{stage.Url.Port}}" ] } ] } ]
            """, TestContext.Current.CancellationToken);
        var port = FreePort();
        using var prometheus = Tool.Start(
            "prometheus", $"--config.file={config}", $"--storage.tsdb.path={folder.FullName}/data", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error");
        try
        {
            using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}") };
            Assert.Equal("1", await QueryAsync(http, """understudy_requests_total{served_by="openai/gpt-4o",job="understudy"}"""));
            Assert.Equal("1", await QueryAsync(http, """up{job="understudy"}"""));
            Assert.Equal("7", await QueryAsync(http, """sum(understudy_request_duration_seconds_bucket{le="1800.0"})"""));
        }
        finally
        {
            prometheus.Kill();
            await prometheus.WaitForExitAsync(CancellationToken.None);
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Readers_AreThisMachine_TheOperator_AndClients()
    {
        await using var stage = await GatewayStage.StartAsync(change: (policy, _) => policy with
        {
            AdminToken = "the-operator's",
            Clients = [new() { Name = "website", KeyHash = SHA256.HashData(Encoding.UTF8.GetBytes("the-website's")) }],
        });
        // A name that is not this machine's is what a request from elsewhere, or a page in a browser, looks like.
        Assert.Equal(401, await StatusAsync("metrics.example", null));
        Assert.Equal(401, await StatusAsync("metrics.example", "wrong"));
        Assert.Equal(200, await StatusAsync("metrics.example", "the-operator's"));
        Assert.Equal(200, await StatusAsync("metrics.example", "the-website's"));
        Assert.Equal(200, await StatusAsync("127.0.0.1", null));

        async Task<int> StatusAsync(string host, string? token) => (await RawClient.AskAsync(
            stage.Url, $"GET /metrics HTTP/1.1\r\nHost: {host}\r\n{(token is null ? "" : $"Authorization: Bearer {token}\r\n")}\r\n")).Status;
    }

    [Fact]
    public async Task TwoGatewaysInOneProcess_CountApart()
    {
        await using var one = await GatewayStage.StartAsync();
        await using var other = await GatewayStage.StartAsync();
        await RawClient.PostAsync(one.Url, "/v1/messages", Ask);
        await one.OnlyRecordAsync();
        Assert.Equal(1, (await ScrapeAsync(one))["understudy_requests_total"]);
        Assert.DoesNotContain("understudy_requests_total", (await ScrapeAsync(other)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CountingACall_WithTheSdkListening_AllocatesNothing()
    {
        await using var stage = await GatewayStage.StartAsync();
        await RawClient.PostAsync(stage.Url, "/v1/messages", AskStream);
        var record = await stage.OnlyRecordAsync();
        var journal = new Journal();
        using var metrics = new CallMetrics(journal);
        using var reader = new PrometheusReader(metrics);
        for (var i = 0; i < 1000; i++) Once();
        var least = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++) Once();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);

        void Once()
        {
            journal.Begin(record);
            journal.End(record);
        }
    }

    /// <summary>Calls that bring every metric to life: answered, fallen back, cut and continued, turned away.</summary>
    /// <summary>A stage on which everything has a price.</summary>
    internal static Task<GatewayStage> PricedAsync(Func<Policy, Policy>? change = null) => GatewayStage.StartAsync(change: (policy, _) =>
    {
        var priced = policy with { Prices = new((_, _) => new() { Base = TokenRates.Of(3, 15) }) };
        return change is null ? priced : change(priced);
    });

    internal static async Task LiveAsync(GatewayStage stage)
    {
        // Of eight attempts three fail: too few to open a breaker.
        for (var i = 0; i < 3; i++) Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask)).Status);
        Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", AskStream)).Status);
        stage.Claude.Faults.Set(new Simulator.Faults.FaultSpec { Kind = "status", Code = 529, Times = 2 });
        Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask)).Status);
        stage.Claude.Faults.Set(new Simulator.Faults.FaultSpec { Kind = "cut", After = 3, Times = 1 });
        Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", AskStream)).Status);
        stage.Claude.Faults.Clear();
        Assert.Equal(404, (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask.Replace("claude-sonnet", "nobody"))).Status);
        await stage.WaitUntilAsync(now => now.Records.Count == 7);
    }

    internal static async Task<Scrape> ScrapeAsync(GatewayStage stage) => new(await ReadAsync(stage, null));

    private static async Task<string> ReadAsync(GatewayStage stage, string? accept)
    {
        using var http = new HttpClient { BaseAddress = stage.Url };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        if (accept is not null) request.Headers.TryAddWithoutValidation("accept", accept);
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(accept is null ? "text/plain" : "application/openmetrics-text", response.Content.Headers.ContentType!.MediaType);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Asks until there is an answer: another program's pace is not ours to gate.</summary>
    private static async Task<string> QueryAsync(HttpClient prometheus, string query)
    {
        while (true)
        {
            try
            {
                var answer = JsonNode.Parse(await prometheus.GetStringAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}", TestContext.Current.CancellationToken))!;
                if (answer["data"]!["result"] is JsonArray { Count: 1 } result) return (string)result[0]!["value"]![1]!;
            }
            catch (HttpRequestException)
            {
                // It is still starting.
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
