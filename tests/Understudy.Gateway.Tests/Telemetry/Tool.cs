using System.Diagnostics;

namespace Understudy.Gateway.Tests.Telemetry;

/// <summary>Programs of Prometheus, as Debian has them (<c>apt-get install prometheus</c>).</summary>
internal static class Tool
{
    /// <summary>Skips the test where the program is not there; on CI it must be.</summary>
    public static void Need(string program)
    {
        if (Find(program) is not null) return;
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true" && OperatingSystem.IsLinux(), $"{program} is not there: .ci/run installs it.");
        Assert.Skip($"{program} is not there: apt-get install prometheus.");
    }

    public static async Task<(int Code, string Output)> RunAsync(string program, string input, params string[] arguments)
    {
        using var process = Start(program, arguments);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await errors);
    }

    public static Process Start(string program, params string[] arguments) => Process.Start(new ProcessStartInfo(Find(program)!, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
