using System.Globalization;
using System.Text.Json;

namespace Understudy.Simulator.Scenarios;

/// <summary>A stretch of an outage, in which the shares of outcomes hold or move in a straight line.</summary>
internal sealed class ScenarioPhase
{
    public static readonly IReadOnlyDictionary<string, double> AllWell = new Dictionary<string, double> { ["ok"] = 1 };

    public required double FromMinute { get; init; }

    public required double ToMinute { get; init; }

    public required IReadOnlyDictionary<string, double> Start { get; init; }

    public required IReadOnlyDictionary<string, double> End { get; init; }

    private bool Moves { get; init; }

    /// <summary>Models whose name holds the word have a mix of their own.</summary>
    private Dictionary<string, IReadOnlyDictionary<string, double>> PerModel { get; init; } = [];

    /// <summary>Flapping: bad for half a period, good for the other half.</summary>
    private (double Period, IReadOnlyDictionary<string, double> Bad, IReadOnlyDictionary<string, double> Good)? Wave { get; init; }

    public static ScenarioPhase Read(JsonElement phase)
    {
        var start = Mix(phase.GetProperty("mix_start"));
        return new ScenarioPhase
        {
            FromMinute = phase.GetProperty("from_min").GetDouble(),
            ToMinute = phase.GetProperty("to_min").GetDouble(),
            Start = start,
            End = phase.TryGetProperty("mix_end", out var end) ? Mix(end) : start,
            Moves = phase.TryGetProperty("interp", out var interp) && interp.GetString() == "linear",
            PerModel = phase.TryGetProperty("per_model", out var models)
                ? models.EnumerateObject().ToDictionary(model => model.Name, model => ModelMix(model.Value.GetString() ?? "ok"))
                : [],
            Wave = phase.TryGetProperty("square_wave", out var wave)
                ? (wave.GetProperty("period_min").GetDouble(), Mix(wave.GetProperty("bad_mix")), Mix(wave.GetProperty("good_mix")))
                : null,
        };
    }

    /// <exception cref="ArgumentException">An outcome that nobody can play.</exception>
    public void Check(string scenario)
    {
        foreach (var outcome in Start.Keys.Concat(End.Keys))
        {
            if (!ScenarioPlayer.Knows(outcome))
                throw new ArgumentException($"scenario \"{scenario}\": there is no outcome \"{outcome}\"; did you mean \"{NearestWord.To(outcome, ScenarioPlayer.Outcomes)}\"?");
        }
    }

    public IReadOnlyDictionary<string, double> MixAt(double minute, string model)
    {
        foreach (var (word, mix) in PerModel)
        {
            if (model.Contains(word, StringComparison.OrdinalIgnoreCase)) return mix;
        }

        if (Wave is { } wave) return (minute - FromMinute) % wave.Period < wave.Period / 2 ? wave.Bad : wave.Good;
        if (!Moves) return Start;

        var done = (minute - FromMinute) / (ToMinute - FromMinute);
        return Start.Keys.Union(End.Keys).ToDictionary(
            outcome => outcome,
            outcome => Start.GetValueOrDefault(outcome) * (1 - done) + End.GetValueOrDefault(outcome) * done);
    }

    private static Dictionary<string, double> Mix(JsonElement mix) =>
        mix.EnumerateObject().ToDictionary(outcome => outcome.Name, outcome => outcome.Value.GetDouble());

    // "http_500 .8": so much of that, and the rest is well.
    private static IReadOnlyDictionary<string, double> ModelMix(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || !double.TryParse(words[1], CultureInfo.InvariantCulture, out var share)) return new Dictionary<string, double> { [words[0]] = 1 };
        return new Dictionary<string, double> { [words[0]] = share, ["ok"] = 1 - share };
    }
}
