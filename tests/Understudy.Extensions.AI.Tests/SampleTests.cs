using System.Diagnostics;
using Understudy.Extensions.AI.Tests.Support;
using Understudy.Gateway.Tests.Support;

namespace Understudy.Extensions.AI.Tests;

/// <summary>The program of <c>samples</c>, as a process of its own with simulated providers.</summary>
public sealed class SampleTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TheBoxOffice_AnswersThroughAnOutage()
    {
        await using var stage = await ProgramStage.StartAsync();
        using var sample = Start(stage);

        Assert.Equal($"[claude/claude-sonnet-4-5] {ProgramStage.Whole()}", await AskAsync(sample, ProgramStage.Prompt));
        Assert.StartsWith("[claude/claude-sonnet-4-5] ", await AskAsync(sample, "Please call seats for Friday"), StringComparison.Ordinal);
        await sample.StandardInput.WriteLineAsync("kill claude");
        Assert.StartsWith("[openai/gpt-4o, degraded] ", await AskAsync(sample, "And for Sunday?"), StringComparison.Ordinal);
        await sample.StandardInput.WriteLineAsync("kill all");
        var kept = await AskAsync(sample, ProgramStage.Prompt);
        Assert.StartsWith("[defer, degraded] ", kept, StringComparison.Ordinal);
        var id = kept[(kept.LastIndexOf('(') + 1)..^1];
        await sample.StandardInput.WriteLineAsync("revive all");
        Assert.StartsWith("[claude/claude-sonnet-4-5] ", await AskAsync(sample, "later " + id), StringComparison.Ordinal);

        sample.StandardInput.Close();
        await sample.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, sample.ExitCode);
    }

    private static async Task<string> AskAsync(Process sample, string line)
    {
        await sample.StandardInput.WriteLineAsync(line);
        return await sample.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) ?? "";
    }

    private Process Start(ProgramStage stage)
    {
        // Beside the tests, in the same configuration.
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var sample = Path.Combine(here.Parent!.Parent!.Parent!.Parent!.Parent!.FullName, "samples", "Understudy.Sample", "bin", here.Parent.Name, here.Name, "Understudy.Sample.dll");
        var start = new ProcessStartInfo("dotnet", [sample]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["BOX_OFFICE_STORE"] = _folder.File;
        start.Environment["ANTHROPIC_API_KEY"] = start.Environment["OPENAI_API_KEY"] = "sk-of-the-provider";
        start.Environment["ANTHROPIC_BASE_URL"] = stage.Claude.BaseUrl.ToString();
        start.Environment["OPENAI_BASE_URL"] = stage.OpenAI.BaseUrl + "v1";
        return Process.Start(start)!;
    }
}
