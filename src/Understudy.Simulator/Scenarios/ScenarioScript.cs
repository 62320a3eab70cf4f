using System.Text.Json;

namespace Understudy.Simulator.Scenarios;

/// <summary>
/// An outage as a script: for each minute, which share of calls ends how. Read from a file of scenarios; some derived from
/// public outage records come with the simulator.
/// </summary>
public sealed class ScenarioScript
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private ScenarioScript(JsonElement scenario)
    {
        Id = scenario.GetProperty("id").GetString()!;
        Title = scenario.TryGetProperty("title", out var title) ? title.GetString() ?? Id : Id;
        Phases = [.. scenario.GetProperty("phases").EnumerateArray().Select(ScenarioPhase.Read)];
        SlowFactor = Number(scenario, "slow", "ttft_multiplier", 10);
        StallSeconds = Number(scenario, "stall", "seconds", 30);
        foreach (var phase in Phases) phase.Check(Id);
    }

    /// <summary>The ids of the scenarios that come with the simulator.</summary>
    public static IReadOnlyList<string> Ids => [.. ReadAll(OpenBuiltIn(), scenarios => scenarios.Select(IdOf).ToArray())];

    /// <summary>The scenario's id.</summary>
    public string Id { get; }

    /// <summary>What happened, in a line.</summary>
    public string Title { get; }

    /// <summary>How long it lasts, unaccelerated.</summary>
    public TimeSpan Duration => TimeSpan.FromMinutes(Phases.Max(phase => phase.ToMinute));

    internal IReadOnlyList<ScenarioPhase> Phases { get; }

    internal double SlowFactor { get; }

    internal double StallSeconds { get; }

    /// <summary>A scenario that comes with the simulator.</summary>
    /// <param name="id">One of <see cref="Ids"/>.</param>
    /// <exception cref="ArgumentException">There is none of that id; the message names the nearest.</exception>
    public static ScenarioScript BuiltIn(string id) => Load(OpenBuiltIn(), id);

    /// <summary>A scenario out of a file.</summary>
    /// <param name="path">A file of scenarios.</param>
    /// <param name="id">Which of them; null takes the first.</param>
    /// <exception cref="ArgumentException">There is none of that id, or it can't be read.</exception>
    public static ScenarioScript Load(string path, string? id = null) => Load(File.OpenRead(path), id);

    /// <summary>A scenario out of a stream, which is closed.</summary>
    /// <param name="stream">Scenarios as JSON: <c>{ "scenarios": [ … ] }</c>, or one scenario alone.</param>
    /// <param name="id">Which of them; null takes the first.</param>
    /// <exception cref="ArgumentException">There is none of that id, or it can't be read.</exception>
    public static ScenarioScript Load(Stream stream, string? id = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        try
        {
            return ReadAll(stream, scenarios =>
            {
                var all = scenarios.ToArray();
                var found = all.FirstOrDefault(scenario => id is null || IdOf(scenario) == id);
                return found.ValueKind == JsonValueKind.Object
                    ? new ScenarioScript(found)
                    : throw new ArgumentException($"there is no scenario \"{id}\"; did you mean \"{NearestWord.To(id ?? "", all.Select(IdOf))}\"?", nameof(id));
            });
        }
        catch (Exception mistake) when (mistake is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ArgumentException($"the scenario can't be read: {mistake.Message}", nameof(stream), mistake);
        }
    }

    /// <summary>The outcomes of calls and their shares at a minute; before the first phase and after the last all is well.</summary>
    internal IReadOnlyDictionary<string, double> MixAt(double minute, string model) =>
        Phases.FirstOrDefault(phase => minute >= phase.FromMinute && minute < phase.ToMinute)?.MixAt(minute, model) ?? ScenarioPhase.AllWell;

    private static T ReadAll<T>(Stream stream, Func<IEnumerable<JsonElement>, T> read)
    {
        using (stream)
        {
            using var document = JsonDocument.Parse(stream, Lenient);
            var root = document.RootElement;
            return read(root.TryGetProperty("scenarios", out var list) ? list.EnumerateArray() : [root]);
        }
    }

    private static string IdOf(JsonElement scenario) => scenario.GetProperty("id").GetString() ?? "";

    private static double Number(JsonElement scenario, string group, string name, double otherwise) =>
        scenario.TryGetProperty(group, out var members) && members.TryGetProperty(name, out var value) ? value.GetDouble() : otherwise;

    private static Stream OpenBuiltIn() =>
        typeof(ScenarioScript).Assembly.GetManifestResourceStream("Understudy.Simulator.Scenarios.scenarios.json")!;
}
