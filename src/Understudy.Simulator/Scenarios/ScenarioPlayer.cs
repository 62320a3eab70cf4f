using System.Globalization;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator.Scenarios;

/// <summary>Plays a script against the provider's clock: each call draws its outcome from the mix of the minute.</summary>
internal sealed class ScenarioPlayer(ScenarioScript script, SimulatorOptions options)
{
    public static readonly string[] Outcomes =
    [
        "ok", "slow", "stall_then_ok", "hang", "http_500", "http_429_no_retry_after", "conn_refused", "dns_fail", "stream_cut",
        "stream_eof", "stream_error_event", "stream_stall", "garbled_200",
    ];

    // The records tell no retry-after; a minute is what vendors commonly send.
    private const double RetryAfter = 60;

    private readonly SimulatorChance _chance = new(options.Seed ^ 0x5C217);
    private readonly long _started = options.Time.GetTimestamp();

    public static bool Knows(string outcome) => Outcomes.Contains(outcome) || IsStatus(outcome, out _);

    /// <summary>What goes wrong with a call that comes now; null when nothing does.</summary>
    public (string Kind, Fault Fault)? Draw(string model)
    {
        var minute = options.Time.GetElapsedTime(_started).TotalMinutes * options.SpeedFactor;
        var draw = _chance.NextDouble();
        foreach (var (outcome, share) in script.MixAt(minute, model))
        {
            draw -= share;
            if (draw < 0) return Play(outcome);
        }

        return null; // shares that sum to less than 1, by rounding or by intent, leave the rest well
    }

    private (string Kind, Fault Fault)? Play(string outcome)
    {
        var spec = outcome switch
        {
            "ok" => null,
            "slow" => new FaultSpec { Kind = "slow", Factor = script.SlowFactor },
            "stall_then_ok" => new FaultSpec { Kind = "hang", Seconds = script.StallSeconds / options.SpeedFactor },
            "hang" => new FaultSpec { Kind = "hang" },
            "conn_refused" or "dns_fail" => new FaultSpec { Kind = "refuse" }, // a name that can't be resolved can't be played from behind it
            "stream_cut" => new FaultSpec { Kind = "cut", Fraction = Within(0.05, 0.9) },
            "stream_eof" => new FaultSpec { Kind = "eof", Fraction = Within(0.05, 0.9) }, // a proxy in between ends the body of a dead upstream cleanly
            "stream_error_event" => new FaultSpec { Kind = "error_event", Fraction = Within(0.05, 0.9) },
            "stream_stall" => new FaultSpec
            {
                Kind = "stall",
                Fraction = Within(0.05, 0.9),
                Seconds = _chance.NextDouble() < 0.7 ? Within(59, 138) / options.SpeedFactor : null,
            },
            "garbled_200" => new FaultSpec { Kind = Garbled[_chance.Next(Garbled.Length)] },
            "http_429_no_retry_after" => new FaultSpec { Kind = "status", Code = 429 },
            _ => IsStatus(outcome, out var code)
                ? new FaultSpec { Kind = "status", Code = code, RetryAfter = code == 429 ? RetryAfter / options.SpeedFactor : null }
                : null,
        };
        return spec is null ? null : (spec.Kind, FaultCatalog.Create(spec));
    }

    private static readonly string[] Garbled = ["garbage", "html", "empty", "empty_answer"];

    private double Within(double from, double to) => from + _chance.NextDouble() * (to - from);

    private static bool IsStatus(string outcome, out int code)
    {
        code = 0;
        return outcome.StartsWith("http_", StringComparison.Ordinal)
            && int.TryParse(outcome.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out code) && code is >= 200 and <= 599;
    }
}
