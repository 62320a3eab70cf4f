using System.Globalization;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Routing;
using Understudy.Wires;

namespace Understudy.Pipeline;

/// <summary>What to do with a piece of work after a try.</summary>
internal enum ReplayEnd
{
    /// <summary>It has its answer.</summary>
    Answered,

    /// <summary>It will never have one.</summary>
    Hopeless,

    /// <summary>A provider spoiled it: later, and not too often.</summary>
    Spoiled,

    /// <summary>Nobody could be asked now: later, and that is no try.</summary>
    Nobody,

    /// <summary>Its owner's budget is spent: later, and that is nobody else's matter.</summary>
    Unpaid,

    /// <summary>It was broken off by us: its owner took it back, or the program stops.</summary>
    BrokenOff,
}

/// <summary>A try at a piece of work.</summary>
/// <param name="End">What to do with it.</param>
/// <param name="Answer">What came of it: the answer, or the error as its caller would have heard it.</param>
/// <param name="Wait">How long it is no use to try again.</param>
/// <param name="WasHeld">Whether a provider asked for less, or failed: fewer at once are to be sent there.</param>
internal readonly record struct ReplayResult(ReplayEnd End, DeferredAnswer? Answer, TimeSpan Wait, bool WasHeld);

/// <summary>
/// Makes a deferred call: through the one pipeline, by the same breakers and budgets, down the same ladder without its
/// rungs below the models. It takes no last resort and leaves a part of each rate limit to those who wait.
/// </summary>
internal static class Replay
{
    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(30);

    /// <summary>Tries a piece once.</summary>
    public static async Task<ReplayResult> RunAsync(Engine engine, DeferredWork piece, CancellationToken cancellationToken)
    {
        var model = engine.Model;
        if (piece.RequestSensitive is not { } asked) return Hopeless(piece, ClientErrorCause.Internal, "The request can't be read any more: it is sealed under another key.");
        var route = model.Routes.FindByName(piece.Route, piece.Model) ?? model.Routes.Find(piece.Model);
        if (route is null) return Hopeless(piece, ClientErrorCause.ModelNotFound, "model: no route of this gateway serves it any more.");
        if (RequestScan.TryScan(asked.BodySensitive.Span, out var facts) is { } mistake) return Hopeless(piece, ClientErrorCause.BadRequest, mistake);
        using var sink = new CapturingSink();
        var call = CallOf(engine, model, route, piece, asked, facts, sink);
        await engine.Pipeline.RunAsync(call, cancellationToken).ConfigureAwait(false);
        return Judge(engine, call, sink, cancellationToken);
    }

    /// <summary>When the first target of a route may let a call through; zero where one does now.</summary>
    public static TimeSpan SoonestOpen(Engine engine, Route route, Policy policy)
    {
        var soonest = TimeSpan.MaxValue;
        foreach (var target in route.Rungs.SelectMany(rung => rung.Targets))
        {
            var open = engine.Targets.Of(target, policy.Breaker).Breaker.OpenFor;
            if (open < soonest) soonest = open;
        }

        return soonest == TimeSpan.MaxValue ? TimeSpan.Zero : soonest;
    }

    private static Call CallOf(Engine engine, EngineModel model, Route route, DeferredWork piece, DeferredRequest asked, RequestFacts facts, CapturingSink sink)
    {
        if (piece.Protocol == WireProtocol.Gemini) facts = facts with { ModelStart = -1, ModelLength = 0, Stream = false };
        var useCase = Patient(model.Policy, model.Policy.UseCases.FirstOrDefault(one => one.Name == piece.UseCase) ?? route.Model.UseCase);
        return new()
        {
            Request = new()
            {
                Protocol = piece.Protocol,
                Body = asked.BodySensitive,
                Facts = facts,
                Model = piece.Model,
                Query = asked.QuerySensitive,
                Headers = asked.HeadersSensitive,
                CallerSensitive = piece.Id,
            },
            Sink = sink,
            Model = model,
            Route = route,
            UseCase = useCase,
            Client = model.Policy.Clients.FirstOrDefault(client => client.Name == piece.Owner),
            IsReplay = true,
            Record = new()
            {
                Id = string.Create(CultureInfo.InvariantCulture, $"us_{engine.Chance.NextUInt64():x16}"),
                StartedAt = engine.Time.GetUtcNow(),
                Started = engine.Time.GetTimestamp(),
                Client = piece.Owner.Length == 0 ? null : piece.Owner,
                Route = route.Model.Name,
                UseCase = useCase.Name,
                Protocol = piece.Protocol,
                Model = piece.Model,
                RequestBytes = asked.BodySensitive.Length,
            },
        };
    }

