using System.Text.Json;
using Microsoft.Extensions.AI;
using Understudy.Benchmarks.Subjects;
using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.Extensions.AI.Tests;

/// <summary>What a call of a program allocates, from its messages to its response, held by <c>bench/allocations.json</c>.</summary>
public sealed class AllocationTests(ITestOutputHelper output)
{
    private const int Warm = 2000;
    private const int Rounds = 200;
    private const double Tolerance = 0.03;

    private static readonly List<ChatMessage> Messages = [new(ChatRole.System, "You are a prompter."), new(ChatRole.User, "Why does the curtain rise again?")];
    private static readonly ChatOptions Options = new() { ModelId = "mock-1", MaxOutputTokens = 1000 };

    public static TheoryData<string> Names => ["library, whole answer", "library, stream of 20 chunks", "library, one more chunk"];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task WhatACallAllocates_IsNoMoreThanWritten(string what)
    {
#if DEBUG
        Assert.Skip("Without optimization every async method's state is an object of its own.");
#endif
        var file = PathOfFile();
        var held = JsonSerializer.Deserialize<Dictionary<string, double>>(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
        var bytes = what switch
        {
            "library, whole answer" => await PerCallAsync(new("application/json", Bodies.ChatAnswer), stream: false),
            "library, stream of 20 chunks" => await PerCallAsync(Stream(20), stream: true),
            _ => (await PerCallAsync(Stream(220), stream: true) - await PerCallAsync(Stream(20), stream: true)) / 200,
        };
        output.WriteLine($"\"{what}\": {bytes:0.#}");
        Assert.True(held.TryGetValue(what, out var most), $"'{what}' is not in {file}: add it with {bytes:0}.");
        Assert.True(bytes <= most * (1 + Tolerance), $"'{what}' allocates {bytes:0.#} bytes, {most:0} are written in {file}.");
    }

    private static MemoryProvider Stream(int chunks) => new("text/event-stream", Bodies.ChatStream(chunks));

    private static async Task<double> PerCallAsync(MemoryProvider provider, bool stream)
    {
        var model = new ProviderModel { Name = "mock", Protocol = WireProtocol.OpenAIChat, BaseUrl = new("http://mock.test"), Key = "sk-test" };
        var policy = new Policy { Providers = [model], Routes = [new() { Name = "bench", Match = ["*"], Ladder = [new TargetRung { Targets = [new() { Provider = model }] }] }] };
        await using var runtime = UnderstudyRuntime.Start(policy, new() { Transport = provider, Chance = new(7) });
        var chat = runtime.ChatClient();
        for (var i = 0; i < Warm; i++) Run(chat, stream);
        var least = double.MaxValue;
        for (var round = 0; round < 10; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Rounds; i++) Run(chat, stream);
            least = Math.Min(least, (double)(GC.GetAllocatedBytesForCurrentThread() - before) / Rounds);
        }

        return least;
    }

    /// <summary>The provider answers at once, so a call ends on the thread that began it.</summary>
    private static void Run(UnderstudyChatClient chat, bool stream)
    {
        var running = stream ? ReadAsync(chat) : chat.GetResponseAsync(Messages, Options);
        if (!running.IsCompletedSuccessfully) throw new InvalidOperationException("The call waited for something, or failed.");
    }

    private static async Task ReadAsync(UnderstudyChatClient chat)
    {
        await foreach (var update in chat.GetStreamingResponseAsync(Messages, Options))
        {
            _ = update;
        }
    }

    private static string PathOfFile()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Understudy.slnx"))) at = at.Parent;
        return Path.Combine(at?.FullName ?? throw new InvalidOperationException("Run the tests inside the source tree."), "bench", "allocations.json");
    }
}
