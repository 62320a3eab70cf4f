namespace Understudy.Architecture.Tests;

/// <summary>
/// Inside the engine a folder is a concern. Stages never name each other, and nothing names the pipeline: what a stage
/// knows of the others goes through the pipeline, which is the one place that knows the order.
/// </summary>
public sealed class StageTests
{
    /// <summary>What any folder may name: words that all share, and what stands below everything.</summary>
    private static readonly HashSet<string> Foundations = ["Calls", "Failures", "Configuration", "Wires", "Observation", "Http", "Transport"];

    /// <summary>What a foundation may name itself: a foundation that leans on everything is none.</summary>
    private static readonly Dictionary<string, string[]> BelowFoundations = new()
    {
        ["Failures"] = [],
        ["Http"] = [],
        ["Calls"] = [],
        ["Configuration"] = ["Calls"],
        ["Wires"] = ["Calls"],
        ["Transport"] = ["Calls", "Configuration", "Failures", "Http"],
        ["Observation"] = ["Calls", "Configuration", "Failures", "Wires"],
    };

    /// <summary>What is not as it should be, file by file, with the reason. A line that is no longer needed fails the test.</summary>
    private static readonly Dictionary<string, string> Exceptions = new()
    {
        ["Calls/IAnswerSink.cs: Transport"] = "the head of an answer carries the reply whose headers pass through",
    };

    public static TheoryData<string> Folders => [.. Directory.GetDirectories(Path.Combine(Sources.Root, "src", "Understudy")).Select(Path.GetFileName).OfType<string>().Where(name => name is not ("bin" or "obj")).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Folders))]
    public void Folder_NamesOnlyFoundations(string folder)
    {
        if (folder == "Pipeline") return; // it names them all: that is what it is for
        var folders = Folders.Select(row => (string)row).ToHashSet();
        var allowed = BelowFoundations.TryGetValue(folder, out var below) ? below.ToHashSet() : Foundations;
        var wrong = Sources.Files($"Understudy/{folder}")
            .SelectMany(file => Sources.Named(file.Text, "Understudy").Select(named => (file.Path, Named: named)))
            .Where(use => folders.Contains(use.Named) && use.Named != folder && !allowed.Contains(use.Named))
            .Select(use => $"{folder}/{use.Path}: {use.Named}")
            .Where(use => !Exceptions.ContainsKey(use));
        Assert.Empty(wrong);
    }

    [Theory, MemberData(nameof(Folders))]
    public void Namespace_IsTheFolder(string folder)
    {
        foreach (var (path, text) in Sources.Files($"Understudy/{folder}"))
        {
            var wanted = "Understudy." + folder + string.Concat(path.Split('/')[..^1].Select(part => "." + part));
            Assert.True(text.Contains($"namespace {wanted};", StringComparison.Ordinal), $"{folder}/{path} is not in {wanted}");
        }
    }

    [Fact]
    public void Foundations_AreKnown() => Assert.Equal(Foundations.Order(), BelowFoundations.Keys.Order());

    [Fact]
    public void Exceptions_AreStillNeeded()
    {
        var found = Sources.Files("Understudy").SelectMany(file => Sources.Named(file.Text, "Understudy").Select(named => $"{file.Path}: {named}")).ToHashSet();
        Assert.DoesNotContain(Exceptions.Keys, exception => !found.Contains(exception));
    }
}