    /// <summary>The clocks of work that nobody waits for, where the use case's own are shorter.</summary>
    private static UseCaseModel Patient(Policy policy, UseCaseModel useCase)
    {
        var patient = policy.UseCases.FirstOrDefault(one => one.Name == UseCaseModel.Batch.Name) ?? UseCaseModel.Batch;
        return useCase with
        {
            Deadline = Longer(useCase.Deadline, patient.Deadline),
            FirstToken = Longer(useCase.FirstToken, patient.FirstToken),
            Idle = Longer(useCase.Idle, patient.Idle),
        };
    }

    private static ReplayResult Judge(Engine engine, Call call, CapturingSink sink, CancellationToken cancellationToken)
    {
        var record = call.Record;
        var attempts = record.Attempts;
        var wasHeld = attempts.Any(attempt => attempt is { Sent: true, Failure.Traits.CountsAgainstTarget: true } or { Failure.Kind: FailureKind.QuotaLow });
        if (record.Outcome is CallOutcome.Answered or CallOutcome.Degraded && sink is { IsBroken: false, Head: { Status: 200 } head })
        {
            return new(ReplayEnd.Answered, new(200, sink.Body.ToArray(), head.ServedBy, head.Degraded), TimeSpan.Zero, wasHeld);
        }

        if (cancellationToken.IsCancellationRequested) return new(ReplayEnd.BrokenOff, null, TimeSpan.Zero, WasHeld: false);
        var told = sink is { IsBroken: false, Head: { } error } ? new DeferredAnswer(error.Status, sink.Body.ToArray(), null, Degraded: false) : null;
        if (record.Outcome == CallOutcome.ClientError) return new(ReplayEnd.Hopeless, told, TimeSpan.Zero, wasHeld);
        if (attempts.Count > 0 && attempts.All(attempt => attempt.Failure?.Kind is FailureKind.TargetNotAble or FailureKind.TranslationRefused)) return new(ReplayEnd.Hopeless, told, TimeSpan.Zero, wasHeld);
        if (record.Failure is { Kind: FailureKind.BudgetSpent } unpaid) return new(ReplayEnd.Unpaid, told, Longer(unpaid.RetryAfter ?? MostWait, LeastWait), wasHeld);
        var wait = Wait(engine, call);
        var wasSpoiled = attempts.Any(attempt => attempt is { Sent: true, Failure: { Traits.Side: FailureSide.Provider, Kind: not (FailureKind.RateLimited or FailureKind.Overloaded or FailureKind.QuotaExhausted) } });
        return new(wasSpoiled ? ReplayEnd.Spoiled : ReplayEnd.Nobody, told, wait, wasHeld);
    }

    private static TimeSpan Wait(Engine engine, Call call)
    {
        var wait = Longer(SoonestOpen(engine, call.Route, call.Model.Policy), LeastWait);
        return wait < MostWait ? wait : MostWait;
    }

    private static ReplayResult Hopeless(DeferredWork piece, ClientErrorCause cause, string message)
    {
        using var body = new PooledBuffer();
        var status = Wire.Of(piece.Protocol).WriteError(new(cause, message, ""), body);
        return new(ReplayEnd.Hopeless, new(status, body.Written.ToArray(), null, Degraded: false), TimeSpan.Zero, WasHeld: false);
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
