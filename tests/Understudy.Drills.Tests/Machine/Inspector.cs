using System.Text.Json;
using Understudy.Calls;
using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Drills.Reading;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Pipeline;
using Understudy.Spending;

namespace Understudy.Drills.Tests.Machine;

/// <summary>The design's invariants, as they can be seen from outside the engine.</summary>
internal static class Inspector
{
    /// <summary>What timers' rounding up to a millisecond adds.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(10);

    /// <summary>Owners of timers that stay: a prober's watch of a target, a probe under way, the end of an operator's order or pin, and who sweeps what is kept.</summary>
    private static readonly string[] Lasting = ["Watch", "CancellationTokenSource", "OperatorOverrides", "RoutePins", "DeferralWorker"];

    private const int BadStatus = 400;

    /// <summary>What the retry budget keeps.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(10);

    /// <summary>A call has ended.</summary>
    public static void Ended(MachineWorld world, MachineHost host, MachineCall call)
    {
        var (record, sink) = (call.Record, call.Sink);
        if (record.Outcome == CallOutcome.Running) world.Broken("one outcome", $"{record.Id} has none");
        if (record.Sent > call.Route.MaxAttempts + call.People) world.Broken("attempts", $"{record.Id} made {record.Sent}, and its route allows {call.Route.MaxAttempts}");
        // An answer that is whole goes out in one piece; how fast that is read is the connection's matter.
        var reading = sink.Head is { ContentLength: null, ServedBy: not ("notice" or "cache" or "human" or "defer") } ? TimeSpan.Zero : sink.Waited;
        if (record.Duration > call.Longest + Slack + reading) world.Broken("deadline", $"{record.Id} took {record.Duration}, and had {call.Longest}");
        // Whoever has joined keeps its host, as long as its own deadline says, and the grace time begins anew when it leaves.
        var all = world.Time.Elapsed - world.LastJoined(record.Id, call.Drill.Plan.At);
        if (all > call.Longest + call.Grace + Slack + sink.Waited) world.Broken("deadline", $"{record.Id} held its host for {all}, and had {call.Longest} and {call.Grace} of grace");
        if (call.HasLeft) return;
        if (sink.Head is null && !sink.Aborted) world.Broken("told", $"{record.Id} ended as {record.Outcome}, and its client was told nothing");
        else if (record.Outcome == CallOutcome.Cancelled) world.Broken("one outcome", $"{record.Id} is cancelled, and nobody left");
        else if (record.Outcome is CallOutcome.Answered or CallOutcome.Degraded) Whole(world, call);
        else if (record.Outcome == CallOutcome.Deferred) PutOff(world, call);
        else NotWhole(world, call);
    }

    /// <summary>Nothing is asked any more: nothing may be held.</summary>
    public static void AtRest(MachineWorld world)
    {
        var host = world.Host;
        if (host is null || world.Running > 0)
        {
            world.Broken("one outcome", $"{world.Running} calls never ended");
            return;
        }

        var engine = host.Engine;
        if (host.CallsEnded != host.Records.Count) world.Broken("one outcome", $"{host.Records.Count} calls were taken, and {host.CallsEnded} ended");
        if (engine.Flights.Held != 0) world.Broken("nothing held", $"{engine.Flights.Held} bytes are kept for nobody");
        if (engine.Inboxes.Waiting.Count != 0) world.Broken("nothing held", $"{engine.Inboxes.Waiting.Count} questions wait for people whose callers are gone");
        if (host.RepliesOpen != 0) world.Broken("nothing held", $"{host.RepliesOpen} replies were never let go of");
        foreach (var state in engine.Targets.All.Where(state => state.UnderWay.Count != 0)) world.Broken("nothing held", $"{state.UnderWay.Count} attempts are under way at {state.Target}");
        foreach (var (owner, count) in host.Time.Set.Where(timer => !Lasting.Contains(timer.Owner))) world.Broken("nothing held", $"{count} timers of {owner} are set");
        foreach (var one in world.Hosts.Where(one => !one.IsDead)) Money.Check(world, one);
        Attempts(world, host);
    }

