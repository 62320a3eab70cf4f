using Understudy.Configuration;
using Understudy.Drills.Reporting;
using Understudy.PolicyFile;

namespace Understudy.Drills.Tests;

/// <summary>The drill of docs/drills.md in which no model answers.</summary>
internal static class RungsDrill
{
    public const string Scenario = "openai-2024-12-11-hard-down";

    /// <summary>The policy that stands in the document.</summary>
    public static Policy Policy
    {
        get
        {
            var page = File.ReadAllText(Path.Combine(Rehearsal.Root, "docs/drills.md"));
            var from = page.IndexOf("```yaml\n", StringComparison.Ordinal) + 8;
            return PolicyReader.Read(page[from..page.IndexOf("```", from, StringComparison.Ordinal)], "drills.md", PolicyEnvironment.Of(new Dictionary<string, string>
            {
                ["UNDERSTUDY_CACHE_KEY"] = "0123456789abcdef0123456789abcdef",
                ["ANTHROPIC_API_KEY"] = "drill",
                ["OPENAI_API_KEY"] = "drill",
            })).Policy!;
        }
    }

    public static DrillSetup Setup(double rate) => DrillPlanner.Plan(new() { Scenario = Scenario, Policy = Policy, Sick = "all", Rate = rate }, out _)!;

    public static DrillReport Report(double rate)
    {
        var setup = Setup(rate);
        return ReportBuilder.Build(setup, Drill.Run(setup, []));
    }
}
