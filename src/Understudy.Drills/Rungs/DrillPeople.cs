using Understudy.HumanReview;

namespace Understudy.Drills.Rungs;

/// <summary>
/// The people behind the inboxes of a drilled policy: two for all inboxes, at work from 9 to 17 o'clock UTC on weekdays, who
/// take the oldest question and answer it after one to five minutes. Assumed, and said so in the report: how many people a
/// business has is its own affair.
/// </summary>
internal sealed class DrillPeople
{
    /// <summary>What they say.</summary>
    public const string Words = "A person of ours has looked into it and will see that it is done.";

    /// <summary>How many there are.</summary>
    public const int Count = 2;

    private const int Opens = 9, Closes = 17;

    private static readonly TimeSpan Least = TimeSpan.FromMinutes(1), Most = TimeSpan.FromMinutes(5);

    private readonly HumanInboxes _inboxes;
    private readonly VirtualTime _time;
    private readonly Chance _chance;
    private readonly HashSet<string> _taken = [];
    private int _free = Count;
    private bool _waitsForMorning;

    public DrillPeople(HumanInboxes inboxes, VirtualTime time, ulong seed)
    {
        _inboxes = inboxes;
        _time = time;
        _chance = new(seed);
        inboxes.Changed += change =>
        {
            if (change.What == "waits") Look();
        };
    }

    private void Look()
    {
        while (_free > 0 && _inboxes.Waiting.FirstOrDefault(question => !_taken.Contains(question.Id)) is { } next)
        {
            if (UntilOpen(_time.GetUtcNow()) is { } closed)
            {
                Return(closed);
                return;
            }

            _free--;
            _taken.Add(next.Id);
            After(Least + (_chance.NextDouble() * (Most - Least)), () => Answer(next.Id));
        }
    }

    private void Answer(string id)
    {
        _free++;
        _taken.Remove(id);
        _inboxes.Answer(id, "somebody", Words); // it may have gone on to its next rung meanwhile
        Look();
    }

    private void Return(TimeSpan closed)
    {
        if (_waitsForMorning) return;
        _waitsForMorning = true;
        After(closed, () =>
        {
            _waitsForMorning = false;
            Look();
        });
    }

    private void After(TimeSpan wait, Action then)
    {
        ITimer? timer = null;
        timer = _time.CreateTimer(_ =>
        {
            timer!.Dispose();
            then();
        }, null, wait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How long until somebody is at work; null where somebody is.</summary>
    internal static TimeSpan? UntilOpen(DateTimeOffset now)
    {
        for (var day = 0; ; day++)
        {
            var opens = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddDays(day).AddHours(Opens);
            if (opens.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday || now >= opens.AddHours(Closes - Opens)) continue;
            return now >= opens ? null : opens - now;
        }
    }
}
