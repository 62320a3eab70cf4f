namespace Understudy.Architecture.Tests;

/// <summary>Which project may use which: the table of the design, read from the project files.</summary>
public sealed class ProjectTests
{
    private const string AspNet = "Microsoft.AspNetCore.App";

    /// <summary>What each project may use. One that is missing here may use nothing until somebody has thought about it.</summary>
    private static readonly Dictionary<string, Rule> Rules = new()
    {
        // A NuGet library that other people's programs load: it brings next to nothing with it.
        ["Understudy"] = new([], Packages: ["Microsoft.Extensions.*"]),
        // YAML and the price list are apart from the engine for the same reason (decision 0008).
        ["Understudy.PolicyFile"] = new(["Understudy"], Packages: ["YamlDotNet"]),
        ["Understudy.Storage"] = new(["Understudy"], Packages: ["Microsoft.Data.Sqlite", "SQLitePCLRaw.*", "Npgsql", "Dapper", "Polly.Core", "Microsoft.Extensions.*"]),
        // What runs beside the engine in every host (decision 0023): it delivers news and alarms, so it knows HTTP and mail, and no server.
        ["Understudy.Hosting"] = new(["Understudy", "Understudy.Storage"], Packages: ["MailKit", "Polly.Core", "System.Security.Cryptography.Pkcs"]),
        // The host for programs: the abstractions that they know, and nothing of a vendor's own.
        ["Understudy.Extensions.AI"] = new(["Understudy", "Understudy.Hosting", "Understudy.PolicyFile"], Packages: ["Microsoft.Extensions.*"]),
        // It reads; what changes something goes by the admin API, from the browser.
        ["Understudy.ControlRoom"] = new(["Understudy"], Packages: ["Microsoft.Extensions.*"], MayServe: true),
        ["Understudy.Gateway"] = new(
            ["Understudy", "Understudy.PolicyFile", "Understudy.Storage", "Understudy.Hosting", "Understudy.ControlRoom"], Packages: ["OpenTelemetry*", "Microsoft.Extensions.*"], MayServe: true),
        // Shared wires would cancel out one mistake in both directions (decision 0004).
        ["Understudy.Simulator"] = new([], Packages: [], MayServe: true),
        ["Understudy.Drills"] = new(["Understudy", "Understudy.PolicyFile"], Packages: ["Polly.Core", "Spectre.Console"]),
        ["Understudy.Audit"] = new([], Packages: ["Microsoft.CodeAnalysis.*"]),
        // The demo is a play with every role: providers, gateway, and the vendors' own clients in the audience.
        ["Understudy.Demo"] = new(
            ["Understudy", "Understudy.Gateway", "Understudy.Simulator", "Understudy.PolicyFile"], Packages: ["Anthropic", "OpenAI", "Spectre.Console"], MayServe: true),
        ["Understudy.Cli"] = new(["*"], Packages: ["System.CommandLine", "Spectre.Console"], MayServe: true),
    };

    public static TheoryData<string> Projects => [.. Sources.Projects];

    [Theory, MemberData(nameof(Projects))]
    public void Project_UsesOnlyWhatItMay(string project)
    {
        Assert.True(Rules.TryGetValue(project, out var rule), $"{project} has no row in the table: say there what it may use.");
        Assert.DoesNotContain(Sources.References(project, "ProjectReference"), used => !rule.Projects.Any(allowed => Fits(allowed, used)));
        Assert.DoesNotContain(Sources.References(project, "PackageReference"), used => !rule.Packages.Any(allowed => Fits(allowed, used)));
        Assert.DoesNotContain(Sources.References(project, "FrameworkReference"), used => !(rule.MayServe && used == AspNet));
    }

    [Fact]
    public void NothingIsGotAroundByAnotherProject()
    {
        Assert.Equal(["Understudy"], Sources.Reach("Understudy"));
        Assert.Equal(["Understudy.Simulator"], Sources.Reach("Understudy.Simulator"));
        foreach (var project in Sources.Projects.Where(name => !Rules[name].MayServe))
        {
            Assert.DoesNotContain(Sources.Reach(project), reached => Rules[reached].MayServe);
        }

        if (Sources.Projects.Contains("Understudy.Gateway"))
        {
            Assert.DoesNotContain("Understudy.Simulator", Sources.Reach("Understudy.Gateway"));
            Assert.DoesNotContain("Understudy.Audit", Sources.Reach("Understudy.Gateway"));
        }
    }

    [Fact]
    public void EveryProject_IsInTheSolution()
    {
        var solution = File.ReadAllText(Path.Combine(Sources.Root, "Understudy.slnx"));
        foreach (var folder in (string[])["src", "tests"])
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Sources.Root, folder), "*.csproj", SearchOption.AllDirectories))
            {
                Assert.Contains($"\"{Path.GetRelativePath(Sources.Root, file).Replace('\\', '/')}\"", solution, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>The engine has no ASP.NET, SQL, Razor or Roslyn, and the simulator no engine, in its sources either.</summary>
    [Theory]
    [InlineData("Understudy", "Microsoft.AspNetCore", "System.Data", "Microsoft.CodeAnalysis", "YamlDotNet", "Npgsql")]
    [InlineData("Understudy.Drills", "Microsoft.AspNetCore", "System.Net.Http", "System.Net.Sockets")]
    [InlineData("Understudy.PolicyFile", "Microsoft.AspNetCore")]
    [InlineData("Understudy.Hosting", "Microsoft.AspNetCore", "OpenTelemetry", "Microsoft.Extensions.AI")]
    [InlineData("Understudy.Extensions.AI", "Microsoft.AspNetCore", "Microsoft.Data", "OpenTelemetry", "YamlDotNet")]
    public void Sources_NameNothingForeign(string project, params string[] foreign)
    {
        foreach (var (path, text) in Sources.Files(project))
        {
            Assert.All(foreign, name => Assert.False(text.Contains($"using {name}", StringComparison.Ordinal), $"{project}/{path} names {name}"));
        }
    }

    [Fact]
    public void Simulator_NamesNothingOfTheEngine()
    {
        foreach (var (path, text) in Sources.Files("Understudy.Simulator"))
        {
            var named = Sources.Named(text, "Understudy").Where(name => name != "Simulator");
            Assert.True(!named.Any(), $"{path} names Understudy.{string.Join(", ", named)}");
        }
    }

    private static bool Fits(string allowed, string used) => allowed.EndsWith('*') ? used.StartsWith(allowed[..^1], StringComparison.Ordinal) : used == allowed;

    /// <param name="Projects">Projects of ours; a star is any.</param>
    /// <param name="Packages">Packages; a star at the end is any rest. (The analyzers that Directory.Build.props brings are no part of a program.)</param>
    /// <param name="MayServe">Whether it may use ASP.NET Core.</param>
    private sealed record Rule(IReadOnlyList<string> Projects, IReadOnlyList<string> Packages, bool MayServe = false);
}
