using System.Runtime.InteropServices;

namespace Understudy.Cli;

/// <summary>Ctrl+C and SIGTERM, which would otherwise end the program at once.</summary>
internal static class StopSignal
{
    /// <summary>Ends at the first of them.</summary>
    public static async Task WaitAsync(CancellationToken cancellationToken)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var cancelled = cancellationToken.UnsafeRegister(_ => stop.TrySetResult(), null);
        await stop.Task;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.TrySetResult();
        }
    }
}
