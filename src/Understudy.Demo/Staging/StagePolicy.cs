using System.Globalization;
using System.Security.Cryptography;
using Understudy.Configuration;
using Understudy.PolicyFile;
using Understudy.Simulator;

namespace Understudy.Demo.Staging;

/// <summary>The gateway's policy: the file <c>demo.yaml</c>, with the addresses and the clocks of this run.</summary>
internal static class StagePolicy
{
    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidOperationException">The file in this program is wrong: a bug.</exception>
    public static Policy Read(StagePlan plan, string listen, string store, SimulatedProvider claude, SimulatedProvider openAI, SimulatedProvider gemini, SimulatedProvider local)
    {
        using var reader = new StreamReader(typeof(StagePolicy).Assembly.GetManifestResourceStream("demo.yaml")!);
        var result = PolicyReader.Read(reader.ReadToEnd(), "demo.yaml", PolicyEnvironment.Of(new Dictionary<string, string>
        {
            ["DEMO_LISTEN"] = listen,
            ["DEMO_TOKEN"] = Convert.ToHexString(RandomNumberGenerator.GetBytes(24)),
            ["DEMO_STORE"] = store,
            ["DEMO_CLAUDE"] = Address(claude),
            ["DEMO_OPENAI"] = Address(openAI),
            ["DEMO_GEMINI"] = Address(gemini),
            ["DEMO_LOCAL"] = Address(local),
            ["DEMO_PATIENCE"] = Duration(plan.Pace.Patience),
            ["DEMO_DEADLINE"] = Duration(plan.Pace.Deadline),
            ["DEMO_OPEN_FOR"] = Duration(plan.Pace.OpenFor.First),
            ["DEMO_MAX_OPEN_FOR"] = Duration(plan.Pace.OpenFor.Longest),
            ["DEMO_PROBE_EVERY"] = Duration(plan.Pace.ProbeEvery),
            ["DEMO_RAMP_FOR"] = Duration(plan.Pace.RampFor.First),
            ["DEMO_MAX_RAMP_FOR"] = Duration(plan.Pace.RampFor.Longest),
        }));
        return result.Policy ?? throw new InvalidOperationException(string.Join("; ", result.Mistakes));
    }

    private static string Address(SimulatedProvider provider) => provider.BaseUrl.ToString().TrimEnd('/');

    private static string Duration(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0}ms");
}
