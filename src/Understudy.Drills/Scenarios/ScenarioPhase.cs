using System.Text.Json;

namespace Understudy.Drills.Scenarios;

/// <summary>A stretch of an outage in which the mix holds or moves in a straight line.</summary>
public sealed class ScenarioPhase
{
    private MixLine? _line;

    /// <summary>Its name, as in the file.</summary>
    public required string Name { get; init; }

    /// <summary>Its start, in minutes of the outage.</summary>
    public required double FromMinute { get; init; }

    /// <summary>Its end, in minutes of the outage; not included.</summary>
    public required double ToMinute { get; init; }

    /// <summary>The mix at its start.</summary>
    public required Mix Start { get; init; }

    /// <summary>The mix at its end.</summary>
    public required Mix End { get; init; }

    /// <summary>Whether the mix moves from start to end, or holds.</summary>
    public required bool Moves { get; init; }

    /// <summary>How sure the record is: <c>published</c>, <c>timeline</c> or <c>assumed</c>, as in the file.</summary>
    public required string Evidence { get; init; }

    /// <summary>Mixes of models whose name holds the word.</summary>
    public IReadOnlyList<(string Word, Mix Mix)> PerModel { get; init; } = [];

    /// <summary>Flapping inside the phase; null for none.</summary>
    public SquareWave? Wave { get; init; }

    /// <summary>A limit to what can be served; null for none.</summary>
    public CapacityRamp? Capacity { get; init; }

    private MixLine Line => _line ??= new(Start, End);

    /// <summary>The mix for <paramref name="model"/>.</summary>
    /// <param name="minute">Minutes since the outage began.</param>
    /// <param name="model">The model that is asked.</param>
    public Mix MixAt(double minute, string model) => OwnMix(minute, model) ?? Line.At(Done(minute));

    /// <summary>The outcome at <paramref name="draw"/> of the mix for <paramref name="model"/>.</summary>
    /// <param name="minute">Minutes since the outage began.</param>
    /// <param name="model">The model that is asked.</param>
    /// <param name="recovered">How far a load-limited recovery has come, in [0, 1]; null to go by the clock.</param>
    /// <param name="draw">In [0, 1).</param>
    public Outcome OutcomeAt(double minute, string model, double? recovered, double draw) =>
        OwnMix(minute, model) is { } own ? own.At(draw) : Line.At(recovered ?? Done(minute), draw);

    /// <summary>The mix of a model or of the half of a wave; null where the line from start to end tells.</summary>
    private Mix? OwnMix(double minute, string model)
    {
        foreach (var (word, mix) in PerModel)
        {
            if (model.Contains(word, StringComparison.OrdinalIgnoreCase)) return mix;
        }

        if (Wave is { } wave) return (minute - FromMinute) % wave.PeriodMinutes < wave.PeriodMinutes / 2 ? wave.Bad : wave.Good;
        return Moves ? null : Start;
    }

    private double Done(double minute) => Math.Clamp((minute - FromMinute) / (ToMinute - FromMinute), 0, 1);

    internal static ScenarioPhase Read(JsonElement phase)
    {
        var start = Mix.Read(phase.GetProperty("mix_start"));
        return new()
        {
            Name = phase.GetProperty("name").GetString()!,
            FromMinute = phase.GetProperty("from_min").GetDouble(),
            ToMinute = phase.GetProperty("to_min").GetDouble(),
            Start = start,
            End = phase.TryGetProperty("mix_end", out var end) ? Mix.Read(end) : start,
            Moves = phase.GetProperty("interp").GetString() == "linear",
            Evidence = phase.GetProperty("evidence").GetString()!,
            PerModel = phase.TryGetProperty("per_model", out var models)
                ? [.. models.EnumerateObject().Select(model => (model.Name, Mix.ReadShort(model.Value.GetString()!)))]
                : [],
            Wave = phase.TryGetProperty("square_wave", out var wave)
                ? new(wave.GetProperty("period_min").GetDouble(), Mix.Read(wave.GetProperty("bad_mix")), Mix.Read(wave.GetProperty("good_mix")))
                : null,
            Capacity = phase.TryGetProperty("capacity", out var capacity) ? ReadCapacity(capacity) : null,
        };
    }

    private static CapacityRamp ReadCapacity(JsonElement capacity)
    {
        var steady = capacity.TryGetProperty("fraction_of_normal", out var fraction);
        return new(
            capacity.TryGetProperty("model", out var model) ? model.GetString() : null,
            steady ? fraction.GetDouble() : capacity.GetProperty("fraction_of_normal_start").GetDouble(),
            steady ? fraction.GetDouble() : capacity.GetProperty("fraction_of_normal_end").GetDouble(),
            Outcome.Parse(capacity.GetProperty("over_capacity_result").GetString()!),
            capacity.TryGetProperty("penalty", out _));
    }
}
