using System.Collections.Concurrent;

namespace Understudy.HumanReview;

/// <summary>What goes on for a while is told once: a thousand waiting calls must not push everything else out of the events.</summary>
internal sealed class Spells(TimeProvider time)
{
    /// <summary>A pause after which the same is told again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<(string What, string Inbox), long> _last = new();

    /// <summary>Whether this is the first of its kind for a while.</summary>
    public bool Begins(string what, string inbox)
    {
        var now = time.GetTimestamp();
        var begins = !_last.TryGetValue((what, inbox), out var last) || time.GetElapsedTime(last, now) > Pause;
        _last[(what, inbox)] = now;
        return begins;
    }
}
