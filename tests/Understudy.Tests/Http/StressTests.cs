using System.Text;
using Understudy.Http;

namespace Understudy.Tests.Http;

/// <summary>Many exchanges at once, some cancelled at arbitrary points: no answer is ever another's, and nothing is left over.</summary>
public sealed class StressTests
{
    [Fact]
    public async Task CancellingAnywhere_NeverMixesAnswers()
    {
        // The answer names the question, in a chunk or two: a connection that was reused too early would answer the last one.
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            while (await peer.ReadRequestAsync() is { } request)
            {
                var question = request[^8..];
                await peer.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n" + question[..4] + "\r\n");
                await peer.SendAsync("4\r\n" + question[4..] + "\r\n0\r\n\r\n");
            }
        });
        await using var origin = new HttpOrigin(server.Url, new());
        var answered = 0;
        var cancelled = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 200; i++)
            {
                using var source = new CancellationTokenSource();
                var question = Encoding.ASCII.GetBytes($"{worker:0000}{i:0000}");
                var sending = origin.SendAsync(Exchanges.Post(8), question, Timeout.InfiniteTimeSpan, source.Token);
                var cancelAt = random.Next(6);
                var cancelling = cancelAt is 0 ? Task.Run(source.Cancel) : Task.CompletedTask;
                var sent = await sending;
                if (sent.IsAnswered)
                {
                    await using var exchange = sent.Exchange;
                    if (cancelAt is 1) cancelling = Task.Run(source.Cancel);
                    var (body, fault) = await exchange.ReadToEndAsync(source.Token);
                    if (cancelAt is 2) cancelling = Task.Run(source.Cancel);
                    if (fault is null) Assert.Equal(question, body);
                    Check(fault);
                }
                else
                {
                    Check(sent.Fault);
                }

                await cancelling;

                void Check(HttpFault? fault)
                {
                    Assert.True(fault is null || (cancelAt < 2 && fault.Kind == HttpFaultKind.Cancelled), fault?.ToString());
                    if (fault is null) Interlocked.Increment(ref answered);
                    else Interlocked.Increment(ref cancelled);
                }
            }
        })));
        Assert.Equal(16 * 200, answered + cancelled);
        Assert.InRange(answered, 16 * 200 / 2, 16 * 200);
        // At most one a worker; all of them may have ended with a cancelled exchange, so the least is none.
        Assert.InRange(origin.IdleConnections, 0, 16);
    }
}
