using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Understudy.Wires;

namespace Understudy.Quotas;

/// <summary>What a bucket counts.</summary>
internal enum QuotaKind
{
    Requests,
    Tokens,
    InputTokens,
    OutputTokens,
}

/// <summary>What a header says of its bucket.</summary>
internal enum QuotaField
{
    Limit,
    Remaining,
    Reset,
}

/// <summary>One header about a bucket.</summary>
/// <param name="Kind">Which bucket.</param>
/// <param name="Field">Which of its numbers.</param>
/// <param name="Number">The number; 0 for a time.</param>
/// <param name="At">When it is full again; for a number without meaning.</param>
internal readonly record struct QuotaHeader(QuotaKind Kind, QuotaField Field, long Number, DateTimeOffset At);

/// <summary>
/// Reads <c>anthropic-ratelimit-input-tokens-remaining</c> and its kin, whose times are RFC 3339, and
/// <c>x-ratelimit-remaining-tokens</c> and its kin (OpenAI, Azure, Groq and others), whose times are durations such as
/// <c>6m0s</c>. Gemini has no such headers. Allocates nothing.
/// </summary>
internal static class QuotaHeaders
{
    private const int LongestName = 64;
    private const int LongestValue = 40;

    /// <summary>What the header says; null where it is another header, or says nothing that can be understood.</summary>
    public static QuotaHeader? TryRead(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, DateTimeOffset now)
    {
        if (name.Length is < 20 or > LongestName || value.Length is 0 or > LongestValue) return null;
        Span<byte> lower = stackalloc byte[name.Length];
        if (Ascii.ToLower(name, lower, out _) != System.Buffers.OperationStatus.Done) return null;
        return lower[0] switch
        {
            (byte)'a' => OfAnthropic(lower, value),
            (byte)'x' => OfOpenAI(lower, value, now),
            _ => null,
        };
    }

    private static QuotaHeader? OfAnthropic(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!Skip(ref name, "anthropic-ratelimit-"u8)) return null;
        if (Kind(name, out var rest) is not { } kind || Field(rest) is not { } field) return null;
        if (field != QuotaField.Reset) return Number(kind, field, value);
        Span<char> text = stackalloc char[value.Length];
        return Ascii.ToUtf16(value, text, out _) == System.Buffers.OperationStatus.Done
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
                ? new(kind, field, 0, at)
                : null;
    }

    private static QuotaHeader? OfOpenAI(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, DateTimeOffset now)
    {
        if (!Skip(ref name, "x-ratelimit-"u8)) return null;
        QuotaField field;
        if (Skip(ref name, "limit-"u8)) field = QuotaField.Limit;
        else if (Skip(ref name, "remaining-"u8)) field = QuotaField.Remaining;
        else if (Skip(ref name, "reset-"u8)) field = QuotaField.Reset;
        else return null;
        if (Kind(name, out var rest) is not { } kind || !rest.IsEmpty) return null;
        if (field != QuotaField.Reset) return Number(kind, field, value);
        Span<char> text = stackalloc char[value.Length];
        return Ascii.ToUtf16(value, text, out _) == System.Buffers.OperationStatus.Done && ErrorBody.ParseDelay(text) is { } wait
            ? new(kind, field, 0, now + wait)
            : null;
    }

    private static QuotaHeader? Number(QuotaKind kind, QuotaField field, ReadOnlySpan<byte> value) =>
        Utf8Parser.TryParse(value, out long number, out var used) && used == value.Length && number >= 0
            ? new(kind, field, number, default)
            : null;

    private static QuotaKind? Kind(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> rest)
    {
        rest = name;
        if (Skip(ref rest, "requests"u8)) return QuotaKind.Requests;
        if (Skip(ref rest, "tokens"u8)) return QuotaKind.Tokens;
        if (Skip(ref rest, "input-tokens"u8)) return QuotaKind.InputTokens;
        return Skip(ref rest, "output-tokens"u8) ? QuotaKind.OutputTokens : null;
    }

    private static QuotaField? Field(ReadOnlySpan<byte> rest) =>
        rest.SequenceEqual("-limit"u8) ? QuotaField.Limit
        : rest.SequenceEqual("-remaining"u8) ? QuotaField.Remaining
        : rest.SequenceEqual("-reset"u8) ? QuotaField.Reset
        : null;

    private static bool Skip(ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> start)
    {
        if (!text.StartsWith(start)) return false;
        text = text[start.Length..];
        return true;
    }
}
