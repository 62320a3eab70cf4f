using System.Threading.Channels;
using Understudy.Configuration;

namespace Understudy.Observation.Past;

/// <summary>
/// Keeps the records of calls that have ended beyond what memory holds, for a time and within a size, over restarts. A call
/// hands a reference over and goes on; what finds no room, or what a store in trouble does not take, is lost and counted.
/// </summary>
public sealed class CallArchive : IAsyncDisposable
{
    private const int MostWaiting = 16 * 1024;
    private const int InOneBlock = 1024;
    private const int BlocksAtOnce = 8;

    /// <summary>How long records gather: each block is a wait for the disk, which others wait for, too.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromSeconds(2);

    /// <summary>By how much a block may be out of turn: calls that end at once are told of in any order, and a store counts in milliseconds.</summary>
    private static readonly TimeSpan OutOfTurn = TimeSpan.FromSeconds(1);

    private readonly Channel<CallRecord> _waiting = Channel.CreateBounded<CallRecord>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
    private readonly CancellationTokenSource _closing = new();
    private readonly Journal _journal;
    private readonly TimeProvider _time;
    private readonly ICallStore _store;
    private readonly Func<RecordsModel> _model;
    private readonly Func<CallRecord, string?> _modelOf;
    private readonly Task _working;
    private long _kept;
    private long _lost;

    /// <summary>Keeps what <paramref name="journal"/> is told from now on.</summary>
    /// <param name="journal">Tells of calls.</param>
    /// <param name="time">The time.</param>
    /// <param name="store">Where to.</param>
    /// <param name="model">How long and how much; asked with each block.</param>
    /// <param name="modelOf">The model that a call asked for, as it may be told; null for one that nobody knows.</param>
    public CallArchive(Journal journal, TimeProvider time, ICallStore store, Func<RecordsModel> model, Func<CallRecord, string?> modelOf)
    {
        _journal = journal;
        _time = time;
        _store = store;
        _model = model;
        _modelOf = modelOf;
        journal.CallEnded += Take;
        _working = Task.Run(WorkAsync);
    }

    /// <summary>Calls that are on disk since the start, and calls that are lost.</summary>
    public (long Kept, long Lost) Count => (Interlocked.Read(ref _kept), Interlocked.Read(ref _lost));

    /// <summary>What the store holds.</summary>
    public long Bytes => _store.Bytes;

    /// <summary>The last calls before a time, the newest first.</summary>
    /// <param name="before">Only those that began before; null from the newest that is kept.</param>
    /// <param name="fits">Which; null for all.</param>
    /// <param name="troubleOnly">Only those that took a second attempt or got less than they asked for.</param>
    /// <param name="most">How many at the most.</param>
    /// <returns>
    /// The calls, and where to go on if there may be more; null where the store has trouble. Looks at so many blocks and no more, but
    /// for those with calls that took so long that they began before the page and ended after it.
    /// </returns>
    public async Task<(IReadOnlyList<CallRecord> Calls, DateTimeOffset? Next)?> ReadAsync(DateTimeOffset? before, Func<CallRecord, bool>? fits, bool troubleOnly, int most)
    {
        const int MostBlocks = 64;
        // Kept to the microsecond: what was shown from memory, to the tick, would come again.
        if (before is { } exact) before = exact.AddTicks(-(exact.Ticks % TimeSpan.TicksPerMicrosecond));
        var found = new List<CallRecord>();
        for (int skip = 0, looked = 0; ; skip += BlocksAtOnce)
        {
            if (await _store.ReadAsync(before, troubleOnly, skip, BlocksAtOnce).ConfigureAwait(false) is not { } blocks) return null;
            foreach (var block in blocks)
            {
                found.AddRange(CallPack.Unpack(block.Body, _time).Where(call => (before is null || call.StartedAt < before) && (!troubleOnly || CallPack.IsTrouble(call)) && fits?.Invoke(call) != false));
            }

            if (blocks.Count < BlocksAtOnce) return Page(found, DateTimeOffset.MinValue, null, most);
            // What was not read had ended before: none of it began later, and whatever did is all here.
            var settled = blocks[^1].Until + OutOfTurn;
            if (found.Count(call => call.StartedAt >= settled) > most) return Page(found, settled, null, most);
            // Blocks that end after the page begins do not count: whoever goes on from here must come further back.
            if (!(settled >= before) && (looked += BlocksAtOnce) >= MostBlocks) return Page(found, settled, settled, most);
        }
    }

    /// <summary>One call; null where it is not kept, or not any more.</summary>
    public async Task<CallRecord?> FindAsync(string id) => await _store.FindAsync(id).ConfigureAwait(false) is { } blocks
        ? blocks.SelectMany(block => CallPack.Unpack(block.Body, _time)).FirstOrDefault(call => call.Id == id)
        : null;

    /// <summary>Takes no more, writes what is waiting, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _journal.CallEnded -= Take;
        if (!_waiting.Writer.TryComplete()) return; // a second time
        await _closing.CancelAsync().ConfigureAwait(false);
        await _working.ConfigureAwait(false);
        _closing.Dispose();
    }

    private static (IReadOnlyList<CallRecord> Calls, DateTimeOffset? Next) Page(List<CallRecord> found, DateTimeOffset settled, DateTimeOffset? next, int most)
    {
        // A block that came in meanwhile shifts the others: one of them may have been read twice.
        var newest = found.Where(call => call.StartedAt >= settled).DistinctBy(call => call.Id).OrderByDescending(call => call.StartedAt).Take(most + 1).ToList();
        if (newest.Count <= most) return (newest, next);
        newest.RemoveAt(most);
        return (newest, newest[^1].StartedAt);
    }

    private void Take(CallRecord call)
    {
        if (!_waiting.Writer.TryWrite(call)) Interlocked.Increment(ref _lost);
    }

    private async Task WorkAsync()
    {
        var reader = _waiting.Reader;
        var block = new List<CallRecord>(InOneBlock);
        while (await reader.WaitToReadAsync().ConfigureAwait(false))
        {
            if (reader.Count < InOneBlock && !_closing.IsCancellationRequested) await Task.Delay(Gather, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (block.Count < InOneBlock && reader.TryRead(out var call)) block.Add(call);
            if (block.Count > 0) await KeepAsync(block).ConfigureAwait(false);
            block.Clear();
        }
    }

    private async Task KeepAsync(List<CallRecord> calls)
    {
        var isKept = false;
        var model = _model();
        try
        {
            if (model.Enabled) isKept = await _store.KeepAsync(CallPack.Pack(calls, _time, _modelOf), model.NotBefore(_time.GetUtcNow()), model.MaxBytes).ConfigureAwait(false);
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            _journal.Tell(new(_time.GetUtcNow(), "bug", "records", $"a bug of the gateway's own lost the records of {calls.Count} calls: {bug.GetType().Name}"));
        }

        if (isKept) Interlocked.Add(ref _kept, calls.Count);
        else if (model.Enabled) Interlocked.Add(ref _lost, calls.Count);
    }
}
