using Understudy.Coalescing;
using Understudy.Failures;
using Understudy.Observation;

namespace Understudy.Pipeline;

/// <summary>A call that takes the answer of another one, and what becomes of a call that was left.</summary>
internal static class Joining
{
    /// <summary>Joins the call that this is a retry of, or that it may share, and hands its answer on.</summary>
    /// <returns>False where the call has to go its own way: then it has a flight that others can join.</returns>
    public static ValueTask<bool> TryJoinAsync(Engine engine, Call call, long deadline, CancellationToken clientLeft)
    {
        // Deferred work has one owner, who does not wait for it.
        var rules = call.IsReplay ? JoinRules.Alone(call.Route.Model.Name, call.UseCase.Name) : JoinRules.Of(call.Route.Model, call.Model.Policy, call.UseCase);
        if (call.EndsWithItsCaller) rules = rules with { Grace = TimeSpan.Zero };
        var client = call.Sink;
        var flight = new Flight(engine.Flights, call.Request, call.Record, client, rules, deadline);
        var joined = engine.Flights.JoinOrAdd(flight, client);
        if (joined is not null) return JoinAsync(engine, call, joined, deadline, clientLeft);
        call.Flight = flight;
        return new(false);
    }

    /// <summary>Says in the record what the joining has made of the call.</summary>
    public static void Conclude(Flight flight, CallRecord record)
    {
        if (record.Outcome != CallOutcome.Cancelled && flight.ClientHasIt) return;
        if (flight.ClientWasSlow)
        {
            // To the pipeline it was one that left; but it was cut off.
            record.Failure = record.Failure is null or { Kind: FailureKind.ClientLeft } ? TooSlow : record.Failure;
            record.Outcome = CallOutcome.Failed;
        }
        else
        {
            record.Outcome = CallOutcome.Cancelled;
            record.Failure ??= new(FailureKind.ClientLeft, "the client left before the end");
        }

        if (flight.IsDelivered) return;
        foreach (var attempt in record.Attempts)
        {
            if (!attempt.Sent || attempt.Failure is not (null or { Kind: FailureKind.ClientLeft }) || attempt.Waste != WasteReason.None) continue;
            attempt.Waste = WasteReason.ClientLeft;
            attempt.WastedTokens = attempt.Usage.Input + attempt.Usage.Output;
        }
    }

    private static Failure TooSlow => new(FailureKind.DeadlineSpent, "the client had not read all of it by the deadline");

    private static async ValueTask<bool> JoinAsync(Engine engine, Call call, Listener listener, long deadline, CancellationToken clientLeft)
    {
        var heard = await listener.FollowAsync(engine.Time, deadline, clientLeft).ConfigureAwait(false);
        // It ended without a word, by a bug or for want of memory: this one is a call like any other again.
        if (heard == Heard.Nothing) return await TryJoinAsync(engine, call, deadline, clientLeft).ConfigureAwait(false);
        Tell(engine, call.Record, listener, heard);
        return true;
    }

    private static void Tell(Engine engine, CallRecord record, Listener listener, Heard heard)
    {
        var flight = listener.Flight;
        record.JoinedTo = flight.Id;
        record.Duration = engine.Time.GetElapsedTime(record.Started);
        record.ServedBy = flight.ServedBy;
        if (listener.Began is { } began) record.FirstContent = engine.Time.GetElapsedTime(record.Started, began);
        record.Outcome = heard switch
        {
            Heard.All => flight.Outcome,
            Heard.Left => CallOutcome.Cancelled,
            Heard.Late or Heard.Lost or Heard.Nothing => CallOutcome.Failed,
        };
        record.Failure = heard switch
        {
            Heard.All => flight.Failure,
            Heard.Left => new(FailureKind.ClientLeft, "the client left"),
            Heard.Late => TooSlow,
            Heard.Lost or Heard.Nothing => new(FailureKind.Saturated, "a joined answer grew beyond what is kept, and this client was behind"),
        };
    }
}
