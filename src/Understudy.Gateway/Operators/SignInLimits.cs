using System.Net;
using System.Net.Sockets;

namespace Understudy.Gateway.Operators;

/// <summary>
/// How often a password may be guessed: by account and address together, by address, and by account from everywhere.
/// The last one is wide, so that a stranger who guesses at an operator's name does not lock the operator out for long.
/// </summary>
/// <param name="time">The time.</param>
internal sealed class SignInLimits(TimeProvider time)
{
    /// <summary>Tries at one account from one address: that many at once, then one in twelve seconds.</summary>
    public const int OfAccountAndAddress = 5;

    private const int OfAddress = 20;
    private const int OfAccount = 50;
    private const int MostBuckets = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Bucket> _buckets = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Takes one try; null where it may be made, else how long to wait.</summary>
    /// <param name="account">The name that was given.</param>
    /// <param name="address">Where it comes from.</param>
    /// <param name="isNews">Whether this is the first refusal since tries were last free.</param>
    public TimeSpan? Take(string account, IPAddress? address, out bool isNews)
    {
        var from = Of(address);
        (string Key, int Size, double PerMinute)[] wanted =
        [
            ($"both {from} {account}", OfAccountAndAddress, 5),
            ($"from {from}", OfAddress, 20),
            ($"at {account}", OfAccount, 10),
        ];
        isNews = false;
        lock (_lock)
        {
            if (_buckets.Count > MostBuckets) Forget_NeedsLock();
            foreach (var (key, size, perMinute) in wanted)
            {
                // Full of other people's tries even now: somebody floods, and nobody new gets in until that is over.
                if (!_buckets.TryGetValue(key, out var bucket))
                {
                    if (_buckets.Count > MostBuckets) return TimeSpan.FromMinutes(1);
                    _buckets[key] = bucket = new(size, perMinute, time.GetTimestamp());
                }

                bucket.Refill(time);
                if (bucket.Left >= 1) continue;
                isNews = !bucket.Told;
                bucket.Told = true;
                return TimeSpan.FromMinutes((1 - bucket.Left) / perMinute);
            }

            foreach (var (key, _, _) in wanted) _buckets[key].Left--;
            return null;
        }
    }

    /// <summary>Gives the try back: the password was right, and whoever has it may sign in as often as they like.</summary>
    public void GiveBack(string account, IPAddress? address)
    {
        var from = Of(address);
        lock (_lock)
        {
            foreach (var key in (string[])[$"both {from} {account}", $"from {from}", $"at {account}"])
            {
                if (_buckets.TryGetValue(key, out var bucket)) bucket.Left = Math.Min(bucket.Size, bucket.Left + 1);
            }
        }
    }

    /// <summary>An address as guessers can be told apart by it: of IPv6 the network, for everybody there has the rest for free.</summary>
    private static string Of(IPAddress? address)
    {
        if (address is null) return "nowhere";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }

    private void Forget_NeedsLock()
    {
        foreach (var (key, bucket) in _buckets)
        {
            bucket.Refill(time);
            if (bucket.Left >= bucket.Size) _buckets.Remove(key);
        }
    }

    private sealed class Bucket(int size, double perMinute, long now)
    {
        private long _filled = now;

        public int Size => size;

        public double Left { get; set; } = size;

        public bool Told { get; set; }

        public void Refill(TimeProvider time)
        {
            Left = Math.Min(size, Left + (time.GetElapsedTime(_filled).TotalMinutes * perMinute));
            _filled = time.GetTimestamp();
            if (Left >= size) Told = false;
        }
    }
}