    /// <summary>The breakers that are not closed although nothing keeps them open.</summary>
    public static IEnumerable<TargetState> Unwell(MachineWorld world)
    {
        var engine = world.Host!.Engine;
        var policy = engine.Model.Policy;
        if (policy.Breaker.Probe == ProbeKind.Traffic) return []; // without calls there is no evidence
        return engine.Targets.All.Where(state => state.Breaker.State != BreakerState.Closed
            && !engine.IsKilled(policy, state.Target.Provider.Name, state.Target.Name) && policy.Providers.Contains(state.Target.Provider));
    }

    /// <summary>All has been well for hours.</summary>
    public static void Recovered(MachineWorld world)
    {
        foreach (var state in Unwell(world)) world.Broken("recovery needs nobody", $"{state.Target} is {state.Breaker.State.Word()} after hours in which it was well");
        foreach (var (owner, count) in world.Host!.Time.Set.Where(timer => !Lasting.Contains(timer.Owner))) world.Broken("nothing held", $"{count} timers of {owner} are set in the end");
    }

    private static void Whole(MachineWorld world, MachineCall call)
    {
        var (record, sink) = (call.Record, call.Sink);
        if (sink.Head is not { Status: 200 } head || sink.Aborted)
        {
            world.Broken("never presented whole", $"{record.Id} is {record.Outcome}, and its client got {(sink.Aborted ? "a broken connection" : sink.Head?.Status)}");
            return;
        }

        // Who was told that a person is asked was told so before anybody knew who answers.
        var announced = head.ServedBy == "human" && record.ServedBy != "human";
        if (head.Degraded != (record.Outcome == CallOutcome.Degraded) && !record.Continued && !announced && record.JoinedTo is null) world.Broken("degraded says so", $"{record.Id} is {record.Outcome}, and its client heard {(head.Degraded ? "degraded" : "nothing of it")}");
        if (call.Wish.Counts) return;
        var read = AnswerReader.Read(record.Protocol, call.Wish.Stream, sink.Bytes);
        var fits = record.ServedBy switch
        {
            "notice" => read is { Mistake: null, Failed: false, Closed: true, Text: PolicyMaker.Notice },
            "human" => read is { Mistake: null, Failed: false, Closed: true, Text: PolicyMaker.Person },
            _ => read.Agrees(call.Drill, whole: true),
        };
        if (!fits) world.Broken("well formed", $"{record.Id} is {record.Outcome} by {record.ServedBy}, and its client read: {read.Mistake ?? (read.Failed ? "an error" : read.Closed ? $"other words: {read.Text}" : $"no end: {read.Text}")}");
    }

    /// <summary>It is promised for later: by a 202 with its number, or by a whole answer that says so.</summary>
    private static void PutOff(MachineWorld world, MachineCall call)
    {
        var (record, sink) = (call.Record, call.Sink);
        if (sink.Aborted) return;
        // Who was told that a person is asked has had its headers: the number is in the text, where the operator's words name it.
        var announced = sink.Head is { ServedBy: "human", Status: 200 };
        if (!announced && (sink.Head is not { ServedBy: "defer", Status: 200 or 202 } || sink.DeferredId is null))
        {
            world.Broken("told", $"{record.Id} is kept for later, and its client was told {sink.Head?.Status} by {sink.Head?.ServedBy}, number {sink.DeferredId}");
            return;
        }

        if (sink.Head is { Status: 202 })
        {
            using var told = JsonDocument.Parse(sink.Bytes);
            if (told.RootElement.GetProperty("id").GetString() != sink.DeferredId) world.Broken("told", $"{record.Id} is kept, and its client got another number");
            return;
        }

        var read = AnswerReader.Read(record.Protocol, call.Wish.Stream, sink.Bytes);
        if (read is not { Mistake: null, Failed: false, Closed: true, Text: PolicyMaker.Later }) world.Broken("well formed", $"{record.Id} is kept for later, and its client read: {read.Mistake ?? read.Text}");
    }

