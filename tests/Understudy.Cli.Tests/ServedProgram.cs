using System.Diagnostics;
using System.Text;

namespace Understudy.Cli.Tests;

/// <summary><c>understudy serve</c> as a process of its own.</summary>
internal static class ServedProgram
{
    /// <summary>Starts it.</summary>
    /// <param name="config">The policy file.</param>
    /// <param name="address">Where it serves, as soon as it says so; fails where it ends before.</param>
    /// <param name="hear">Told of each line that it says; null for nobody.</param>
    /// <param name="environment">Variables of its own.</param>
    public static Process Start(string config, out Task<Uri> address, Action<string>? hear = null, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Understudy.Cli.dll"), "serve", "--config", config, "--log", "text"]) { RedirectStandardError = true };
        foreach (var name in (string[])["UNDERSTUDY_URL", "UNDERSTUDY_LISTEN", "UNDERSTUDY_ADMIN_TOKEN", "UNDERSTUDY_KILL"]) start.Environment.Remove(name);
        start.Environment["TieredPGO"] = "0";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var found = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new StringBuilder();
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) =>
        {
            said.AppendLine(line.Data);
            if (line.Data is null) found.TrySetException(new InvalidOperationException($"It ended{(process.WaitForExit(TimeSpan.FromSeconds(5)) ? $" with {process.ExitCode}" : " to speak")}: {said}"));
            else if (line.Data.IndexOf("serves on http://", StringComparison.Ordinal) is >= 0 and var at) found.TrySetResult(new(line.Data[(at + "serves on ".Length)..].Split(' ')[0] + "/"));
            if (line.Data is not null) hear?.Invoke(line.Data);
        };
        process.BeginErrorReadLine();
        address = found.Task;
        return process;
    }
}
