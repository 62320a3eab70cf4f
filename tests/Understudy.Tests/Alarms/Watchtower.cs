using Understudy.Alarms;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Drills;
using Understudy.Failures;
using Understudy.Observation;

namespace Understudy.Tests.Alarms;

/// <summary>Alarms over calls that a test makes up, in virtual time.</summary>
internal sealed class Watchtower : IDisposable
{
    private int _calls;

    public Watchtower(AlarmsModel? alarms = null)
    {
        Policy = new()
        {
            Providers = [Provider("claude"), Provider("openai")],
            Routes = [new() { Name = "chat", Match = ["claude-*"], Ladder = [] }, new() { Name = "code", Match = ["gpt-*"], Ladder = [], Objective = 0.99 }],
            Alarms = alarms ?? new(),
        };
        Facts = new() { Providers = [new("claude", Available: true, null), new("openai", Available: true, null)] };
        Journal.Happened += Happenings.Add;
        Book = new(Journal, Time, () => Policy, () => Facts);
        Book.Changed += Changes.Add;
        Dispatch = new(Book, Time, () => Policy.Alarms);
        Dispatch.Due += Messages.Add;
    }

    public VirtualTime Time { get; } = new();

    public Journal Journal { get; } = new();

    public Policy Policy { get; set; }

    public LiveFacts Facts { get; set; }

    public AlarmBook Book { get; }

    public AlarmDispatch Dispatch { get; }

    public List<Alarm> Changes { get; } = [];

    public List<AlarmMessage> Messages { get; } = [];

    public List<Happening> Happenings { get; } = [];

    /// <summary>The rules that fire, as words.</summary>
    public IEnumerable<string> Active => Book.Active.Select(alarm => alarm.Id);

    /// <summary>Only the rules that are named are watched.</summary>
    public static AlarmsModel Only(params AlarmRule[] rules) => new()
    {
        Rules = AlarmWords.Rules.Except(rules).ToDictionary(rule => rule, rule => AlarmRuleModel.Default(rule) with { Enabled = false }),
    };

    /// <summary>Whether a provider is there.</summary>
    public void Set(string provider, bool available, string? why = null) =>
        Facts = Facts with { Providers = [.. Facts.Providers.Select(one => one.Name == provider ? new(provider, available, why) : one)] };

    /// <summary>Ends calls now: of <paramref name="count"/> the first <paramref name="bad"/> without an answer.</summary>
    public void Calls(int count, int bad = 0, string route = "chat", FailureKind kind = FailureKind.Overloaded, string provider = "claude")
    {
        for (var i = 0; i < count; i++) End(i < bad ? CallOutcome.Failed : CallOutcome.Answered, i < bad ? kind : null, route, provider);
    }

    /// <summary>Calls at an even pace while time passes.</summary>
    public void Pass(TimeSpan span, int perMinute, double badShare = 0, string route = "chat", FailureKind kind = FailureKind.Overloaded)
    {
        var owed = 0.0;
        for (var minute = 0; minute < span.TotalMinutes; minute++)
        {
            owed += perMinute * badShare;
            var bad = (int)Math.Floor(owed);
            owed -= bad;
            Calls(perMinute, bad, route, kind);
            Time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    /// <summary>One call that was meant for one provider and served by another.</summary>
    public void Fallback(string route = "chat")
    {
        var record = Record(CallOutcome.Answered, route);
        record.ServedBy = "openai/gpt-5";
        record.Add(Attempt("claude", FailureKind.Overloaded));
        record.Add(Attempt("openai", null));
        Journal.End(record);
    }

    public void End(CallOutcome outcome, FailureKind? kind, string route = "chat", string provider = "claude", Usd? cost = null)
    {
        var record = Record(outcome, route);
        var attempt = Attempt(provider, kind);
        attempt.Cost = cost;
        record.ServedBy = outcome == CallOutcome.Answered ? $"{provider}/m" : null;
        record.Add(attempt);
        Journal.End(record);
    }

    /// <summary>A call with the attempts that a test gives it.</summary>
    public void End(CallOutcome outcome, string? servedBy, params AttemptRecord[] attempts)
    {
        var record = Record(outcome, "chat");
        record.ServedBy = servedBy;
        foreach (var attempt in attempts) record.Add(attempt);
        Journal.End(record);
    }

    public void Dispose()
    {
        Dispatch.Dispose();
        Book.Dispose();
    }

    private CallRecord Record(CallOutcome outcome, string route) => new()
    {
        Id = $"us_{_calls++}",
        StartedAt = Time.GetUtcNow(),
        Started = Time.GetTimestamp(),
        Route = route,
        UseCase = "interactive",
        Protocol = WireProtocol.AnthropicMessages,
        Model = "m",
        Outcome = outcome,
    };

    public static AttemptRecord Attempt(string provider, FailureKind? kind, bool sent = true) => new()
    {
        Target = $"{provider}/m",
        Provider = provider,
        Rung = 0,
        Sent = sent,
        Failure = kind is { } failed ? new(failed, "a test's") : null,
    };

    private static ProviderModel Provider(string name) => new() { Name = name, Protocol = WireProtocol.AnthropicMessages, BaseUrl = new("http://127.0.0.1:1") };
}
