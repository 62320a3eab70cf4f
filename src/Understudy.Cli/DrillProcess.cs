using System.ComponentModel;
using System.Diagnostics;
using Understudy.Drills.Reporting;
using Understudy.Rehearsals;

namespace Understudy.Cli;

/// <summary>
/// Runs <c>understudy drill</c> beside a gateway: another process, at the lowest priority and with memory of its own, so that a drill
/// takes from calls neither time nor room, and its code is not in the gateway.
/// </summary>
/// <param name="config">The policy file.</param>
internal sealed class DrillProcess(string config)
{
    private const string MostMemory = "0x30000000"; // 768 MiB of heap

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>Runs one.</summary>
    public async Task<(RehearsalFinding Finding, string? Report)> RunAsync(string scenario, CancellationToken cancellationToken)
    {
        var file = Path.GetTempFileName();
        try
        {
            using var process = new Process { StartInfo = StartInfo(scenario, file) };
            try
            {
                process.Start();
                process.PriorityClass = ProcessPriorityClass.Idle;
            }
            catch (Exception refused) when (refused is Win32Exception or InvalidOperationException or NotSupportedException)
            {
                if (!IsRunning(process)) return (new() { Trouble = "the program could not be started" }, null); // else it runs at the usual priority, or is over
            }

            using var clock = new CancellationTokenSource(Longest, TimeProvider.System);
            using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
            try
            {
                var errors = process.StandardError.ReadToEndAsync(late.Token);
                var output = process.StandardOutput.ReadToEndAsync(late.Token);
                await process.WaitForExitAsync(late.Token);
                await output;
                if (process.ExitCode != ExitCode.Done) return (new() { Trouble = process.ExitCode == ExitCode.BadUsage ? $"the policy file or the scenario has a mistake: {FirstLine(await errors)}" : $"it ended with {process.ExitCode}" }, null);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                cancellationToken.ThrowIfCancellationRequested();
                return (new() { Trouble = $"it took longer than {Longest.TotalMinutes:0} min" }, null);
            }

            var json = await File.ReadAllTextAsync(file, cancellationToken);
            return ReportJson.Read(json) is { Strategies: [{ } engine, ..] } ? (Finding(engine), json) : (new() { Trouble = "its report could not be read" }, null);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static RehearsalFinding Finding(StrategyPart engine) => new()
    {
        Calls = engine.Calls,
        Answered = engine.Answered + engine.Degraded,
        Usd = engine.Usd,
        MinutesToDetect = engine.MinutesToDetect,
        MinutesToAlarm = engine.MinutesToAlarm,
    };

    private ProcessStartInfo StartInfo(string scenario, string json)
    {
        // Published it is a program of its own; in development the runtime's host runs its assembly.
        var self = Environment.ProcessPath!;
        var start = new ProcessStartInfo(self) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, CreateNoWindow = true };
        if (Path.GetFileNameWithoutExtension(self).Equals("dotnet", StringComparison.OrdinalIgnoreCase)) start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (var argument in (string[])["drill", scenario, "--config", config, "--json", json]) start.ArgumentList.Add(argument);
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_GCHeapHardLimit"] = MostMemory;
        return start;
    }

    private static bool IsRunning(Process process)
    {
        try
        {
            return process.Id > 0;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].Trim() is { Length: > 0 } line ? line[..Math.Min(line.Length, 200)] : "it says nothing";
}
