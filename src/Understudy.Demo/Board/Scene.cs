using Understudy.CircuitBreaker;
using Understudy.Demo.Outage;
using Understudy.Demo.Staging;
using Understudy.Demo.Traffic;
using Understudy.Observation;

namespace Understudy.Demo.Board;

/// <summary>All that a board shows: the outage's clock, the cast, the clients, and what happened.</summary>
internal sealed class Scene
{
    private readonly TimeProvider _time;
    private readonly long _started;
    private OutagePhase? _phase;
    private volatile bool _over;

    /// <summary>A scene that begins now.</summary>
    public Scene(OutageScript outage, Pace pace, Stage stage, IReadOnlyList<Tally> clients, TimeProvider time)
    {
        Outage = outage;
        Pace = pace;
        Stage = stage;
        Clients = clients;
        _time = time;
        _started = time.GetTimestamp();
        Chronicle = new(stage.Journal, time);
        stage.Journal.Happened += Hear;
    }

    /// <summary>The outage.</summary>
    public OutageScript Outage { get; }

    /// <summary>How fast.</summary>
    public Pace Pace { get; }

    /// <summary>The cast and the gateway.</summary>
    public Stage Stage { get; }

    /// <summary>The clients; the gateway's first.</summary>
    public IReadOnlyList<Tally> Clients { get; }

    /// <summary>What the gateway's journal told.</summary>
    public Chronicle Chronicle { get; }

    /// <summary>What happened.</summary>
    public EventLog Events { get; } = new();

    /// <summary>Since the beginning, to the script's end at the most.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            var elapsed = _time.GetElapsedTime(_started);
            return elapsed < Outage.Duration ? elapsed : Outage.Duration;
        }
    }

    /// <summary>The time of day in the outage.</summary>
    public DateTimeOffset Clock => Outage.ClockAt(Elapsed);

    /// <summary>Looks which stretch is being played, and tells of a new one. A board asks each time it draws.</summary>
    public OutagePhase Look()
    {
        var phase = Outage.PhaseAt(Elapsed);
        if (Interlocked.Exchange(ref _phase, phase) != phase) Tell(LineKind.Phase, phase.Says);
        return phase;
    }

    /// <summary>The outage's clock says nothing from now on.</summary>
    public void EndScript() => _over = true;

    /// <summary>Adds a line.</summary>
    public void Tell(LineKind kind, string text) => Events.Add(new(_over ? null : Clock, kind, text));

    /// <summary>A player's breaker; null while it was never called.</summary>
    public Breaker? BreakerOf(Player player) =>
        Stage.Gateway.Engine.Targets.All.FirstOrDefault(state => state.Target.Name == player.Target)?.Breaker;

    private void Hear(Happening happening)
    {
        LineKind? kind = happening.Kind switch
        {
            "breaker" => LineKind.Breaker,
            "continued" => LineKind.Continued,
            _ => null,
        };
        if (kind is { } told) Tell(told, happening.Text);
    }
}
