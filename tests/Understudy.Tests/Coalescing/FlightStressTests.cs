using Understudy.Calls;
using Understudy.Coalescing;
using Understudy.Configuration;
using Understudy.Observation;

namespace Understudy.Tests.Coalescing;

/// <summary>
/// Flights on real threads: a writer that goes on, and clients that come, read slowly, stop and go at any moment. Everybody
/// who hears the end has heard every byte in order, nobody waits for ever, and no memory stays behind.
/// </summary>
public sealed class FlightStressTests
{
    private static long Deadline() => TimeProvider.System.GetTimestamp() + (60 * TimeProvider.System.TimestampFrequency);

    private const int Chunks = 60;

    [Fact]
    public async Task ManyThreads_EveryListenerHearsEveryByte()
    {
        var table = new FlightTable(TimeProvider.System, 7);
        var chance = new Chance(5);
        var heardAll = 0;
        for (var round = 0; round < 150; round++)
        {
            using var leaves = new CancellationTokenSource();
            var request = Request(round);
            var rules = new JoinRules("r", "u", TimeSpan.FromMilliseconds(chance.Next(30) + 1), ShareRule.Never, AcrossClients: false);
            var client = new Ear(chance.Next(3) == 0);
            var record = Record($"us_{round}");
            var flight = new Flight(table, request, record, client, rules, Deadline());
            Assert.Null(table.JoinOrAdd(flight, client));
            flight.Depart(leaves.Token);

            var flying = Task.Run(async () =>
            {
                flight.Begin(new() { Status = 200, RequestId = record.Id });
                for (var chunk = 0; chunk < Chunks; chunk++)
                {
                    if (!await flight.WriteAsync(Chunk(chunk), flight.GivenUp)) break;
                    if ((chunk & 7) == 0) await Task.Yield();
                }

                record.Outcome = flight.GivenUp.IsCancellationRequested ? CallOutcome.Cancelled : CallOutcome.Answered;
                await flight.EndAsync();
            });
            var listeners = Enumerable.Range(0, 6).Select(number => (Slow: chance.Next(3) == 0, Leaves: chance.Next(3) == 0, Number: number)).Select(plan => Task.Run(async () =>
            {
                await Task.Yield();
                var ear = new Ear(plan.Slow);
                var other = new Flight(table, Request(round), Record($"us_{round}_{plan.Number}"), ear, rules, Deadline());
                // Whoever does not find it is a call of its own: not this test's.
                if (table.JoinOrAdd(other, ear) is not { } listener)
                {
                    other.Depart(default);
                    other.Begin(new() { Status = 200, RequestId = other.Id });
                    await other.EndAsync();
                    return;
                }

                using var gone = new CancellationTokenSource();
                var following = listener.FollowAsync(TimeProvider.System, Deadline(), gone.Token);
                if (plan.Leaves) await gone.CancelAsync();
                if (await following != Heard.All || listener.Flight.Outcome != CallOutcome.Answered) return;
                Interlocked.Increment(ref heardAll);
                if (listener.Flight == flight) ear.AssertWhole();
            })).ToArray();
            if (chance.Next(2) == 0) await leaves.CancelAsync();
            await Task.WhenAll(listeners.Append(flying)).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
            if (flight.ClientHasIt && record.Outcome == CallOutcome.Answered) client.AssertWhole();
        }

        Assert.Equal(0, table.Held);
        Assert.NotEqual(0, heardAll);
    }

    [Fact]
    public void Transcript_GivesBackWhatItTook_AtAnyLength()
    {
        var transcript = new Transcript();
        var chance = new Chance(9);
        var all = new List<byte>();
        for (var i = 0; i < 400; i++)
        {
            var piece = new byte[chance.Next(5000)];
            Array.Fill(piece, (byte)i);
            transcript.Append(piece);
            all.AddRange(piece);
            Assert.Equal(all.Count, transcript.Length);
            Assert.InRange(transcript.Capacity, transcript.Length, Math.Max(2048, transcript.Length * 2.1));
        }

        Assert.Equal(all, transcript.ToArray());
        for (var at = 0; at < all.Count; at += 997)
        {
            var piece = transcript.From(at);
            Assert.False(piece.IsEmpty);
            Assert.True(piece.Span.SequenceEqual(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(all).Slice(at, piece.Length)));
        }

        Assert.True(transcript.From(all.Count).IsEmpty);
        transcript.Release();
        Assert.Equal((0, 0), (transcript.Length, transcript.Capacity));
    }

    private static byte[] Chunk(int number) => [.. Enumerable.Repeat((byte)number, 300 + number)];

    private static CallRequest Request(int round) => new() { Protocol = WireProtocol.OpenAIChat, Body = BitConverter.GetBytes((long)round), Facts = new(0, 0, Stream: true, 0, false, false), Model = "m", IsRetry = true };

    private static CallRecord Record(string id) => new() { Id = id, StartedAt = default, Started = 0, Route = "r", UseCase = "u", Protocol = WireProtocol.OpenAIChat, Model = "m" };

    private sealed class Ear(bool slow) : IAnswerSink
    {
        private readonly List<byte> _heard = [];
        private int _inside;

        public void Begin(in AnswerHead head)
        {
        }

        public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            Assert.Equal(1, Interlocked.Increment(ref _inside)); // never two writers
            _heard.AddRange(bytes.Span);
            if (slow) return LaterAsync();
            Interlocked.Decrement(ref _inside);
            return new(true);
        }

        public void Abort()
        {
        }

        public void AssertWhole() => Assert.Equal(Enumerable.Range(0, Chunks).SelectMany(Chunk), _heard);

        private async ValueTask<bool> LaterAsync()
        {
            await Task.Yield();
            Interlocked.Decrement(ref _inside);
            return true;
        }
    }
}
