using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Understudy.Simulator;

namespace Understudy.Cli.Tests;

/// <summary>
/// The program itself, killed (SIGKILL) at random instants under load, again and again over one store. Whatever it had
/// accepted is answered in the end, once: nothing that was told with a 202 is lost, and no answer that was seen is ever
/// another one afterwards.
/// </summary>
public sealed class CrashTests : IAsyncDisposable
{
    /// <summary>How often it is killed; a start takes half a second, a twentieth of the native program, which is taken where there is one. More with <c>UNDERSTUDY_CRASHES</c>.</summary>
    private static readonly int Lives = int.Parse(Environment.GetEnvironmentVariable("UNDERSTUDY_CRASHES") ?? "40", CultureInfo.InvariantCulture);

    private static readonly TimeSpan StandStill = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("understudy-crash");
    private readonly ConcurrentDictionary<string, string> _accepted = new(); // id: prompt
    private readonly ConcurrentDictionary<string, string> _seen = new(); // id: the answer as it was read first
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private int _asked;
    private int _changed;

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        _folder.Delete(recursive: true);
        return default;
    }

    [Fact]
    public async Task KilledAtAnyInstant_NothingAcceptedIsLost_AndNothingIsAnsweredTwice()
    {
        await using var provider = await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.Anthropic, AnyModel = true }, TestContext.Current.CancellationToken);
        var config = Path.Combine(_folder.FullName, "understudy.yaml");
        await File.WriteAllTextAsync(config, $$"""
            listen: 127.0.0.1:0
            store: sqlite:{{Path.Combine(_folder.FullName, "understudy.db")}}
            providers: { claude: { protocol: anthropic, base_url: {{provider.BaseUrl}}, key: sk-of-the-provider-0123456789 } }
            routes:
              - match: claude-*
                ladder: [{ target: claude/= }, { defer: {} }]
            """, TestContext.Current.CancellationToken);
        var seed = Random.Shared.Next();
        TestContext.Current.SendDiagnosticMessage($"crashes with seed {seed}");
        var chance = new Random(seed);

        var early = 0;
        for (var life = 0; life < Lives; life++)
        {
            using var program = ServedProgram.Start(config, out var address, native: true);
            // Some do not live to serve: they are killed while they open the store and take up what was left.
            if (chance.Next(5) == 0)
            {
                early++;
                await Task.WhenAny(address, Task.Delay(chance.Next(ServedProgram.StartTakes.Least, ServedProgram.StartTakes.Most)));
            }
            else
            {
                using var dead = new CancellationTokenSource();
                var url = await address;
                var load = Enumerable.Range(0, 4).Select(_ => LoadAsync(url, dead.Token)).Append(ReadAsync(url, dead.Token)).ToArray();
                // After so many promises of this life, and then somewhere between two instructions.
                var enough = _accepted.Count + chance.Next(0, 60);
                while (_accepted.Count < enough && !program.HasExited) await Task.Delay(1);
                await Task.Delay(chance.Next(0, 40));
                program.Kill();
                await dead.CancelAsync();
                await Task.WhenAll(load);
            }

            program.Kill();
            await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var started = TimeProvider.System.GetTimestamp();
        await ReconcileAsync(config);
        TestContext.Current.SendDiagnosticMessage($"reconciled in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s");
        TestContext.Current.SendDiagnosticMessage(
            $"{Lives} kills ({early} before it served): {_asked} asked, {_accepted.Count} accepted and answered, {provider.Stats.Calls} calls of the provider");
        Assert.NotEmpty(_accepted);
    }

    private async Task ReconcileAsync(string config)
    {
        using var last = ServedProgram.Start(config, out var address, native: true);
        try
        {
            var url = await address;
            var left = _accepted.Keys.Where(id => !_seen.ContainsKey(id)).ToHashSet();
            var (fewest, since) = (left.Count, TimeProvider.System.GetTimestamp());
            while (left.Count > 0)
            {
                if (left.Count < fewest) (fewest, since) = (left.Count, TimeProvider.System.GetTimestamp());
                Assert.True(TimeProvider.System.GetElapsedTime(since) < StandStill, $"{left.Count} of {_accepted.Count} accepted are not answered, and none was for {StandStill.TotalSeconds} s; one is {left.First()}");
                foreach (var id in left.ToList())
                {
                    if (await FindAsync(url, id) is not { } answer) continue;
                    Remember(id, answer);
                    left.Remove(id);
                }

                await Task.Delay(50, TestContext.Current.CancellationToken);
            }

            // What was read before is still the same now that all of it is done.
            foreach (var id in _accepted.Keys)
            {
                var answer = await FindAsync(url, id);
                Assert.NotNull(answer);
                Remember(id, answer);
            }

            foreach (var (id, prompt) in _accepted) Assert.Contains(AnswerText.For(AnswerText.Prompt(prompt), 1), (string)JsonNode.Parse(_seen[id])!["content"]![0]!["text"]!, StringComparison.Ordinal);
            Assert.Equal(0, _changed);
            Assert.Equal(_accepted.Count, _seen.Values.Distinct().Count()); // each its own
        }
        finally
        {
            last.Kill();
            await last.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Hands work over as fast as it is taken, until the program is dead.</summary>
    private async Task LoadAsync(Uri url, CancellationToken dead)
    {
        while (!dead.IsCancellationRequested)
        {
            var prompt = string.Create(CultureInfo.InvariantCulture, $"Question {Interlocked.Increment(ref _asked)}?");
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, "v1/messages"))
            {
                Content = new StringContent($$"""{"model":"claude-x","max_tokens":500,"messages":[{"role":"user","content":"{{prompt}}"}]}""", Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("prefer", "respond-async");
            request.Headers.Add("anthropic-version", "2023-06-01");
            try
            {
                using var response = await _http.SendAsync(request, dead);
                // The promise is the 202 itself: who could not read the rest has it in a header.
                if ((int)response.StatusCode == 202) _accepted[response.Headers.GetValues("x-understudy-deferred-id").Single()] = prompt;
            }
            catch (Exception broken) when (broken is HttpRequestException or OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Reads answers while the program lives.</summary>
    private async Task ReadAsync(Uri url, CancellationToken dead)
    {
        try
        {
            while (!dead.IsCancellationRequested)
            {
                foreach (var id in _accepted.Keys.TakeLast(20))
                {
                    if (await FindAsync(url, id, dead) is { } answer) Remember(id, answer);
                }

                await Task.Delay(10, dead);
            }
        }
        catch (Exception broken) when (broken is HttpRequestException or OperationCanceledException)
        {
            // It is dead.
        }
    }

    private void Remember(string id, string answer)
    {
        if (_seen.GetOrAdd(id, answer) != answer) Interlocked.Increment(ref _changed);
    }

    /// <summary>The answer; null while there is none. Anything but waiting, running and done is a failure.</summary>
    private async Task<string?> FindAsync(Uri url, string id, CancellationToken dead = default)
    {
        using var response = await _http.GetAsync(new Uri(url, "v1/deferred/" + id), dead);
        Assert.Equal(200, (int)response.StatusCode);
        var view = JsonNode.Parse(await response.Content.ReadAsStringAsync(dead))!;
        Assert.True((string?)view["status"] is "waiting" or "running" or "done", view.ToJsonString());
        return view["answer"]?.ToJsonString();
    }
}
