using FsCheck;
using FsCheck.Fluent;
using Understudy.Alarms;

namespace Understudy.Tests.Alarms;

/// <summary>Windows of rings against the plain sum of all that came.</summary>
public sealed class RollingTallyTests
{
    [Theory]
    [InlineData(5, 10)]
    [InlineData(10, 10)]
    [InlineData(30, 60)]
    [InlineData(120, 60)]
    [InlineData(360, 900)]
    [InlineData(4320, 900)]
    public void Window_HoldsWhatCameInIt_ToABucketsBreadth(int minutes, int bucketSeconds)
    {
        var window = TimeSpan.FromMinutes(minutes);
        var bucket = TimeSpan.FromSeconds(bucketSeconds);
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<ushort[]>>(), gaps =>
        {
            var tally = new RollingTally();
            var came = new List<(long At, long Part)>();
            long now = 0;
            foreach (var gap in gaps.Get)
            {
                now += TimeSpan.FromSeconds(gap % (int)Math.Max(2, window.TotalSeconds / 3)).Ticks;
                tally.Add(now, gap % 3, 1);
                came.Add((now, gap % 3));
                var (part, whole) = tally.Of(window, now);
                var surely = came.Where(one => one.At > now - window.Ticks).ToList();
                var perhaps = came.Where(one => one.At > now - window.Ticks - (2 * bucket.Ticks)).ToList();
                Assert.InRange(whole, surely.Count, perhaps.Count);
                Assert.InRange(part, surely.Sum(one => one.Part), perhaps.Sum(one => one.Part));
            }

            return true;
        }).QuickCheckThrowOnFailure();
    }
}
