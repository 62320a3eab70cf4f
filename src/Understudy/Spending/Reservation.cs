using Understudy.Configuration;

namespace Understudy.Spending;

/// <summary>Money that is set aside for an attempt, from its sending to its end. Settle it exactly once; a second time does nothing.</summary>
public sealed class Reservation
{
    private readonly Ledger _ledger;

    internal Reservation(Ledger ledger, Account client, Account route, Account provider, Account target, Usd? amount, TokenEstimate tokens, DateTimeOffset sentAt)
    {
        _ledger = ledger;
        Client = client;
        Route = route;
        Provider = provider;
        Target = target;
        Amount = amount;
        Tokens = tokens;
        SentAt = sentAt;
    }

    /// <summary>How much; null where no price is known.</summary>
    public Usd? Amount { get; }

    /// <summary>The tokens that it is for: what the attempt is charged with if it is given up.</summary>
    public TokenEstimate Tokens { get; }

    /// <summary>When: what it costs belongs to the windows of this moment, however long it runs.</summary>
    public DateTimeOffset SentAt { get; }

    internal Account Client { get; }

    internal Account Route { get; }

    internal Account Provider { get; }

    internal Account Target { get; }

    internal bool IsSettled { get; set; }

    /// <summary>Ends it: the reservation goes, the cost stays.</summary>
    /// <returns>False where it was settled before.</returns>
    public bool Settle(in Settlement settlement) => _ledger.Settle(this, settlement);
}
