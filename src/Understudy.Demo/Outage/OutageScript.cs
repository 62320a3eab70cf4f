using System.Text.Json;
using Understudy.Simulator.Scenarios;

namespace Understudy.Demo.Outage;

/// <summary>The outage that is played: what the simulator needs of it, and what a visitor is told.</summary>
internal sealed class OutageScript
{
    private readonly double _speedFactor;
    private readonly DateTimeOffset _begins;

    private OutageScript(JsonElement root, double speedFactor)
    {
        _speedFactor = speedFactor;
        _begins = root.GetProperty("begins_utc").GetDateTimeOffset();
        Title = root.GetProperty("title").GetString()!;
        Phases = [.. root.GetProperty("phases").EnumerateArray().Select(Read)];
        Script = ScenarioScript.Load(Open());
    }

    /// <summary>What happened, in a line.</summary>
    public string Title { get; }

    /// <summary>Its stretches, in order.</summary>
    public IReadOnlyList<OutagePhase> Phases { get; }

    /// <summary>What the simulated Claude plays.</summary>
    public ScenarioScript Script { get; }

    /// <summary>How long it takes on the stage.</summary>
    public TimeSpan Duration => Script.Duration / _speedFactor;

    /// <summary>How long the trouble in it lasts, in the outage's own time.</summary>
    public TimeSpan Trouble => TimeSpan.FromMinutes(Phases.Last(phase => phase.IsCalm).FromMinute - Phases.First(phase => !phase.IsCalm).FromMinute);

    /// <summary>The script that comes with the demo.</summary>
    public static OutageScript Load(double speedFactor)
    {
        using var stream = Open();
        using var document = JsonDocument.Parse(stream);
        return new(document.RootElement, speedFactor);
    }

    /// <summary>The time of day, on the day of the outage.</summary>
    public DateTimeOffset ClockAt(TimeSpan elapsed) => _begins + (elapsed * _speedFactor);

    /// <summary>The phase at a moment of the show.</summary>
    public OutagePhase PhaseAt(TimeSpan elapsed)
    {
        var minute = elapsed.TotalMinutes * _speedFactor;
        return Phases.LastOrDefault(phase => minute >= phase.FromMinute) ?? Phases[0];
    }

    private static OutagePhase Read(JsonElement phase) => new(
        phase.GetProperty("name").GetString()!,
        phase.GetProperty("says").GetString()!,
        phase.GetProperty("from_min").GetDouble(),
        phase.GetProperty("mix_start").TryGetProperty("ok", out var ok) && ok.GetDouble() >= 1);

    private static Stream Open() => typeof(OutageScript).Assembly.GetManifestResourceStream("outage.json")!;
}