    private static void NotWhole(MachineWorld world, MachineCall call)
    {
        var (record, sink) = (call.Record, call.Sink);
        if (sink.Head is not { } head) return; // broken off before a word: a client's library says so
        if (head.Status >= BadStatus)
        {
            Error(world, call);
            return;
        }

        if (call.Wish.Stream)
        {
            if (sink.Aborted) return; // what it was sent last it may never have read
            var read = AnswerReader.Read(record.Protocol, stream: true, sink.Bytes);
            if (!read.Agrees(call.Drill, whole: false)) world.Broken("never presented whole", $"{record.Id} is {record.Outcome}, and its client read: {read.Mistake ?? (read.Closed ? $"an end: {read.Text}" : $"other words: {read.Text}")}");
        }
        else if (!sink.Aborted)
        {
            world.Broken("never presented whole", $"{record.Id} is {record.Outcome}, and its client got a 200");
        }
    }

    private static void Error(MachineWorld world, MachineCall call)
    {
        var bytes = call.Sink.Bytes;
        if (bytes is [(byte)'<', ..]) return; // the upstream's own page: nobody else was asked
        try
        {
            using var document = JsonDocument.Parse(bytes);
            if (!document.RootElement.TryGetProperty("error", out var error) || !error.TryGetProperty("message", out _)) world.Broken("well formed", $"{call.Record.Id} got an error without a message");
        }
        catch (JsonException malformed)
        {
            world.Broken("well formed", $"{call.Record.Id} got an error that is no JSON: {malformed.Message}");
        }
    }

    /// <summary>Attempts ≤ what ladders ask for + retries within the budget + hedges within theirs.</summary>
    private static void Attempts(MachineWorld world, MachineHost host)
    {
        var told = host.Records.Sum(record => record.Sent);
        if (told < host.Sent) world.Broken("attempts", $"{told} are told of, and providers saw {host.Sent}");
        RetryBudget(world, host);
        var hedges = host.Records.Sum(record => record.Attempts.Count(attempt => attempt is { Hedge: true, Sent: true }));
        var most = host.Policies.SelectMany(policy => policy.Routes).Max(route => route.Hedge?.Share ?? 0) * host.Records.Count;
        if (hedges > most) world.Broken("attempts", $"{hedges} hedges, and {most:0.#} are allowed");
    }

    /// <summary>In every stretch of time: no more retries than were saved up, flowed in and were paid in by calls.</summary>
    private static void RetryBudget(MachineWorld world, MachineHost host)
    {
        var ratio = host.Policies.Max(policy => policy.Retry.BudgetRatio);
        var floor = host.Policies.Max(policy => policy.Retry.BudgetFloorPerSecond);
        var saved = host.Policies.Sum(policy => Math.Max(policy.Retry.BudgetFloorPerSecond * Kept.TotalSeconds, 1)); // each reload begins with a full one
        var calls = host.Records.Select(record => TimeSpan.FromTicks(record.Started)).Order().ToList();
        // A ladder that begins anew below a person takes one out for all of it.
        var retries = host.Records.Where(record => !record.AskedPerson).SelectMany(Retries).Order().ToList();
        for (var from = 0; from < retries.Count; from++)
        {
            for (var to = from; to < retries.Count; to++)
            {
                var paid = calls.Count(at => at >= retries[from] - (Kept * 10) && at <= retries[to]); // what was paid in earlier has faded
                var allowed = saved + (floor * (retries[to] - retries[from]).TotalSeconds) + (ratio * paid);
                if (to - from + 1 <= allowed + 0.1) continue;
                world.Broken("attempts", $"{to - from + 1} retries from {retries[from].TotalSeconds:0.000} s to {retries[to].TotalSeconds:0.000} s, and the budget allows {allowed:0.##}");
                return;
            }
        }
    }

    /// <summary>When attempts of one call were taken out of the budget: at a target that it had asked before, on the same rung, for the same thing.</summary>
    private static IEnumerable<TimeSpan> Retries(CallRecord record)
    {
        foreach (var attempts in record.Attempts.Where(attempt => attempt is { Sent: true, Hedge: false }).GroupBy(attempt => (attempt.Rung, attempt.Target)))
        {
            AttemptRecord? before = null;
            foreach (var attempt in attempts)
            {
                // The same request in other words costs the budget nothing: it is not sent again in the hope of better weather.
                if (before is not null && before.Failure?.Kind is not (FailureKind.TranslationRefused or FailureKind.TargetNotAble)) yield return TimeSpan.FromTicks(attempt.Started) - attempt.Waited;
                before = attempt;
            }
        }
    }
}
