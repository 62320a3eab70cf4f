using System.Diagnostics;
using Understudy.Benchmarks.Subjects;
using Understudy.Calls;
using Understudy.Coalescing;
namespace Understudy.Tests.Coalescing;
public sealed class TmpMeasure(ITestOutputHelper output)
{
    [Fact]
    public void Measure()
    {
        var body = Bodies.LongRequest(200_000);
        RequestScan.TryScan(body, out var facts);
        var request = new CallRequest { Protocol = WireProtocol.OpenAIChat, Body = body, Facts = facts, Model = "mock-1" };
        var copy = body.ToArray();
        ulong x = 0;
        output.WriteLine($"hash {Min(() => x ^= SameCall.Hash(request, 7), 1000):0.000} us");
        output.WriteLine($"compare {Min(() => x ^= body.AsSpan().SequenceEqual(copy) ? 1UL : 0, 200):0.000} us");
        var s = EngineCall.Stream(20); output.WriteLine($"stream {Min(s.Run, 300):0.000} us");
        var w = EngineCall.Whole(); output.WriteLine($"whole {Min(w.Run, 300):0.000} us");
    }
    private static double Min(Action run, int n)
    {
        for (var i = 0; i < 5000; i++) run();
        Thread.Sleep(300);
        for (var i = 0; i < 5000; i++) run();
        var least = double.MaxValue;
        for (var round = 0; round < 300; round++)
        {
            var at = Stopwatch.GetTimestamp();
            for (var i = 0; i < n / 10; i++) run();
            least = Math.Min(least, Stopwatch.GetElapsedTime(at).TotalMicroseconds / (n / 10));
        }
        return least;
    }
}
