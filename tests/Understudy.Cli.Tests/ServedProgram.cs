using System.Diagnostics;
using System.Text;

namespace Understudy.Cli.Tests;

/// <summary><c>understudy serve</c> as a process of its own.</summary>
internal static class ServedProgram
{
    /// <summary>The native program, which starts in a tenth of the time; null where none was published.</summary>
    private static readonly string? Native = Environment.GetEnvironmentVariable("UNDERSTUDY_NATIVE");

    /// <summary>How long the native program, or the other where there is none, takes to serve, in ms: from hardly begun to nearly there.</summary>
    public static (int Least, int Most) StartTakes { get; } = Native is null ? (100, 600) : (5, 60);

    /// <summary>Starts it.</summary>
    /// <param name="config">The policy file.</param>
    /// <param name="address">Where it serves, as soon as it says so; fails where it ends before.</param>
    /// <param name="hear">Told of each line that it says; null for nobody.</param>
    /// <param name="native">Whether the native program is started, where there is one.</param>
    /// <param name="environment">Variables of its own.</param>
    public static Process Start(string config, out Task<Uri> address, Action<string>? hear = null, bool native = false, params (string Name, string Value)[] environment)
    {
        string[] serve = ["serve", "--config", config, "--log", "text"];
        var start = native && Native is not null
            ? new ProcessStartInfo(Native, serve)
            : new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Understudy.Cli.dll"), .. serve]);
        start.RedirectStandardError = true;
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
