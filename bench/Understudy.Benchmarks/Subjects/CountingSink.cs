using Understudy.Calls;

namespace Understudy.Benchmarks.Subjects;

/// <summary>A client that counts what it gets, and is always ready for more.</summary>
internal sealed class CountingSink : IAnswerSink
{
    public long Bytes { get; private set; }

    public int Writes { get; private set; }

    public void Begin(in AnswerHead head)
    {
        if (head.Status != 200) throw new InvalidOperationException($"The call was to go well, and ended in {head.Status}.");
    }

    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Bytes += bytes.Length;
        Writes++;
        return new(true);
    }

    public void Abort() => throw new InvalidOperationException("The call was to go well, and was broken off.");
}
