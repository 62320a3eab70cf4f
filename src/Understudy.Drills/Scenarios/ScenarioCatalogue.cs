using System.Text.Json;

namespace Understudy.Drills.Scenarios;

/// <summary>The scenarios that ship with the program.</summary>
public static class ScenarioCatalogue
{
    private static readonly Lazy<IReadOnlyList<Scenario>> _all = new(() =>
    {
        using var stream = typeof(ScenarioCatalogue).Assembly.GetManifestResourceStream("scenarios.json")
            ?? throw new InvalidOperationException("The scenarios are not in the assembly.");
        using var document = JsonDocument.Parse(stream);
        return Read(document.RootElement);
    });

    /// <summary>All of them, in the file's order.</summary>
    public static IReadOnlyList<Scenario> All => _all.Value;

    /// <summary>The scenario of that name; null where there is none.</summary>
    public static Scenario? Find(string id) => All.FirstOrDefault(scenario => scenario.Id.Equals(id, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads a file of scenarios.</summary>
    /// <exception cref="FormatException">A mix does not sum to 1, an outcome is unknown, or the phases have a gap.</exception>
    internal static IReadOnlyList<Scenario> Read(JsonElement file) => [.. file.GetProperty("scenarios").EnumerateArray().Select(scenario =>
    {
        try
        {
            return Scenario.Read(scenario);
        }
        catch (FormatException wrong)
        {
            throw new FormatException($"scenario '{scenario.GetProperty("id").GetString()}': {wrong.Message}", wrong);
        }
    })];
}
