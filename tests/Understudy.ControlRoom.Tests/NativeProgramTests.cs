using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.Playwright;
using Understudy.Configuration;
using Understudy.ControlRoom.Tests.Support;
using Understudy.Gateway.Tests.Support;
using Understudy.Simulator;
using static Understudy.ControlRoom.Tests.Support.RoomPage;

namespace Understudy.ControlRoom.Tests;

/// <summary>
/// The native program, as it is published (decision 0029). What was left out of it shows only when it is used, so each of its rooms
/// is entered once. <c>UNDERSTUDY_NATIVE</c> names the program; <c>.ci/run</c> publishes one where there is a linker.
/// </summary>
public sealed class NativeProgramTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    private const string Question = """{"model":"claude-sonnet-4-5","max_tokens":500,"stream":true,"messages":[{"role":"user","content":"Why does the curtain rise?"}]}""";
    private static readonly string? Native = Environment.GetEnvironmentVariable("UNDERSTUDY_NATIVE");

    private readonly StoreFolder _folder = new();
    private readonly HttpClient _http = new() { DefaultRequestHeaders = { { "anthropic-version", "2023-06-01" } } };
    private SimulatedProvider _claude = null!;
    private SimulatedProvider _openai = null!;

    public async ValueTask InitializeAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        _claude = await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.Anthropic, AnyModel = true }, cancellation);
        _openai = await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.OpenAI, AnyModel = true }, cancellation);
        await File.WriteAllTextAsync(Config, $$"""
            listen: 127.0.0.1:0
            store: sqlite:{{Path.Combine(_folder.Folder, "native.db")}}
            admin:
              token: {{RoomStage.Token}}
              operators: [{ name: ana, role: admin, password_hash: "{{PasswordHash.Make(RoomStage.Password)}}" }]
            providers:
              claude: { protocol: anthropic, base_url: {{_claude.BaseUrl}}, key: sk-of-the-provider-0123456789 }
              openai: { protocol: openai, base_url: {{new Uri(_openai.BaseUrl, "v1")}}, key: sk-of-the-provider-0123456789 }
            routes:
              - match: claude-*
                ladder: [{ target: claude/= }, { target: openai/gpt-5 }, { defer: {} }]
            """, cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _claude.DisposeAsync();
        await _openai.DisposeAsync();
        _folder.Dispose();
    }

    private string Config => Path.Combine(_folder.Folder, "understudy.yaml");

    [Fact]
    public async Task ItServes_MovesACall_PutsOneOff_ShowsItInTheRoom_AndStops()
    {
        using var program = Start(["serve", "--config", Config, "--log", "text"], out var address);
        try
        {
            var url = await address;
            var (served, whole) = await AskAsync(url);
            Assert.Equal("claude/claude-sonnet-4-5", served);
            _claude.Faults.Set("refuse");
            var (standIn, moved) = await AskAsync(url);
            Assert.Equal("openai/gpt-5", standIn);
            Assert.Contains("message_stop", whole, StringComparison.Ordinal);
            Assert.Contains("message_stop", moved, StringComparison.Ordinal);

            await using var room = await chromium.OpenAsync(url);
            await room.EnterAsync("ana");
            await Expect(room.Says).ToContainTextAsync("openai", new() { Timeout = 20_000 });
            await room.Page.Locator("button.pick").First.ClickAsync();
            await Expect(room.Page.Locator(".facts")).ToContainTextAsync("asked for claude-sonnet-4-5");
            await room.Card("openai").GetByRole(AriaRole.Button, new() { Name = "Kill" }).FocusAsync();
            await room.Page.Keyboard.PressAsync("Enter");
            await Expect(room.Page.GetByLabel("Why?")).ToBeFocusedAsync();
            await room.Page.Keyboard.TypeAsync("a rehearsal");
            await room.Page.Keyboard.PressAsync("Enter");
            await Expect(room.Page.Locator(".notice.ordered")).ToContainTextAsync("openai is killed by ana", new() { Timeout = 20_000 });
            Assert.Empty(room.Complaints);

            using var later = await PostAsync(url, later: true);
            Assert.Equal(HttpStatusCode.Accepted, later.StatusCode);
            using var kept = await _http.GetAsync(new Uri(url, "v1/deferred/" + later.Headers.GetValues("x-understudy-deferred-id").Single()), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, kept.StatusCode);
            Assert.Contains("understudy_requests_total{", await _http.GetStringAsync(new Uri(url, "metrics"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
            using var status = new HttpRequestMessage(HttpMethod.Get, new Uri(url, "admin/status")) { Headers = { { "authorization", "Bearer " + RoomStage.Token } } };
            using var told = await _http.SendAsync(status, TestContext.Current.CancellationToken);
            Assert.Contains("a rehearsal", await told.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

            using var stop = Process.Start("kill", ["-TERM", program.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await program.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, program.ExitCode);
        }
        finally
        {
            program.Kill();
        }
    }

    [Theory]
    [InlineData(0, "check", "--config", "{config}")]
    [InlineData(0, "explain", "--config", "{config}")]
    [InlineData(0, "drill", "claude-2026-06-02", "--rate", "0.02", "--against", "all", "--report", "{folder}/drill.html", "--json", "{folder}/drill.json")]
    [InlineData(2, "demo", "--fast")]
    [InlineData(2, "provider", "--protocol", "anthropic")]
    public async Task ItsOtherVerbs_Work_OrSayWhereTheyAre(int exit, params string[] arguments)
    {
        using var program = Start([.. arguments.Select(one => one.Replace("{config}", Config, StringComparison.Ordinal).Replace("{folder}", _folder.Folder, StringComparison.Ordinal))], out _);
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(exit, program.ExitCode);
    }

    private async Task<(string ServedBy, string Text)> AskAsync(Uri url)
    {
        using var response = await PostAsync(url);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (response.Headers.GetValues("x-understudy-served-by").Single(), await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private async Task<HttpResponseMessage> PostAsync(Uri url, bool later = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, "v1/messages")) { Content = new StringContent(Question, Encoding.UTF8, "application/json") };
        if (later) request.Headers.Add("prefer", "respond-async");
        return await _http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static Process Start(IEnumerable<string> arguments, out Task<Uri> address)
    {
        Assert.SkipUnless(Native is not null, "UNDERSTUDY_NATIVE names no native program (.ci/run publishes one where there is a linker).");
        var found = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var program = Process.Start(new ProcessStartInfo(Native!, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        program.ErrorDataReceived += (_, line) =>
        {
            if (line.Data?.IndexOf("serves on http://", StringComparison.Ordinal) is >= 0 and var at) found.TrySetResult(new(line.Data[(at + "serves on ".Length)..].Split(' ')[0] + "/"));
            else if (line.Data is null) found.TrySetException(new InvalidOperationException("It ended before it served."));
        };
        program.OutputDataReceived += (_, _) => { };
        program.BeginErrorReadLine();
        program.BeginOutputReadLine();
        address = found.Task;
        return program;
    }
}
