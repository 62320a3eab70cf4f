using System.Globalization;
using Understudy.Calls;
using Understudy.Deferral;
using Understudy.Drills.Reading;
using Understudy.Drills.Traffic;
using Understudy.Pipeline;
using Understudy.Transport;

namespace Understudy.Drills.Tests.Machine;

/// <summary>
/// Work for later, on a disk that outlives processes, and what was promised of it: each accepted piece ends once, with the
/// right words or not at all, through crashes, reloads and cancels.
/// </summary>
internal sealed class MachineDeferrals
{
    private readonly MachineWorld _world;
    private readonly Dictionary<string, Piece> _pieces = new(StringComparer.Ordinal);
    private readonly Dictionary<int, (Wish Wish, DrillCall Call)> _questions = [];
    private int _numbers;

    public MachineDeferrals(MachineWorld world)
    {
        _world = world;
        foreach (var (_, wish) in world.Plan.Wishes)
        {
            var plan = new PlannedCall(wish.Question, TimeSpan.Zero, wish.InputTokens, wish.OutputTokens, Stream: false, wish.Question, 0);
            _questions.TryAdd(wish.Question, (wish, new(plan, Seeds.Mix(world.Plan.Story.Seed, (ulong)wish.Question + 99))));
        }
    }

    /// <summary>The disk.</summary>
    public MemoryDeferralStore Disk { get; } = new();

    /// <summary>Whether something waits or is under way.</summary>
    public bool IsBusy => Disk.Tally.Count(DeferredState.Waiting) + Disk.Tally.Count(DeferredState.Running) > 0;

    /// <summary>How many pieces were promised to be done.</summary>
    public int Promised => _pieces.Count;

    /// <summary>How many pieces were done.</summary>
    public int Done { get; private set; }

    /// <summary>The call that a request carries again; null where it is none of ours.</summary>
    public DrillCall? Find(ReadOnlySpan<byte> body) =>
        RequestBodies.NumberIn(body) is { } question && _questions.TryGetValue(question, out var known) ? known.Call : null;

    /// <summary>A process begins on what the disk holds.</summary>
    public void Begin(MachineHost host)
    {
        Disk.BeginAnew();
        host.Engine.Deferral.Attach(Disk, () => (++_numbers).ToString("x32", CultureInfo.InvariantCulture));
        host.Engine.Deferral.Finished += (id, state) =>
        {
            if (!host.IsDead) Finished(id, state);
        };
        _ = new DeferralWorker(host.Engine);
    }

    /// <summary>A client was told that its call is kept.</summary>
    public void Told(string id, Wish wish)
    {
        if (!_pieces.TryAdd(id, new(wish, _world.Time.GetUtcNow()))) return; // two who joined, or one that asked twice under one key
        _world.Note($"{id} is kept");
        if (wish.CancelsAfter is not { } after) return;
        _world.Time.CreateTimer(_ => Cancel(id), null, after, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Nothing is asked any more, and the queue has had its time.</summary>
    public void AtRest()
    {
        foreach (var (id, piece) in _pieces)
        {
            var view = Disk.FindAsync(id).Result;
            if (view is { State: DeferredState.Waiting or DeferredState.Running }) _world.Broken("nothing accepted is lost", $"{id} is {view.State} for ever");
            else if (view is null && !piece.IsDeleted && piece.Ends == 0 && !piece.IsOverdue(_world.Time.GetUtcNow())) _world.Broken("nothing accepted is lost", $"{id} is gone, and nothing came of it");
        }
    }

    private void Finished(string id, DeferredState state)
    {
        _world.OnItsThread();
        _world.Note($"{id} is {state.Word()}");
        if (!_pieces.TryGetValue(id, out var piece)) return; // its client was gone before it could be told
        if (++piece.Ends > 1) _world.Broken("answered once", $"{id} ended {piece.Ends} times");
        if (piece.IsDeleted) _world.Broken("cancelled is cancelled", $"{id} is {state} after its owner took it back");
        if (state != DeferredState.Done) return;
        Done++;
        if (Disk.FindAsync(id).Result?.AnswerSensitive is not { Status: 200 } answer)
        {
            _world.Broken("answered once", $"{id} is done, and there is no answer");
            return;
        }

        var read = AnswerReader.Read(piece.Wish.Protocol, stream: false, answer.BodySensitive.Span);
        if (!read.Agrees(_questions[piece.Wish.Question].Call, whole: true)) _world.Broken("never presented whole", $"{id} is done with other words: {read.Mistake ?? read.Text}");
    }

    private void Cancel(string id)
    {
        if (_world.Host is not { } host || _pieces[id] is not { } piece) return;
        var before = host.Engine.Deferral.DeleteAsync(id, piece.Wish.Client ?? "").Result;
        _world.Note($"{id}: its owner takes it back: {before?.State.Word() ?? "unknown"}");
        piece.IsDeleted |= before is not null;
    }

    /// <summary>What a client was promised.</summary>
    private sealed class Piece(Wish wish, DateTimeOffset at)
    {
        public Wish Wish { get; } = wish;

        public int Ends { get; set; }

        public bool IsDeleted { get; set; }

        public bool IsOverdue(DateTimeOffset now) => now - at >= PolicyMaker.LeastKept;
    }
}

/// <summary>Finds the number of deferred work in the headers of an answer.</summary>
internal sealed class DeferredIdReader : IHeaderTarget
{
    public string? Id { get; private set; }

    public static string? Of(in AnswerHead head)
    {
        var reader = new DeferredIdReader();
        head.PassThrough?.CopyHeaders(reader);
        return reader.Id;
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("x-understudy-deferred-id"u8)) Id = System.Text.Encoding.ASCII.GetString(value);
    }
}
