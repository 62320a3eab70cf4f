using System.Diagnostics;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>A real disk that fills up under a running gateway.</summary>
public sealed class StoreTroubleTests
{
    private const string Auth = "authorization: Bearer admin-token-0123456789\r\n";
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":50,"messages":[{"role":"user","content":"Why?"}]}""";

    [Fact]
    public async Task FullDisk_CallsAndOrdersGoOn_AndAreCaughtUpWhenThereIsRoom()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("needs a tmpfs");
        var disk = Directory.CreateTempSubdirectory("understudy-disk").FullName;
        if (await RunAsync("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk) != 0)
        {
            Directory.Delete(disk);
            Assert.Skip("this user may not mount a small disk; the store's own tests set a quota instead");
        }

        try
        {
            Policy Stored(Policy policy) => policy with
            {
                AdminToken = "admin-token-0123456789",
                Store = new() { Kind = StoreKind.Sqlite, Location = Path.Combine(disk, "understudy.db") },
                Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder, new CacheRung()] })],
            };
            var time = new ManualTime();
            await using (var stage = await GatewayStage.StartAsync(change: (policy, _) => Stored(policy), time: time))
            {
                Assert.Equal("""{"status":"ready"}""", (await ReadyAsync(stage)).Text);
                await FillAsync(disk);

                // What is ordered holds, what is asked is answered, and both are told that the disk is full.
                var killed = await RawClient.PostAsync(stage.Url, "/admin/kill", """{"what":"claude","why":"red"}""", Auth);
                Assert.Equal((200, false), (killed.Status, (bool)killed.Json["survives_restart"]!));
                for (var i = 0; i < 3; i++) Assert.Equal("openai/gpt-4o", (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask))["x-understudy-served-by"]);
                Assert.Equal(0, stage.Claude.Stats.Calls);
                await stage.WaitUntilAsync(one => one.Happenings.Any(happening => happening.Kind == "store" && happening.Text.Contains("takes nothing in", StringComparison.Ordinal)));
                var ready = await ReadyAsync(stage);
                Assert.Equal((200, """{"status":"ready","store":"in trouble"}"""), (ready.Status, ready.Text));

                File.Delete(Path.Combine(disk, "filler"));
                time.Advance(TimeSpan.FromSeconds(6));
                await stage.WaitUntilAsync(one => one.Happenings.Any(happening => happening.Kind == "store" && happening.Text.Contains("well again", StringComparison.Ordinal)));
            }

            await using var again = await GatewayStage.StartAsync(change: (policy, _) => Stored(policy));
            Assert.Equal("claude", Assert.Single(again.Gateway.Engine.Overrides.InForce).What);
        }
        finally
        {
            await RunAsync("umount", disk);
            Directory.Delete(disk, recursive: true);
        }
    }

    [Fact]
    public async Task FullDisk_NothingIsPromised_AndWhatWasPromisedIsDone()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("needs a tmpfs");
        var disk = Directory.CreateTempSubdirectory("understudy-disk").FullName;
        if (await RunAsync("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk) != 0)
        {
            Directory.Delete(disk);
            Assert.Skip("this user may not mount a small disk; the store's own tests set a quota instead");
        }

        try
        {
            await using var stage = await GatewayStage.StartAsync(change: (policy, _) => policy with
            {
                AdminToken = "admin-token-0123456789",
                Store = new() { Kind = StoreKind.Sqlite, Location = Path.Combine(disk, "understudy.db") },
                Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder, new DeferRung(), new NoticeRung { Words = new() { Text = "Our assistant is resting for a while." }, Degraded = true }] })],
            });
            await RawClient.PostAsync(stage.Url, "/admin/kill", """{"what":"all","why":"test"}""", Auth);
            var promised = new List<string>();
            for (var i = 0; i < 3; i++) promised.Add((await RawClient.PostAsync(stage.Url, "/v1/messages", Ask))["x-understudy-deferred-id"]!);
            await FillAsync(disk);
            var large = Ask.Replace("Why?", new string('y', 20_000), StringComparison.Ordinal);
            for (var i = 0; i < 3; i++)
            {
                var told = await RawClient.PostAsync(stage.Url, "/v1/messages", large);
                Assert.Equal((200, "notice", (string?)null), (told.Status, told["x-understudy-served-by"], told["x-understudy-deferred-id"]));
            }

            await stage.WaitUntilAsync(one => one.Happenings.Any(happening => happening.Kind == "store" && happening.Text.Contains("nothing is accepted for later", StringComparison.Ordinal)));
            Assert.Equal(200, (await RawClient.AskAsync(stage.Url, $"GET /v1/deferred/{promised[0]} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).Status); // it can be asked

            File.Delete(Path.Combine(disk, "filler"));
            await RawClient.PostAsync(stage.Url, "/admin/revive", """{"what":"all","why":"test"}""", Auth);
            await stage.WaitUntilAsync(one => promised.All(one.Finished.Contains));
            Assert.Equal(3, stage.Finished.Count); // and nothing that was refused
            Assert.Equal("defer", (await RawClient.PostAsync(stage.Url, "/v1/messages", large, "prefer: respond-async\r\n"))["x-understudy-served-by"]);
        }
        finally
        {
            await RunAsync("umount", disk);
            Directory.Delete(disk, recursive: true);
        }
    }

    private static Task<RawResponse> ReadyAsync(GatewayStage stage) => RawClient.AskAsync(stage.Url, "GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

    private static async Task FillAsync(string disk)
    {
        await using var filler = new FileStream(Path.Combine(disk, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true) filler.Write(new byte[512]);
        }
        catch (IOException)
        {
            // Full: that is what was wanted.
        }
    }

    private static async Task<int> RunAsync(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1; // there is no such command
        }
    }
}
