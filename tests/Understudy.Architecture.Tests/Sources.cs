using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Understudy.Architecture.Tests;

/// <summary>The sources as they lie on the disk: what a project refers to, and which namespaces a folder's files name.</summary>
internal static partial class Sources
{
    public static string Root { get; } = FindRoot();

    /// <summary>The projects under <c>src</c>, by name.</summary>
    public static IReadOnlyList<string> Projects { get; } =
        [.. Directory.GetDirectories(Path.Combine(Root, "src")).Select(Path.GetFileName).OfType<string>().Where(name => File.Exists(FileOf(name))).Order(StringComparer.Ordinal)];

    /// <summary>Names of the projects, packages and frameworks that a project file takes in.</summary>
    public static IReadOnlyList<string> References(string project, string kind) =>
    [
        .. XDocument.Load(FileOf(project)).Descendants(kind).Select(item => (string?)item.Attribute("Include")).OfType<string>()
            .Select(name => kind == "ProjectReference" ? Path.GetFileNameWithoutExtension(name.Replace('\\', '/')) : name).Order(StringComparer.Ordinal),
    ];

    /// <summary>A project and all that come with it.</summary>
    public static IReadOnlySet<string> Reach(string project)
    {
        var reached = new HashSet<string>();
        void Visit(string name)
        {
            if (!reached.Add(name)) return;
            foreach (var next in References(name, "ProjectReference")) Visit(next);
        }

        Visit(project);
        return reached;
    }

    /// <summary>Every file of a folder of <c>src</c>, made ones left out, with its path from there.</summary>
    public static IEnumerable<(string Path, string Text)> Files(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, "src", folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(file => (Path.GetRelativePath(Path.Combine(Root, "src", folder), file).Replace('\\', '/'), File.ReadAllText(file)));

    /// <summary>
    /// The namespaces below <paramref name="root"/> that a file names, in using lines and in full names alike; their first
    /// part only, so that <c>Wires.Anthropic</c> is <c>Wires</c>.
    /// </summary>
    public static IEnumerable<string> Named(string text, string root) =>
        FullName(root).Matches(Comments().Replace(text, "")).Select(match => match.Groups[1].Value).Distinct();

    private static Regex FullName(string root) => new($@"(?<!namespace )\b{Regex.Escape(root)}\.(\w+)", RegexOptions.CultureInvariant);

    [GeneratedRegex(@"//.*$|^namespace .*$", RegexOptions.Multiline)]
    private static partial Regex Comments();

    private static string FileOf(string project) => Path.Combine(Root, "src", project, project + ".csproj");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Understudy.slnx"))) return folder.FullName;
        }

        throw new InvalidOperationException("These tests read the sources: they must run from inside the repository.");
    }
}
