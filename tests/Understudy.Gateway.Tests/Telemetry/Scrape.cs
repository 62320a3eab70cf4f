using System.Globalization;
using System.Text.RegularExpressions;

namespace Understudy.Gateway.Tests.Telemetry;

/// <summary>What a scrape says, read strictly: a line that is not as the format has it fails the test.</summary>
internal sealed partial class Scrape
{
    public Scrape(string text)
    {
        Text = text;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line is ['#', ..])
            {
                var words = line.Split(' ', 4);
                if (words[1] == "TYPE") Families.Add(words[2], (words[3], Help[words[2]]));
                if (words[1] == "HELP") Help.Add(words[2], words[3]);
                continue;
            }

            var sample = Sample().Match(line);
            Assert.True(sample.Success, $"not a sample: {line}");
            var labels = Label().Matches(sample.Groups["labels"].Value).ToDictionary(label => label.Groups[1].Value, label => label.Groups[2].Value);
            var family = Families.Keys.LastOrDefault(name => sample.Groups["name"].Value.StartsWith(name, StringComparison.Ordinal));
            Assert.True(family is not null, $"a sample without a TYPE before it: {line}");
            Samples.Add((sample.Groups["name"].Value, labels, Number(sample.Groups["value"].Value)));
        }
    }

    public string Text { get; }

    public Dictionary<string, (string Type, string Help)> Families { get; } = [];

    public List<(string Name, Dictionary<string, string> Labels, double Value)> Samples { get; } = [];

    private Dictionary<string, string> Help { get; } = [];

    /// <summary>The value of the only series of that name with those labels, written <c>a=b c=d</c>.</summary>
    public double this[string name, string labels = ""]
    {
        get
        {
            var wanted = labels.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(label => label.Split('=', 2)).ToDictionary(label => label[0], label => label[1]);
            var found = Samples.Where(sample => sample.Name == name && wanted.All(label => sample.Labels.GetValueOrDefault(label.Key) == label.Value)).ToList();
            Assert.True(found.Count == 1, $"{found.Count} series are {name}{{{labels}}}:\n{Text}");
            return found[0].Value;
        }
    }

    /// <summary>All samples of a name that have these labels, added up.</summary>
    public double Sum(string name, string labels) => Samples
        .Where(sample => sample.Name == name && labels.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(label => sample.Labels.TryGetValue(label.Split('=')[0], out var value) && value == label.Split('=')[1]))
        .Sum(sample => sample.Value);

    /// <summary>The labels of a family, buckets' bounds left out.</summary>
    public IReadOnlyList<string> LabelsOf(string family) =>
        [.. Samples.Where(sample => sample.Name.StartsWith(family, StringComparison.Ordinal)).SelectMany(sample => sample.Labels.Keys).Where(label => label != "le").Distinct()];

    private static double Number(string text) => text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>([a-zA-Z_][a-zA-Z0-9_]*=""([^""\\]|\\[\\n""])*"",?)*)\})? (?<value>\S+)$")]
    private static partial Regex Sample();

    [GeneratedRegex(@"([a-zA-Z_][a-zA-Z0-9_]*)=""((?:[^""\\]|\\[\\n""])*)""")]
    private static partial Regex Label();
}
