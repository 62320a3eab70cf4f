using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Runtime.InteropServices;
using Understudy.Calls;

namespace Understudy.Coalescing;

/// <summary>Whether two requests ask for the very same thing.</summary>
internal static class SameCall
{
    private const ulong Prime = 0x9E3779B97F4A7C15;
    private const int Samples = 64;

    /// <summary>
    /// Headers that differ between two tries of one request, or that only tell on which way it came. Any other header may
    /// change the answer, so it must be the same: an unknown one can cost a join, never somebody another's answer.
    /// </summary>
    private static readonly FrozenSet<string> Incidental = new[]
    {
        "date", "via", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip",
        "traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled",
        "x-request-id", "x-client-request-id", "x-correlation-id", "x-amzn-trace-id", "x-cloud-trace-context", "sentry-trace",
        "idempotency-key", // compared for itself
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// A number by which equal requests find each other: of the body's length and of 64 places in it. It is no proof of
    /// anything (<see cref="As"/> is), so it may look at half a kilobyte where the body has two hundred.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="seed">The process's own: nobody outside can aim at a bucket.</param>
    public static ulong Hash(CallRequest request, ulong seed)
    {
        var body = request.Body.Span;
        var hash = Mix(seed ^ (ulong)body.Length);
        hash = Mix(hash ^ (ulong)(uint)string.GetHashCode(request.Model, StringComparison.Ordinal));
        hash = Mix(hash ^ ((ulong)request.Protocol << 8) ^ (request.Stream ? 1UL : 0));
        if (body.Length < sizeof(ulong) * Samples)
        {
            foreach (var word in MemoryMarshal.Cast<byte, ulong>(body)) hash = Mix(hash ^ word);
            foreach (var rest in body[(body.Length & ~7)..]) hash = Mix(hash ^ rest);
            return hash;
        }

        var stride = (body.Length - sizeof(ulong)) / (Samples - 1);
        for (var sample = 0; sample < Samples - 1; sample++) hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(body[(sample * stride)..]));
        return Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(body[^sizeof(ulong)..]));
    }

    /// <summary>Whether <paramref name="one"/> and <paramref name="other"/> are the same in all but their bodies.</summary>
    /// <param name="one">One.</param>
    /// <param name="other">The other.</param>
    /// <param name="anyCaller">Whether it does not matter who asks.</param>
    public static bool As(CallRequest one, CallRequest other, bool anyCaller) =>
        one.Protocol == other.Protocol
        && one.Operation == other.Operation
        && one.Stream == other.Stream
        && (anyCaller || one.CallerSensitive == other.CallerSensitive)
        && one.Model == other.Model
        && one.Query == other.Query
        && one.IdempotencyKey == other.IdempotencyKey
        && HeadersWithin(one.Headers, other.Headers)
        && HeadersWithin(other.Headers, one.Headers);

    /// <summary>Whether every header that counts of <paramref name="one"/> is among <paramref name="other"/>'s.</summary>
    private static bool HeadersWithin(IReadOnlyList<HeaderField> one, IReadOnlyList<HeaderField> other)
    {
        for (var i = 0; i < one.Count; i++)
        {
            var field = one[i];
            if (Incidental.Contains(field.Name) || field.Name.StartsWith("x-stainless-", StringComparison.OrdinalIgnoreCase)) continue;
            if (!Has(other, field)) return false;
        }

        return true;
    }

    private static bool Has(IReadOnlyList<HeaderField> fields, HeaderField wanted)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i].Value == wanted.Value && fields[i].Name.Equals(wanted.Name, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    /// <summary>One round of a multiply and a fold: enough to spread, and one step of latency a word.</summary>
    private static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value ^ (value >> 32), Prime, out var low);
        return high ^ low;
    }
}
