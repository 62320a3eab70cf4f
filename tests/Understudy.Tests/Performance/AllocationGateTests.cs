using System.Runtime.CompilerServices;
using System.Text.Json;
using Understudy.Benchmarks.Subjects;
using Understudy.Calls;

namespace Understudy.Tests.Performance;

/// <summary>
/// What a call allocates in the engine, held by <c>bench/allocations.json</c>: bytes do not depend on how fast or how
/// busy a machine is, so this can fail where a time could not. A call ends on the thread that began it, and
/// that thread's own counter tells.
/// </summary>
public sealed class AllocationGateTests(ITestOutputHelper output)
{
    private const int Warm = 3000;
    private const int Rounds = 200;

    /// <summary>Runtime versions differ by an object header here and there.</summary>
    private const double Tolerance = 0.02;

    private static readonly Dictionary<string, Func<double>> Measures = new()
    {
        ["stream of 20 chunks"] = () => PerRun(EngineCall.Stream(20).Run),
        ["stream of 20 chunks, each waited for"] = () => PerRun(EngineCall.SlowStream(20).Run),
        ["stream of 20 chunks, Anthropic"] = () => PerRun(EngineCall.AnthropicStream(20).Run),
        ["stream of 20 chunks, translated"] = () => PerRun(EngineCall.TranslatedStream(20).Run),
        ["whole answer"] = () => PerRun(EngineCall.Whole().Run),
        ["whole answer, translated"] = () => PerRun(EngineCall.TranslatedWhole().Run),
        ["one more chunk"] = () => PerChunk(EngineCall.Stream),
        ["one more chunk, waited for"] = () => PerChunk(EngineCall.SlowStream),
        ["one more chunk, Anthropic"] = () => PerChunk(EngineCall.AnthropicStream),
        ["one more chunk, translated"] = () => PerChunk(EngineCall.TranslatedStream),
        ["scan of a 190 KB request"] = () => PerRun(Scan),
    };

    private static readonly byte[] LongRequest = Bodies.LongRequest(190_000);

    public static TheoryData<string> Names => [.. Measures.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void WhatACallAllocates_IsNoMoreThanWritten(string what)
    {
#if DEBUG
        Assert.Skip("Without optimization every async method's state is an object of its own.");
#endif
        var file = PathOfFile();
        var held = JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllText(file))!;
        var bytes = Measures[what]();
        output.WriteLine($"\"{what}\": {bytes:0.#}");
        Assert.True(held.TryGetValue(what, out var most), $"'{what}' is not in {file}: add it with {bytes:0}.");
        Assert.True(
            bytes <= most * (1 + Tolerance),
            $"'{what}' allocates {bytes:0.#} bytes, {most:0} are written in {file}. Find out what is new; if it is worth it, write the new number there and say why in the commit.");
    }

    [Fact]
    public void WatchingAChunk_MustAllocateNothing()
    {
        var held = JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllText(PathOfFile()))!;
        Assert.Equal(0, held["one more chunk"]);
        Assert.Equal(0, held["one more chunk, waited for"]);
        Assert.Equal(0, held["one more chunk, Anthropic"]);
    }

    private static void Scan() => RequestScan.TryScan(LongRequest, out _);

    /// <summary>What a chunk adds: a long stream less a short one.</summary>
    private static double PerChunk(Func<int, EngineCall> call) => (PerRun(call(220).Run) - PerRun(call(20).Run)) / 200;

    private static double PerRun(Action run)
    {
        for (var i = 0; i < Warm; i++) run();
        // Tiers come in the background, and a busy machine moves threads between cores, whose pools are apart: the least of
        // several rounds is what the last tier allocates.
        var least = double.MaxValue;
        for (var round = 0; round < 10; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Rounds; i++) run();
            least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Rounds);
            Thread.Sleep(50);
        }

        return least;
    }

    private static string PathOfFile([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../bench/allocations.json"));
}
