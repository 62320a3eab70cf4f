using Understudy.Simulator.Answers;
using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Faults;

/// <summary>
/// What can go wrong with one call. A fault overrides the moment it strikes at, and nothing else; the base does nothing at
/// all. A moment that answers true has had the last word: nothing more is sent.
/// </summary>
internal abstract class Fault
{
    /// <summary>Before the request is judged, before any byte of an answer.</summary>
    public virtual ValueTask<bool> AtDoorAsync(ServedCall call) => ValueTask.FromResult(false);

    /// <summary>The status and the headers are out, nothing else.</summary>
    public virtual ValueTask<bool> AfterHeadersAsync(ServedCall call) => ValueTask.FromResult(false);

    /// <summary>Pieces of content sent when <see cref="StrikeAsync"/> is called; null never calls it.</summary>
    public virtual int? PiecesBefore(int piecesPlanned) => null;

    /// <summary>In the middle of the answer: after some pieces of a stream, after half the bytes of a whole answer.</summary>
    public virtual ValueTask<bool> StrikeAsync(ServedCall call) => ValueTask.FromResult(false);

    /// <summary>A whole answer that is struck has told its length first.</summary>
    public virtual bool TellsLength => true;

    /// <summary>How many times slower than the provider's pace.</summary>
    public virtual double Slowness => 1;

    /// <summary>The model's manners.</summary>
    public virtual Manner Manner => Manner.Good;

    /// <summary>A content type in place of the right one.</summary>
    public virtual string? ContentType => null;

    /// <summary>The pieces of a spec: a fixed number or a share of the answer.</summary>
    protected static int Pieces(FaultSpec spec, int planned) =>
        spec.Fraction is { } fraction ? Math.Max(1, (int)(fraction * planned)) : spec.After;
}
