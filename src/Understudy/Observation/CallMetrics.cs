using System.Diagnostics.Metrics;
using Understudy.Failures;

namespace Understudy.Observation;

/// <summary>
/// The numbers of calls: counted from the one record of each, when it has ended. The names are OpenTelemetry's way of
/// writing those of the contract: <c>understudy.request.duration</c> in seconds is <c>understudy_request_duration_seconds</c>
/// in Prometheus.
/// </summary>
/// <remarks>Runs in line with the call that ends. It allocates nothing: tags are strings that are there already.</remarks>
public sealed class CallMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Understudy";

    /// <summary>The result of an attempt that worked; every other is a <see cref="FailureKind"/>.</summary>
    public const string Ok = "ok";

    /// <summary>The client of calls without a key.</summary>
    public const string Anyone = "anyone";

    private readonly Journal _journal;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstToken;
    private readonly Histogram<double> _overhead;
    private readonly UpDownCounter<long> _inFlight;
    private readonly Counter<long> _fallbacks;
    private readonly Counter<long> _continued;
    private readonly Counter<long> _attempts;
    private readonly Histogram<double> _attemptDuration;
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _wasted;
    private readonly Counter<double> _spend;
    private readonly Counter<long> _events;

    /// <summary>Counts what <paramref name="journal"/> is told, from now on.</summary>
    public CallMetrics(Journal journal)
    {
        _journal = journal;
        Meter = new(MeterName, typeof(CallMetrics).Assembly.GetName().Version?.ToString(3));
        _requests = Meter.CreateCounter<long>("understudy.requests", "{request}", "Calls that have ended, by how they ended and who served them.");
        _duration = Seconds("understudy.request.duration", "Time from a call's coming to its end.", [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800]);
        _firstToken = Seconds("understudy.first_token", "Time from a streamed call's coming to its first content.", [0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 12, 20, 30, 60]);
        _overhead = Seconds(
            "understudy.overhead", "Time in the gateway before a request went up, between attempts and after the last; without backoff.",
            [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]);
        _inFlight = Meter.CreateUpDownCounter<long>("understudy.inflight", "{request}", "Calls under way.");
        _fallbacks = Meter.CreateCounter<long>("understudy.fallbacks", "{request}", "Calls that were served by another than the first that was meant to, by why that one was left.");
        _continued = Meter.CreateCounter<long>("understudy.continued", "{request}", "Calls whose answer was cut and taken up by another attempt, by how they ended.");
        _attempts = Meter.CreateCounter<long>("understudy.attempts", "{attempt}", "Requests that were sent to a provider, by what came of them: ok, or what failed.");
        _attemptDuration = Seconds("understudy.attempt.duration", "Time from an attempt's sending to its end or its failure.", [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800]);
        _tokens = Meter.CreateCounter<long>(
            "understudy.tokens", "{token}", "Tokens that providers told of, each counted once: input is without those read from or written to a cache, output without reasoning.");
        _wasted = Meter.CreateCounter<long>("understudy.wasted_tokens", "{token}", "Tokens, told or estimated, that brought nobody an answer, by why.");
        _spend = Meter.CreateCounter<double>("understudy.spend_usd", unit: null, "US dollars that attempts cost, by what providers told or by estimate; those without a known price are not in it.");
        _events = Meter.CreateCounter<long>("understudy.events", "{event}", "What an operator would want to know, by kind.");
        journal.CallBegan += Begin;
        journal.CallEnded += End;
        journal.Happened += Count;
    }

    /// <summary>The meter, for instruments of live state besides.</summary>
    public Meter Meter { get; }

    /// <summary>Which targets are labels.</summary>
    public TargetLabels Targets { get; } = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        _journal.CallBegan -= Begin;
        _journal.CallEnded -= End;
        _journal.Happened -= Count;
        Meter.Dispose();
    }

    private Histogram<double> Seconds(string name, string description, IReadOnlyList<double> bounds) =>
        Meter.CreateHistogram(name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });

    private void Begin(CallRecord call) => _inFlight.Add(1, Tag("use_case", call.UseCase));

    private void End(CallRecord call)
    {
        _inFlight.Add(-1, Tag("use_case", call.UseCase));
        var upstream = TimeSpan.Zero;
        var sent = false;
        for (var i = 0; i < call.Attempts.Count; i++)
        {
            var attempt = call.Attempts[i];
            var label = Targets.Of(call, attempt); // also of one that was passed over: the config may have named it
            if (!attempt.Sent) continue;
            sent = true;
            upstream += attempt.Duration + attempt.Waited;
            Count(call, attempt, label);
        }

        var route = Tag("route", call.Route);
        var useCase = Tag("use_case", call.UseCase);
        var outcome = Tag("outcome", Words.Of(call.Outcome));
        _requests.Add(1, [route, useCase, outcome, Tag("served_by", Targets.ServedBy(call))]);
        _duration.Record(call.Duration.TotalSeconds, route, useCase, outcome);
        if (call is { Stream: true, FirstContent: { } first }) _firstToken.Record(first.TotalSeconds, route, useCase);
        if (sent && !call.AskedPerson && call.Outcome != CallOutcome.Cancelled) _overhead.Record(Math.Max((call.Duration - upstream).TotalSeconds, 0));
        if (call.Continued) _continued.Add(1, route, outcome);
        if (call.ServedBy is { } server && call.Attempts is [{ Failure: { } left } meant, ..] && meant.Target != server)
        {
            _fallbacks.Add(1, route, Tag("reason", Words.Of(left.Kind)));
        }
    }

    private void Count(CallRecord call, AttemptRecord attempt, TargetLabel label)
    {
        var provider = Tag("provider", label.Provider);
        var model = Tag("model", label.Model);
        _attempts.Add(1, provider, model, Tag("result", attempt.Failure is { } failure ? Words.Of(failure.Kind) : Ok));
        _attemptDuration.Record(attempt.Duration.TotalSeconds, provider, model);
        if (attempt.WastedTokens > 0) _wasted.Add(attempt.WastedTokens, provider, model, Tag("reason", WasteWords.Of(attempt.Waste)));
        if (attempt.Cost is { Nanos: > 0 } cost) _spend.Add(cost.Nanos / 1e9, provider, model, Tag("client", call.Client ?? Anyone));
        var usage = attempt.Usage;
        if (usage.IsUnknown) return;
        Count(usage.Input - usage.CacheRead - usage.CacheWrite, "input");
        Count(usage.CacheRead, "cache_read");
        Count(usage.CacheWrite, "cache_write");
        Count(usage.Output - usage.Reasoning, "output");
        Count(usage.Reasoning, "reasoning");

        void Count(long tokens, string kind)
        {
            if (tokens > 0) _tokens.Add(tokens, provider, model, Tag("kind", kind));
        }
    }

    private void Count(Happening happening) => _events.Add(1, Tag("kind", happening.Kind));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
