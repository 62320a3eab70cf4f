using System.CommandLine;
using Spectre.Console;
using Understudy.Demo;

namespace Understudy.Cli.Verbs;

/// <summary><c>understudy demo</c>.</summary>
internal static class DemoVerb
{
    public static Command Command()
    {
        var fast = new Option<bool>("--fast") { Description = "The outage in a quarter of a minute instead of a minute." };
        var noBrowser = new Option<bool>("--no-browser") { Description = "Opens no browser; else the control room is opened in one, where this is a terminal." };
        var exit = new Option<bool>("--exit") { Description = "Stops after the outage: 0 if no client of the gateway saw an error or a wrong answer, else 1." };
        var command = new Command("demo", "Plays the outage of 2 June 2026 against a gateway and simulated providers, with and without Understudy. Needs no keys.") { fast, noBrowser, exit };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var console = Console.IsOutputRedirected ? Plain() : AnsiConsole.Console;
            var options = new DemoOptions { Fast = parsed.GetValue(fast), Exit = parsed.GetValue(exit), Browser = !parsed.GetValue(noBrowser) && !parsed.GetValue(exit) && !Console.IsOutputRedirected, Live = console.Profile.Capabilities.Ansi };
            try
            {
                return await DemoShow.RunAsync(options, console, cancellationToken) || !options.Exit ? ExitCode.Done : ExitCode.Failed;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                Console.Error.WriteLine("Stopped before the end.");
                return ExitCode.Failed;
            }
        });
        return command;
    }

    /// <summary>For pipes and files: no escape codes, whatever the environment says, and lines of a width that a log can show.</summary>
    private static IAnsiConsole Plain()
    {
        var console = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(Console.Out) });
        console.Profile.Width = 100;
        return console;
    }
}
