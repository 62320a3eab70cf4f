namespace Understudy.Capture;

/// <summary>
/// Finds cards' numbers among other digits: an expiry date or a check code mostly stands right behind them. By their check
/// digit (ISO/IEC 7812, Luhn), for most long numbers are no cards.
/// </summary>
internal static class CardNumbers
{
    private const int Fewest = 13, Most = 19;

    /// <summary>The digits without the cards among them.</summary>
    /// <param name="digits">Digits, with one separator between two of them at the most.</param>
    /// <param name="instead">What stands in a card's place.</param>
    /// <param name="count">How many there were.</param>
    public static string Out(string digits, string instead, out int count)
    {
        count = 0;
        if (IsCard(digits))
        {
            count = 1;
            return instead;
        }

        var (clean, from) = ("", 0);
        while (from < digits.Length)
        {
            if (CardAt(digits, from) is > 0 and var length)
            {
                (clean, from, count) = (clean + instead, from + length, count + 1);
                continue;
            }

            var next = EndOfGroup(digits, from);
            if (next < digits.Length) next++;
            (clean, from) = (clean + digits[from..next], next);
        }

        return count == 0 ? digits : clean;
    }

    /// <summary>How long the card's number is that begins there with a group of digits; 0 where none does.</summary>
    private static int CardAt(string digits, int from)
    {
        var longest = 0;
        for (int to = EndOfGroup(digits, from), groups = 1; groups <= 5; to = EndOfGroup(digits, to + 1), groups++)
        {
            var number = digits.AsSpan(from, to - from);
            if (IsGrouped(number, groups) && IsCard(number)) longest = number.Length;
            if (to == digits.Length) break;
        }

        return longest;
    }

    private static int EndOfGroup(string digits, int from)
    {
        while (from < digits.Length && char.IsAsciiDigit(digits[from])) from++;
        return from;
    }

    /// <summary>Whether the groups are as on a card: in one, in fours, or 4-6-5 and 4-6-4. Any others would make cards of rows of numbers.</summary>
    private static bool IsGrouped(ReadOnlySpan<char> number, int groups)
    {
        if (groups == 1) return true;
        Span<int> lengths = stackalloc int[groups];
        var group = 0;
        foreach (var one in number)
        {
            if (char.IsAsciiDigit(one)) lengths[group]++;
            else group++;
        }

        if (groups == 3) return lengths is [4, 6, 4 or 5];
        return lengths[^1] <= 4 && lengths[..^1].IndexOfAnyExcept(4) < 0;
    }

    private static bool IsCard(ReadOnlySpan<char> number)
    {
        int sum = 0, place = 0;
        for (var i = number.Length - 1; i >= 0; i--)
        {
            if (!char.IsAsciiDigit(number[i])) continue;
            var digit = number[i] - '0';
            if (place++ % 2 == 1) digit = digit > 4 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
        }

        return place is >= Fewest and <= Most && sum % 10 == 0;
    }
}
