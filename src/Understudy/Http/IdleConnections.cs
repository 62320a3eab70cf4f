namespace Understudy.Http;

/// <summary>
/// The idle connections of one origin: the newest is taken first, so that the oldest age and go. No timer: every use
/// also closes up to two that are too old, which is more than a use can add.
/// </summary>
internal sealed class IdleConnections(int capacity, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly HttpConnection?[] _ring = new HttpConnection?[capacity];
    private int _oldest;
    private int _count;
    private bool _closed;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Takes the newest that is still of use, or none.</summary>
    public HttpConnection? Take()
    {
        CloseOld();
        while (true)
        {
            HttpConnection? connection;
            lock (_gate) connection = TakeNewest_NeedsLock();
            if (connection is null) return null;
            if (!IsOld(connection) && !connection.IsStale()) return connection;
            connection.Close();
        }
    }

    /// <summary>Gives a connection back after an exchange that ended in order.</summary>
    public void Give(HttpConnection connection)
    {
        connection.IdleSince = time.GetTimestamp();
        HttpConnection? pushedOut;
        lock (_gate) pushedOut = Add_NeedsLock(connection);
        pushedOut?.Close();
        CloseOld();
    }

    /// <summary>Closes all, and from now on whatever is given.</summary>
    public void Close()
    {
        while (true)
        {
            HttpConnection? connection;
            lock (_gate)
            {
                _closed = true;
                connection = TakeNewest_NeedsLock();
            }

            if (connection is null) return;
            connection.Close();
        }
    }

    private void CloseOld()
    {
        for (var i = 0; i < 2; i++)
        {
            HttpConnection? old;
            lock (_gate) old = _count > 0 && IsOld(_ring[_oldest]!) ? TakeOldest_NeedsLock() : null;
            if (old is null) return;
            old.Close();
        }
    }

    private bool IsOld(HttpConnection connection) => time.GetElapsedTime(connection.IdleSince) >= connection.IdleLimit;

    /// <returns>The connection that has to go for it: the oldest, or itself.</returns>
    private HttpConnection? Add_NeedsLock(HttpConnection connection)
    {
        if (_closed || _ring.Length == 0) return connection;
        var pushedOut = _count == _ring.Length ? TakeOldest_NeedsLock() : null;
        _ring[(_oldest + _count) % _ring.Length] = connection;
        _count++;
        return pushedOut;
    }

    private HttpConnection? TakeNewest_NeedsLock()
    {
        if (_count == 0) return null;
        _count--;
        ref var slot = ref _ring[(_oldest + _count) % _ring.Length];
        var connection = slot;
        slot = null;
        return connection;
    }

    private HttpConnection? TakeOldest_NeedsLock()
    {
        ref var slot = ref _ring[_oldest];
        var connection = slot;
        slot = null;
        _oldest = (_oldest + 1) % _ring.Length;
        _count--;
        return connection;
    }
}
