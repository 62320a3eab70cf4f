using System.Text.Json;
using System.Text.RegularExpressions;

namespace Understudy.Drills.Scenarios;

/// <summary>A real outage, or one modelled on several, as phases with a mix of outcomes. Immutable.</summary>
public sealed partial record Scenario
{
    /// <summary>The share of good answers from which a provider counts as well again.</summary>
    public const double WellShare = 0.95;

    /// <summary>The share of bad outcomes from which a provider is truly ill.</summary>
    public const double IllShare = 0.1;

    /// <summary>Its name.</summary>
    public required string Id { get; init; }

    /// <summary>One line.</summary>
    public required string Title { get; init; }

    /// <summary>What it teaches.</summary>
    public required string Why { get; init; }

    /// <summary>Who is sick, in the file's words: <c>anthropic</c>, <c>openai</c>, <c>openai+anthropic</c>, <c>any</c>, …</summary>
    public required string Provider { get; init; }

    /// <summary>Its phases, without gaps.</summary>
    public required IReadOnlyList<ScenarioPhase> Phases { get; init; }

    /// <summary>How many times longer a slow first token takes.</summary>
    public double SlowFactor { get; init; } = 8;

    /// <summary>How long a stall before the first byte is.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The share of an answer that is out when a stream breaks: from and to.</summary>
    public (double From, double To) BreakAt { get; init; } = (0.05, 0.9);

    /// <summary>How long a stream is silent, in seconds: from and to.</summary>
    public (double From, double To) Silence { get; init; } = (59, 138);

    /// <summary>The share of silent streams that go on after the silence.</summary>
    public double ResumeShare { get; init; } = 0.7;

    /// <summary>Whether a session that is hit stays hit.</summary>
    public bool Sticky { get; init; }

    /// <summary>Whether only streams are concerned.</summary>
    public bool StreamsOnly { get; init; }

    /// <summary>When its last phase ends, in minutes.</summary>
    public double Minutes => Phases[^1].ToMinute;

    /// <summary>The minute from which the provider is well for good: at least <see cref="WellShare"/> of answers are good until the end.</summary>
    public double WellFrom
    {
        get
        {
            for (var i = Phases.Count - 1; i >= 0; i--)
            {
                var phase = Phases[i];
                var start = Good(phase, phase.FromMinute);
                var end = phase.Moves ? phase.End.Good : start;
                if (end < WellShare) return phase.ToMinute;
                if (start >= WellShare) continue;
                // On a straight line the crossing is exact.
                return phase.FromMinute + ((WellShare - start) / (end - start) * (phase.ToMinute - phase.FromMinute));
            }

            return 0;
        }
    }

    /// <summary>
    /// The minute from which the provider is truly ill for a model: its share of bad outcomes is first <see cref="IllShare"/>.
    /// What fails before that is what fails on a normal day. Null where it never is.
    /// </summary>
    public double? IllFrom(string model)
    {
        foreach (var phase in Phases)
        {
            var start = Bad(phase, phase.FromMinute, model);
            if (start >= IllShare) return phase.FromMinute;
            if (!phase.Moves) continue;
            var end = 1 - phase.End.Good;
            if (end >= IllShare) return phase.FromMinute + ((IllShare - start) / (end - start) * (phase.ToMinute - phase.FromMinute));
        }

        return null;
    }

    /// <summary>The phase at <paramref name="minute"/>; null before and after the outage.</summary>
    public ScenarioPhase? PhaseAt(double minute)
    {
        foreach (var phase in Phases)
        {
            if (minute >= phase.FromMinute && minute < phase.ToMinute) return phase;
        }

        return null;
    }

    internal static Scenario Read(JsonElement scenario)
    {
        var phases = scenario.GetProperty("phases").EnumerateArray().Select(ScenarioPhase.Read).ToList();
        for (var i = 1; i < phases.Count; i++)
        {
            if (phases[i].FromMinute != phases[i - 1].ToMinute) throw new FormatException($"phase '{phases[i].Name}' does not begin where the one before it ends");
        }

        var read = new Scenario
        {
            Id = scenario.GetProperty("id").GetString()!,
            Title = scenario.GetProperty("title").GetString()!,
            Why = scenario.GetProperty("why").GetString()!,
            Provider = scenario.GetProperty("provider").GetString()!,
            Phases = phases,
            Sticky = scenario.TryGetProperty("sticky_by", out var by) && by.GetString() == "session",
            StreamsOnly = scenario.GetProperty("scope").TryGetProperty("endpoints", out var endpoints)
                && endpoints.EnumerateArray().Any(endpoint => endpoint.GetString() == "streaming only"),
            SlowFactor = scenario.TryGetProperty("slow", out var slow) ? slow.GetProperty("ttft_multiplier").GetDouble() : 8,
            Stall = TimeSpan.FromSeconds(scenario.TryGetProperty("stall", out var stall) ? stall.GetProperty("seconds").GetDouble() : 30),
        };
        return scenario.TryGetProperty("stream", out var stream) ? ReadStream(read, stream) : read;
    }

    private static Scenario ReadStream(Scenario scenario, JsonElement stream) => scenario with
    {
        BreakAt = Range(stream.GetProperty("cut_after_fraction").GetString()!),
        Silence = Range(stream.GetProperty("stall_seconds").GetString()!),
        ResumeShare = Number(ResumeText().Match(stream.GetProperty("stall_then").GetString()!).Groups[1].Value) / 100,
    };

    private static double Good(ScenarioPhase phase, double minute) => phase.Wave is { } wave ? wave.Bad.Good : phase.MixAt(minute, "").Good;

    private static double Bad(ScenarioPhase phase, double minute, string model) =>
        1 - (phase.Wave is { } wave ? Math.Min(wave.Bad.Good, wave.Good.Good) : phase.MixAt(minute, model).Good);

    /// <summary>Reads <c>uniform 0.05..0.9</c>.</summary>
    private static (double From, double To) Range(string text)
    {
        var range = RangeText().Match(text);
        return range.Success ? (Number(range.Groups[1].Value), Number(range.Groups[2].Value)) : throw new FormatException($"'{text}' is no range");
    }

    private static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^uniform ([0-9.]+?)\.\.([0-9.]+)$")]
    private static partial Regex RangeText();

    [GeneratedRegex(@"resume ([0-9]+) %")]
    private static partial Regex ResumeText();
}
