using System.Globalization;

namespace Understudy.Configuration;

/// <summary>
/// An amount of US dollars, exact to a billionth of a dollar. A price of $0.022 for a million tokens is 22 billionths a
/// token, so that sums of what providers charge are whole numbers, and one 64-bit number holds nine billion dollars:
/// exact like <see cref="decimal"/>, but half its size and never read in two halves.
/// </summary>
/// <param name="Nanos">Billionths of a dollar.</param>
/// <remarks>Arithmetic saturates at the largest amount: a provider that tells absurd numbers must not make a debt a credit.</remarks>
public readonly record struct Usd(long Nanos) : IComparable<Usd>
{
    private const decimal NanosPerDollar = 1_000_000_000m;

    /// <summary>Nothing.</summary>
    public static Usd Zero => default;

    /// <summary>The largest amount.</summary>
    public static Usd Largest => new(long.MaxValue);

    /// <summary>In dollars.</summary>
    public decimal Dollars => Nanos / NanosPerDollar;

    /// <summary>An amount in dollars; what is smaller than a billionth is cut off.</summary>
    public static Usd FromDollars(decimal dollars)
    {
        var most = long.MaxValue / NanosPerDollar;
        return dollars >= most ? Largest : dollars <= -most ? new(-long.MaxValue) : new((long)(dollars * NanosPerDollar));
    }

    /// <inheritdoc/>
    public int CompareTo(Usd other) => Nanos.CompareTo(other.Nanos);

    /// <summary>The sum; saturates.</summary>
    public static Usd operator +(Usd left, Usd right) => new(Saturated((Int128)left.Nanos + right.Nanos));

    /// <summary>The difference; saturates.</summary>
    public static Usd operator -(Usd left, Usd right) => new(Saturated((Int128)left.Nanos - right.Nanos));

    /// <summary>Whether it is less.</summary>
    public static bool operator <(Usd left, Usd right) => left.Nanos < right.Nanos;

    /// <summary>Whether it is more.</summary>
    public static bool operator >(Usd left, Usd right) => left.Nanos > right.Nanos;

    /// <summary>Whether it is no more.</summary>
    public static bool operator <=(Usd left, Usd right) => left.Nanos <= right.Nanos;

    /// <summary>Whether it is no less.</summary>
    public static bool operator >=(Usd left, Usd right) => left.Nanos >= right.Nanos;

    /// <summary>The sum; saturates.</summary>
    public static Usd Add(Usd left, Usd right) => left + right;

    /// <summary>The difference; saturates.</summary>
    public static Usd Subtract(Usd left, Usd right) => left - right;

    /// <summary>As people write it: <c>$50</c>, <c>$0.0123</c>.</summary>
    public override string ToString() => Dollars.ToString("$0.#########;-$0.#########", CultureInfo.InvariantCulture);

    internal static long Saturated(Int128 nanos) => nanos > long.MaxValue ? long.MaxValue : nanos < -long.MaxValue ? -long.MaxValue : (long)nanos;
}
