using Understudy.Calls;
using Understudy.Drills.Providers;

namespace Understudy.Drills.Tests.Machine;

/// <summary>
/// A client's end of the connection: strict about what may be done to it, slow where the client is slow, and deaf once it
/// is gone.
/// </summary>
internal sealed class MachineSink(MachineWorld world, string call, TimeSpan from, Wish wish) : IAnswerSink
{
    private readonly List<byte> _bytes = [];
    private VirtualWait? _reading;
    private bool _isGone;

    /// <summary>The head; null while there is none.</summary>
    public AnswerHead? Head { get; private set; }

    /// <summary>The number of what is kept for later; null for none.</summary>
    public string? DeferredId { get; private set; }

    /// <summary>When the answer began.</summary>
    public TimeSpan? Began { get; private set; }

    /// <summary>Whether the connection was broken off by the engine.</summary>
    public bool Aborted { get; private set; }

    /// <summary>Whether the engine has said that it is done with it.</summary>
    public bool IsOver { get; set; }

    /// <summary>How long the engine waited for the client to read, in all.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>What came.</summary>
    public byte[] Bytes => [.. _bytes];

    /// <inheritdoc/>
    public void Begin(in AnswerHead head)
    {
        world.OnItsThread();
        if (Head is not null) world.Broken("one answer", $"{call} was begun twice");
        if (IsOver) world.Broken("one answer", $"{call} was begun after its end");
        Head = head with { PassThrough = null };
        if (head.ServedBy == "defer" && (DeferredId = DeferredIdReader.Of(head)) is { } id) world.Deferrals.Told(id, wish);
        if (head.JoinedTo is { } joined) world.Joined(joined, from);
        Began = world.Time.Elapsed;
        world.Note($"{call}: {head.Status} by {head.ServedBy ?? "nobody"}{(head.Degraded ? ", degraded" : "")}{(head.JoinedTo is { } host ? $", joined to {host}" : "")}");
    }

    /// <inheritdoc/>
    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        world.OnItsThread();
        if (Head is null) world.Broken("one answer", $"{call} got a body before a head");
        if (IsOver) world.Broken("one answer", $"{call} was written to after its end");
        if (_reading is not null) world.Broken("one answer", $"{call} was written to while it still read");
        if (_isGone || Aborted) return new(false);
        _bytes.AddRange(bytes.Span);
        return wish.Reads == TimeSpan.Zero ? new(true) : ReadAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Abort()
    {
        world.OnItsThread();
        world.Note($"{call}: broken off");
        Aborted = true;
        _reading?.CallOff();
    }

    /// <summary>The client hangs up, or the process at the other end is gone.</summary>
    public void Leave()
    {
        _isGone = true;
        _reading?.CallOff();
    }

    private async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        var since = world.Time.Elapsed;
        using var wait = new VirtualWait(world.Time);
        _reading = wait;
        await using var registration = cancellationToken.UnsafeRegister(static waiting => ((VirtualWait)waiting!).CallOff(), wait).ConfigureAwait(false);
        var taken = await wait.ForAsync(wish.Reads).ConfigureAwait(false);
        _reading = null;
        Waited += world.Time.Elapsed - since;
        return taken && !_isGone && !Aborted;
    }
}
