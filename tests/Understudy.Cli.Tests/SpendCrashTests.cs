using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Understudy.Simulator;

namespace Understudy.Cli.Tests;

/// <summary>
/// The program itself, killed (SIGKILL) under load again and again over one store, and asked after each start how much of its
/// budget is spent: no more than the last seconds' spending is missing, and nothing is counted that was never reserved.
/// </summary>
public sealed class SpendCrashTests : IAsyncDisposable
{
    private const int Workers = 4, MostTokens = 200;
    private const decimal InputPrice = 3, OutputPrice = 15; // dollars for a million
    private const string Token = "admin-token-0123456789";

    /// <summary>Each lives for seconds: it is killed less often than the one that only keeps promises.</summary>
    private static readonly int Lives = Math.Max(6, int.Parse(Environment.GetEnvironmentVariable("UNDERSTUDY_CRASHES") ?? "0", CultureInfo.InvariantCulture) / 20);

    /// <summary>What is kept every two seconds is on disk one later, on the slowest machine.</summary>
    private static readonly TimeSpan MostLost = TimeSpan.FromSeconds(3);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("understudy-spend");
    private readonly ConcurrentQueue<(long At, decimal Usd)> _paid = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        _folder.Delete(recursive: true);
        return default;
    }

    [Fact]
    public async Task KilledUnderLoad_TheBudgetIsSpentAsFarAsItWas()
    {
        await using var provider = await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.Anthropic, AnyModel = true }, TestContext.Current.CancellationToken);
        var config = Path.Combine(_folder.FullName, "understudy.yaml");
        await File.WriteAllTextAsync(config, $$"""
            listen: 127.0.0.1:0
            store: sqlite:{{Path.Combine(_folder.FullName, "understudy.db")}}
            admin: { token: {{Token}} }
            providers: { claude: { protocol: anthropic, base_url: {{provider.BaseUrl}}, key: sk-of-the-provider-0123456789 } }
            prices: { claude/*: { input: {{InputPrice}}, output: {{OutputPrice}} } }
            routes:
              - name: all
                match: claude-*
                budget: { usd_per_month: 10000 }
                ladder: [{ target: claude/= }]
            """, TestContext.Current.CancellationToken);
        var seed = Random.Shared.Next();
        TestContext.Current.SendDiagnosticMessage($"crashes with seed {seed}");
        var chance = new Random(seed);
        decimal all = 0; // what was paid
        decimal floor = 0; // what must be known at the next start
        var (kills, mustBe) = (0, false);
        for (var life = 0; life <= Lives; life++)
        {
            using var program = ServedProgram.Start(config, out var address);
            try
            {
                var url = await address;
                var spent = await SpentAsync(url);
                TestContext.Current.SendDiagnosticMessage($"life {life}: {spent} known, of {all} paid; at least {floor}");
                Assert.True(spent >= floor, $"life {life}: {spent} is known of {all}, of which {floor} were known or paid more than {MostLost.TotalSeconds} s before the kill");
                // What was in flight counts as it was reserved, for the provider may bill it.
                Assert.True(spent <= all + (kills * Workers * MostOfOne), $"life {life}: {spent} is more than the {all} that were paid, and all that was ever in flight");
                if (life == Lives) break;

                _paid.Clear();
                using var dead = new CancellationTokenSource();
                var load = Enumerable.Range(0, Workers).Select(_ => LoadAsync(url, dead.Token)).ToArray();
                await Task.Delay(chance.Next(500, 6000), TestContext.Current.CancellationToken);
                program.Kill();
                var killed = TimeProvider.System.GetTimestamp();
                kills++;
                await dead.CancelAsync();
                await Task.WhenAll(load);
                var kept = _paid.Where(one => TimeProvider.System.GetElapsedTime(one.At, killed) > MostLost).Sum(one => one.Usd);
                mustBe |= kept > 0;
                (floor, all) = (spent + kept, all + _paid.Sum(one => one.Usd));
            }
            finally
            {
                program.Kill();
                await program.WaitForExitAsync(TestContext.Current.CancellationToken);
            }
        }

        Assert.True(mustBe, "none lived long enough for anything to be kept");
    }

    /// <summary>What one call may be estimated at: every byte of its question a token, and as many of an answer as it allows.</summary>
    private static decimal MostOfOne => ((200 * InputPrice) + (MostTokens * OutputPrice)) / 1_000_000;

    private async Task LoadAsync(Uri url, CancellationToken dead)
    {
        try
        {
            while (!dead.IsCancellationRequested)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, "v1/messages"))
                {
                    Content = new StringContent($$"""{"model":"claude-x","max_tokens":{{MostTokens}},"messages":[{"role":"user","content":"How much?"}]}""", Encoding.UTF8, "application/json"),
                };
                request.Headers.Add("anthropic-version", "2023-06-01");
                using var response = await _http.SendAsync(request, dead);
                var usage = JsonNode.Parse(await response.Content.ReadAsStringAsync(dead))!["usage"]!;
                _paid.Enqueue((TimeProvider.System.GetTimestamp(), (((int)usage["input_tokens"]! * InputPrice) + ((int)usage["output_tokens"]! * OutputPrice)) / 1_000_000));
            }
        }
        catch (Exception broken) when (broken is HttpRequestException or OperationCanceledException)
        {
            // It is dead.
        }
    }

    private async Task<decimal> SpentAsync(Uri url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url, "admin/status"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var spend = Assert.Single(JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["spend"]!.AsArray())!;
        Assert.Equal(("route", "all", "month"), ((string?)spend["kind"], (string?)spend["name"], (string?)spend["window"]));
        return (decimal)spend["spent_usd"]!;
    }
}
