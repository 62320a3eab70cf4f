using Microsoft.Extensions.Logging;
using Understudy.Observation;

namespace Understudy.Extensions.AI;

/// <summary>What happens, as entries of the program's own log. A call waits for none of them: they are written on a thread of the pool.</summary>
internal sealed partial class HappeningLog : IDisposable
{
    private readonly Journal _journal;
    private readonly ILogger _logger;

    public HappeningLog(Journal journal, ILogger logger)
    {
        _journal = journal;
        _logger = logger;
        journal.Happened += Hear;
    }

    public void Dispose() => _journal.Happened -= Hear;

    private void Hear(Happening happening)
    {
        var level = LevelOf(happening);
        if (IsEnabled(level)) ThreadPool.UnsafeQueueUserWorkItem(static told => told.Log.Write(told.Level, told.Happening), (Log: this, Level: level, Happening: happening), preferLocal: false);
    }

#pragma warning disable CA1031 // a log that cannot be written to (its disk is full, it is disposed of) must end neither the call nor, on a thread of the pool, the program
    private bool IsEnabled(LogLevel level)
    {
        try
        {
            return _logger.IsEnabled(level);
        }
        catch (Exception)
        {
            return false;
        }
    }

    private void Write(LogLevel level, Happening happening)
    {
        try
        {
            Say(_logger, level, happening.Kind, happening.Subject, happening.Text);
        }
        catch (Exception)
        {
            // There is nobody to tell: this is the way to tell.
        }
    }
#pragma warning restore CA1031

    private static LogLevel LevelOf(Happening happening) => happening.Kind switch
    {
        "bug" => LogLevel.Error,
        "breaker" or "alarm" or "store" or "config" or "kill" => LogLevel.Warning,
        _ => LogLevel.Information,
    };

    [LoggerMessage(EventName = "Happened", Message = "{Kind} {Subject}: {Text}")]
    private static partial void Say(ILogger logger, LogLevel level, string kind, string subject, string text);
}
