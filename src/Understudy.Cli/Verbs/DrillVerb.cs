using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Understudy.Drills;
using Understudy.Drills.Reporting;
using Understudy.Drills.Reporting.Page;
using Understudy.Drills.Strategies.Rivals;
using Understudy.Drills.Traffic;
using Understudy.PolicyFile;

namespace Understudy.Cli.Verbs;

/// <summary><c>understudy drill</c>.</summary>
internal static class DrillVerb
{
    private static readonly Argument<string?> Scenario = new("SCENARIO") { Arity = ArgumentArity.ZeroOrOne, Description = "Which outage; --list shows them." };
    private static readonly Option<bool> List = new("--list") { Description = "Shows the scenarios, the rivals and the traces." };
    private static readonly Option<string?> Config = new("--config", "-c") { Description = "The config file to drill. Without one: what a gateway with three keys and no file does. Keys need not be set." };
    private static readonly Option<string?> Against = new("--against") { Description = $"Rivals to compare with, separated by commas, or all: {string.Join(", ", RivalCatalogue.Names)}." };
    private static readonly Option<ulong> Seed = new("--seed") { Description = "The same seed gives the same report to the byte. Default 1.", DefaultValueFactory = _ => 1 };
    private static readonly Option<string?> Report = new("--report") { Description = "Writes the report as a page that needs nothing else." };
    private static readonly Option<string?> Json = new("--json") { Description = "Writes the report as JSON." };
    private static readonly Option<double?> Rate = new("--rate") { Description = "Calls a second. Default 5, or the trace's own; less where a long scenario would make more than 130,000 calls." };
    private static readonly Option<string> Trace = new("--trace") { Description = $"The traffic: {string.Join(", ", TrafficSource.Names)}.", DefaultValueFactory = _ => "poisson" };
    private static readonly Option<decimal> Revenue = new("--revenue-per-hour") { Description = "US dollars that an hour of answered calls brings in. Default 10000.", DefaultValueFactory = _ => 10_000 };
    private static readonly Option<string?> Sick = new("--sick") { Description = "The provider of the config that is sick, or all of them: all. Default: those of the scenario's vendor." };

    public static Command Command()
    {
        var command = new Command("drill", "Replays an outage against the engine, in virtual time, and reports it. Needs no keys and no network.")
        {
            Scenario, List, Config, Against, Seed, Report, Json, Rate, Trace, Revenue, Sick,
        };
        command.SetAction(parsed => parsed.GetValue(List) ? ShowList() : Run(parsed));
        return command;
    }

    private static int ShowList()
    {
        ReportList.Print(ConsoleFor.StandardOutput());
        return ExitCode.Done;
    }

    private static int Run(ParseResult parsed)
    {
        if (parsed.GetValue(Scenario) is not { } scenario) return Wrong("Which scenario? 'understudy drill --list' shows them.");
        if (parsed.GetValue(Rate) is { } rate && !(rate is > 0 and < 100_000)) return Wrong("--rate must be more than 0.");
        if (parsed.GetValue(Revenue) < 0) return Wrong("--revenue-per-hour must not be negative.");
        PolicyResult? config = null;
        if (parsed.GetValue(Config) is { } file)
        {
            config = PolicySource.Read(file, WithoutKeys);
            if (config.Policy is null) return ExitCode.BadUsage;
        }

        var rivals = (parsed.GetValue(Against) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var options = new DrillOptions
        {
            Scenario = scenario,
            Policy = config?.Policy,
            Against = rivals is ["all"] ? RivalCatalogue.Names : [.. rivals.Distinct()],
            Seed = parsed.GetValue(Seed),
            Rate = parsed.GetValue(Rate),
            Traffic = parsed.GetValue(Trace)!,
            RevenuePerHour = parsed.GetValue(Revenue),
            Sick = parsed.GetValue(Sick),
        };
        if (DrillPlanner.Plan(options, out var mistake) is not { } setup) return Wrong(mistake!);
        var report = ReportBuilder.Build(setup, Drill.Run(setup, options.Against, Progress(options.Against.Count + 1)));
        ReportTable.Print(ConsoleFor.StandardOutput(), report);
        return Write(parsed.GetValue(Json), () => ReportJson.Write(report)) && Write(parsed.GetValue(Report), () => ReportPage.Write(report, setup.Scenario))
            ? ExitCode.Done
            : ExitCode.Failed;
    }

    /// <summary>A drill calls nobody, so a key that the file names need not be there.</summary>
    private static PolicyEnvironment WithoutKeys { get; } = new(
        name => Environment.GetEnvironmentVariable(name) ?? (IsSecret(name) ? "drill" : null),
        path => PolicyEnvironment.OfProcess.File(path));

    private static bool IsSecret(string name) =>
        name.Contains("KEY", StringComparison.OrdinalIgnoreCase) || name.Contains("TOKEN", StringComparison.OrdinalIgnoreCase) || name.Contains("SECRET", StringComparison.OrdinalIgnoreCase);

    private static Action<string>? Progress(int count)
    {
        if (Console.IsErrorRedirected) return null;
        var at = 0;
        return name => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{++at} of {count}: {name}"));
    }

    private static bool Write(string? file, Func<string> text)
    {
        if (file is null) return true;
        try
        {
            File.WriteAllText(file, text());
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            Console.Error.WriteLine($"{file}: {failure.Message}");
            return false;
        }
    }

    private static int Wrong(string what)
    {
        Console.Error.WriteLine(what);
        return ExitCode.BadUsage;
    }
}

/// <summary>The terminal, or what stands in for it.</summary>
internal static class ConsoleFor
{
    /// <summary>For pipes and files without escape codes, and wide enough for every table.</summary>
    public static IAnsiConsole StandardOutput()
    {
        if (!Console.IsOutputRedirected) return AnsiConsole.Console;
        var console = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(Console.Out) });
        console.Profile.Width = 140;
        return console;
    }
}
