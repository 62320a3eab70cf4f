namespace Understudy.ControlRoom.Feed;

/// <summary>The last so many. Not thread-safe: its feed locks.</summary>
/// <param name="most">How many.</param>
internal sealed class Ring<TItem>(int most)
    where TItem : class
{
    private readonly TItem?[] _items = new TItem?[most];
    private long _count;

    /// <summary>How many there ever were.</summary>
    public long Count => _count;

    /// <summary>Adds one, in the place of the oldest.</summary>
    public void Add(TItem item) => _items[_count++ % _items.Length] = item;

    /// <summary>The newest ones, newest first.</summary>
    public List<TItem> Newest(int wanted)
    {
        var newest = new List<TItem>(Math.Min(wanted, _items.Length));
        for (var i = _count - 1; i >= 0 && i >= _count - _items.Length && newest.Count < wanted; i--) newest.Add(_items[i % _items.Length]!);
        return newest;
    }

    /// <summary>The newest one that fits; null for none.</summary>
    public TItem? Find(Predicate<TItem> fits) => Array.Find(_items, item => item is not null && fits(item));
}
