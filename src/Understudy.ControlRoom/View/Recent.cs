using Understudy.ControlRoom.Feed;

namespace Understudy.ControlRoom.View;

/// <summary>The sums of the last seconds and of the last minute, and the columns of the small pictures: read once for a whole view.</summary>
internal sealed class Recent
{
    /// <summary>Columns of a provider's small picture.</summary>
    public const int Columns = 30;

    private const int SecondsAColumn = 4;

    private static readonly TimeSpan Now = TimeSpan.FromSeconds(RouteSums.Seconds);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly (int Served, int Failed)[,] _columns = new (int, int)[Lanes.Most, Columns];
    private readonly DateTimeOffset _until;

    /// <summary>Reads them.</summary>
    public Recent(RoomFeed feed, DateTimeOffset now)
    {
        _until = now;
        LastSeconds.Reset(now);
        LastMinute.Reset(now);
        feed.Seconds(TimeSpan.FromSeconds(Columns * SecondsAColumn), Add);
    }

    /// <summary>What counts as now.</summary>
    public Slice LastSeconds { get; } = new();

    /// <summary>The last minute.</summary>
    public Slice LastMinute { get; } = new();

    /// <summary>A lane's answers and failures over two minutes.</summary>
    public (int Served, int Failed)[] Spark(int lane) => [.. Enumerable.Range(0, Columns).Select(column => _columns[lane, column])];

    private void Add(Slice slice)
    {
        var age = _until - slice.At;
        if (age <= Now + TimeSpan.FromSeconds(1)) LastSeconds.Add(slice);
        if (age <= Minute) LastMinute.Add(slice);
        var column = Columns - 1 - (int)(age.TotalSeconds / SecondsAColumn);
        if (column is < 0 or >= Columns) return;
        for (var lane = 0; lane < Lanes.Most; lane++)
        {
            ref readonly var sums = ref slice.Lane(lane);
            _columns[lane, column].Served += sums.Served;
            _columns[lane, column].Failed += sums.Failed;
        }
    }
}
