using System.Diagnostics.Metrics;
using Understudy.CircuitBreaker;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Pipeline;
using Understudy.Tests.Pipeline;

namespace Understudy.Tests.Observation;

public sealed class CallMetricsTests
{
    private const string Claude = "claude/claude-sonnet-4-5";

    [Fact]
    public void AnsweredCall_IsCountedOnceInEveryInstrument()
    {
        using var watched = new Watched();
        watched.Stage.Script(Claude, Reply.Say("Hello ", "there."));
        watched.Stage.Call();
        Assert.Equal(1, watched.Sum("understudy.requests", "route=test use_case=interactive outcome=answered served_by=claude/claude-sonnet-4-5"));
        Assert.Equal(1, watched.Sum("understudy.attempts", "provider=claude model=claude-sonnet-4-5 result=ok"));
        Assert.Equal(10, watched.Sum("understudy.tokens", "provider=claude model=claude-sonnet-4-5 kind=input"));
        Assert.Equal(7, watched.Sum("understudy.tokens", "provider=claude model=claude-sonnet-4-5 kind=output"));
        Assert.Equal(0, watched.Sum("understudy.inflight", "use_case=interactive"));
        Assert.Equal(0.3, watched.Sum("understudy.first_token", "route=test use_case=interactive"), 3);
        Assert.Equal(0.3, watched.Sum("understudy.attempt.duration", "provider=claude model=claude-sonnet-4-5"), 3);
        Assert.Equal(0.3, watched.Sum("understudy.request.duration", "route=test use_case=interactive outcome=answered"), 3);
        Assert.Equal(0, watched.Sum("understudy.overhead", ""), 3);
        Assert.DoesNotContain(watched.All, measured => measured.Name is "understudy.fallbacks" or "understudy.continued");
    }

    [Fact]
    public void CallUnderWay_IsInFlight()
    {
        using var watched = new Watched();
        watched.Stage.Script(Claude, Reply.Say("Hello."));
        var running = watched.Stage.Begin(new Client());
        Assert.Equal(1, watched.Sum("understudy.inflight", "use_case=interactive"));
        watched.Stage.Finish(running);
        Assert.Equal(0, watched.Sum("understudy.inflight", "use_case=interactive"));
    }

    [Fact]
    public void Fallback_TellsWhyTheFirstWasLeft_AndEveryAttemptCounts()
    {
        using var watched = new Watched();
        watched.Stage.Script(Claude, Reply.Error(529, "overloaded_error"));
        watched.Stage.Script("openai/gpt-5", Chat.Say("Hello."));
        watched.Stage.Call();
        Assert.Equal(1, watched.Sum("understudy.fallbacks", "route=test reason=overloaded"));
        Assert.Equal(2, watched.Sum("understudy.attempts", "provider=claude model=claude-sonnet-4-5 result=overloaded"));
        Assert.Equal(1, watched.Sum("understudy.attempts", "provider=openai model=gpt-5 result=ok"));
        Assert.Equal(1, watched.Sum("understudy.requests", "route=test use_case=interactive outcome=answered served_by=openai/gpt-5"));
    }

    [Fact]
    public void BackoffIsNoOverhead()
    {
        using var watched = new Watched();
        watched.Stage.Script(Claude, Reply.Error(500, "api_error"), Reply.Say("Hello."));
        watched.Stage.Call();
        var record = watched.Stage.Records.Single();
        Assert.True(record.Attempts[1].Waited > TimeSpan.Zero);
        // Timers count in whole milliseconds.
        Assert.Equal(record.Duration.TotalSeconds, (record.Attempts[0].Duration + record.Attempts[1].Waited + record.Attempts[1].Duration).TotalSeconds, 0.001);
        Assert.Equal(0, watched.Sum("understudy.overhead", ""), 3);
    }

    [Fact]
    public void CutAnswer_IsContinued_AndCounted()
    {
        using var watched = new Watched();
        watched.Stage.Script(Claude, Reply.Stream(Anthropic.Start, Anthropic.Open, Anthropic.Text("Once upon a ")) with { End = End.Reset });
        watched.Stage.Script("openai/gpt-5", Chat.Say("time there was a gate."));
        watched.Stage.Call();
        Assert.Equal(1, watched.Sum("understudy.continued", "route=test outcome=answered"));
        Assert.Equal(1, watched.Sum("understudy.events", "kind=continued"));
    }

    [Fact]
    public void ModelNamesThatClientsMakeUp_AreOther_AndBounded()
    {
        using var watched = new Watched();
        for (var i = 0; i < 3 * TargetLabels.Most; i++)
        {
            watched.Stage.Script($"claude/made-up-{i}", Reply.Error(404, "not_found_error"));
            watched.Stage.Call(model: $"made-up-{i}");
        }

        Assert.Equal(3 * TargetLabels.Most, watched.Sum("understudy.attempts", "provider=claude model=other result=bad_request"));
        Assert.DoesNotContain(watched.All, measured => measured.Tags.Contains("made-up", StringComparison.Ordinal));

        // Taken by the provider: a name of its own, until there are too many.
        for (var i = 0; i < 3 * TargetLabels.Most; i++)
        {
            watched.Stage.Script($"claude/real-{i}", Reply.Say("Hello."));
            watched.Stage.Call(model: $"real-{i}");
        }

        Assert.Equal(1, watched.Sum("understudy.attempts", "provider=claude model=real-0 result=ok"));
        var models = watched.All.Where(measured => measured.Name == "understudy.attempts").Select(measured => measured.Tags).Distinct().Count();
        Assert.Equal(TargetLabels.Most + 2, models); // all that have names, and other twice: refused and taken
        Assert.Contains(watched.All, measured => measured.Tags.EndsWith("served_by=claude/other", StringComparison.Ordinal));
    }

    [Fact]
    public void ModelOfTheConfig_IsALabelEvenWhenItIsRefused()
    {
        using var watched = new Watched();
        watched.Stage.Script(Claude, Reply.NoConnection);
        watched.Stage.Script("openai/gpt-5", new Reply(404, ["{}"]) { Headers = new() { ["content-type"] = "application/json" } });
        watched.Stage.Call();
        Assert.Equal(1, watched.Sum("understudy.attempts", "provider=openai model=gpt-5 result=translation_refused"));
    }

    [Fact]
    public void Gauges_TellAvailabilityAndBreakers_AndForgetWhatAReloadTookAway()
    {
        using var watched = new Watched();
        watched.Stage.Script(Claude, Reply.NoConnection);
        watched.Stage.Script("openai/gpt-5", Chat.Say("Hello."));
        for (var i = 0; i < 5; i++) watched.Stage.Call();
        watched.Observe();
        Assert.Equal(0, watched.Last("understudy.provider.available", "provider=claude"));
        Assert.Equal(1, watched.Last("understudy.provider.available", "provider=openai"));
        Assert.Equal(2, watched.Last("understudy.breaker.state", "provider=claude model=claude-sonnet-4-5"));
        Assert.Equal(0, watched.Last("understudy.breaker.state", "provider=openai model=gpt-5"));

        var policy = watched.Stage.Engine.Model.Policy;
        watched.Stage.Engine.Apply(policy with { Providers = [Stage.OpenAI], Routes = [Stage.Route((Stage.OpenAI, "gpt-5"))] });
        watched.Observe();
        Assert.Equal(double.NaN, watched.Last("understudy.provider.available", "provider=claude"));
        Assert.Equal(double.NaN, watched.Last("understudy.breaker.state", "provider=claude model=claude-sonnet-4-5"));
        Assert.Equal(1, watched.Last("understudy.provider.available", "provider=openai"));
    }

    [Fact]
    public void Words_AreThoseOfTheContract()
    {
        Assert.Equal(
            ["answered", "degraded", "deferred", "refused", "failed", "client_error", "cancelled"],
            Enum.GetValues<CallOutcome>().Where(outcome => outcome != CallOutcome.Running).Select(Words.Of));
        Assert.All(Enum.GetValues<FailureKind>(), kind => Assert.Matches("^[a-z]+(_[a-z]+)*$", Words.Of(kind)));
        Assert.Equal("first_token_timeout", Words.Of(FailureKind.FirstTokenTimeout));
    }

    [Fact]
    public void CountingACall_AllocatesNothing()
    {
        using var watched = new Watched(listen: false);
        watched.Stage.Script(Claude, Reply.Say("Hello."));
        watched.Stage.Call();
        var record = watched.Stage.Records.Single();
        watched.Stage.Journal.CallEnded -= watched.Stage.Records.Add;
        using var listener = new MeterListener { InstrumentPublished = (instrument, it) => it.EnableMeasurementEvents(instrument) };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => { });
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => { });
        listener.Start();
        Count(record);
        Assert.Equal(0, Enumerable.Range(0, 5).Min(_ => Count(record)));

        long Count(CallRecord call)
        {
            for (var i = 0; i < 100; i++) Once(call);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++) Once(call);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        void Once(CallRecord call)
        {
            watched.Stage.Journal.Begin(call);
            watched.Stage.Journal.End(call);
        }
    }

    [Fact]
    public void ProviderHealth_TellsSinceWhenAndWhy()
    {
        using var watched = new Watched();
        watched.Stage.Script(Claude, Reply.NoConnection);
        watched.Stage.Script("openai/gpt-5", Chat.Say("Hello."));
        for (var i = 0; i < 5; i++) watched.Stage.Call();
        var gone = watched.Stage.Time.GetUtcNow();
        watched.Stage.Call();
        var (claude, openai, spare) = ProviderHealth.Of(watched.Stage.Engine, watched.News, watched.Labels) switch { [var a, var b, var c] => (a, b, c), _ => throw new InvalidOperationException() };
        Assert.False(claude.Available);
        Assert.Equal("no connection", claude.Why);
        Assert.InRange(claude.Since!.Value, gone - TimeSpan.FromSeconds(5), gone);
        Assert.Equal(claude.Since, Assert.Single(claude.Targets).Since);
        Assert.NotNull(claude.Targets[0].FailedAt);
        Assert.Null(claude.Targets[0].AnsweredAt);
        Assert.True(openai.Available);
        Assert.Null(openai.Why);
        Assert.Equal(watched.Stage.Time.GetUtcNow(), Assert.Single(openai.Targets).AnsweredAt);
        // A name that a client made up and the provider refused says nothing of the provider, for better or for worse.
        watched.Stage.Script("claude/made-up", Reply.Error(404, "not_found_error"));
        watched.Stage.Call(model: "made-up");
        Assert.Equal([false, true, true], ProviderHealth.Of(watched.Stage.Engine, watched.News, watched.Labels).Select(provider => provider.Available));
        Assert.True(spare is { Available: true, Since: null, Targets: [] });
    }

    [Fact]
    public void ProviderHealth_TellsAilingFromDown()
    {
        using var watched = new Watched();
        watched.Stage.Script(Claude, Reply.Say("Hello."));
        watched.Stage.Call();
        var breaker = watched.Stage.Engine.Targets.All.Single(state => state.Target.Name == Claude).Breaker;
        for (var call = 0; !breaker.IsAiling; call++)
        {
            Assert.True(breaker.TryAcquire(out var permit));
            breaker.Report(permit, call % 4 == 3 ? BreakerVerdict.Failure : BreakerVerdict.Success, FailureKind.ProviderError);
        }

        var target = Assert.Single(ProviderHealth.Of(watched.Stage.Engine, watched.News, watched.Labels)[0].Targets);
        Assert.True(target.IsAiling);
        Assert.StartsWith("too many of its calls fail: ", target.Why, StringComparison.Ordinal);
    }

    /// <summary>A stage with metrics, and everything that they measured.</summary>
    private sealed class Watched : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly CallMetrics _metrics;

        public Watched(bool listen = true)
        {
            _metrics = new(Stage.Journal);
            News = new(Stage.Journal, Stage.Time);
            _ = new EngineGauges(Stage.Engine, News, _metrics);
            if (!listen) return;
            _listener.InstrumentPublished = (instrument, it) =>
            {
                if (instrument.Meter == _metrics.Meter) it.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.Start();
        }

        public Stage Stage { get; } = new();

        public TargetNews News { get; }

        public TargetLabels Labels => _metrics.Targets;

        public List<(string Name, string Tags, double Value)> All { get; } = [];

        public double Sum(string name, string tags) => All.Where(measured => measured.Name == name && measured.Tags == tags).Sum(measured => measured.Value);

        public double Last(string name, string tags) => All.Last(measured => measured.Name == name && measured.Tags == tags).Value;

        public void Observe() => _listener.RecordObservableInstruments();

        public void Dispose()
        {
            _listener.Dispose();
            _metrics.Dispose();
        }

        private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            All.Add((instrument.Name, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}")), value));
    }
}
