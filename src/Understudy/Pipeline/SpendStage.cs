using System.Globalization;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Routing;
using Understudy.Spending;

namespace Understudy.Pipeline;

/// <summary>The money of an attempt: reserved just before it is sent, settled at its end. What is between the call and the ledger.</summary>
internal static class SpendStage
{
    /// <summary>Sets the estimated cost aside.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="call">The call.</param>
    /// <param name="target">The target.</param>
    /// <param name="told">The attempt's record.</param>
    /// <param name="reservation">The reservation; null where there is nothing to reserve, or no budget for it.</param>
    /// <returns>Why it must not be sent; null where it may.</returns>
    public static Failure? Reserve(Engine engine, Call call, Target target, AttemptRecord told, out Reservation? reservation)
    {
        reservation = null;
        if (call.Request.Operation == CallOperation.CountTokens) return null; // free at every vendor
        var policy = call.Model.Policy;
        told.IsRetry = call.Record.Sent > 0 && !told.Hedge;
        var tokens = engine.Answers.Allow(call.Route.Model.Name, target.Name, call.Request);
        var amount = CostOf(call, target, tokens, engine.Time.GetUtcNow());
        var payers = new Payers(
            call.Record.Client,
            call.Client?.Budget,
            call.Route.Model.Name,
            call.Route.Model.Budget,
            target.Provider.Name,
            policy.ProviderBudgets.Count == 0 ? null : policy.ProviderBudgets.GetValueOrDefault(target.Provider.Name),
            target.Name);
        reservation = engine.Ledger.TryReserve(payers, amount, tokens, out var spent);
        told.Reserved = reservation?.Amount;
        return spent is null ? null : Refused(engine, spent);
    }

    /// <summary>What the attempt cost in the end; what was not sent costs nothing.</summary>
    public static void Settle(Engine engine, Call call, Attempt attempt, AttemptRecord told, Reservation? reservation)
    {
        if (reservation is null) return;
        if (!told.Sent)
        {
            reservation.Settle(new(Cost: null, Sent: false, IsWasted: false, told.IsRetry));
            told.Reserved = null;
            return;
        }

        var target = attempt.Target.Target;
        var kind = told.Failure?.Kind;
        var tokens = Billing.TokensOf(kind, told.Usage, attempt.OutputSeen, reservation.Tokens, out var estimated);
        var rates = call.Model.Policy.Prices.Find(target.Provider, target.Model)?.RatesFor(reservation.SentAt, tokens.Input);
        told.Cost = rates is null ? null : Cost.Of(rates, tokens);
        told.IsEstimated = estimated;
        if (kind is { } failed && tokens.Input + tokens.Output > 0)
        {
            told.Waste = Billing.WasteOf(failed);
            told.WastedTokens = tokens.Input + tokens.Output;
        }

        reservation.Settle(new(told.Cost, Sent: true, told.Waste != WasteReason.None, told.IsRetry));
        if (kind is null) engine.Answers.Learn(call.Route.Model.Name, target.Name, tokens.Output);
    }

    /// <summary>What the call would cost at a target, for choosing; null where no price is known.</summary>
    public static Usd? Expect(Engine engine, Call call, Target target) =>
        CostOf(call, target, engine.Answers.Expect(call.Route.Model.Name, target.Name, call.Request), engine.Time.GetUtcNow());

    private static Usd? CostOf(Call call, Target target, TokenEstimate estimate, DateTimeOffset now) =>
        call.Model.Policy.Prices.Find(target.Provider, target.Model) is { } price ? Cost.Of(price.RatesFor(now, estimate.Input), estimate.Usage) : null;

    private static Failure Refused(Engine engine, SpentCap spent)
    {
        // A call that is larger than the whole cap never fits, however long it waits.
        var now = engine.Time.GetUtcNow();
        var words = spent.NeverFits ? spent.ToString() : $"{spent}; it begins anew at {spent.Until.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)}";
        if (spent.IsNews) engine.Journal.Tell(new(now, "budget", spent.Name, words));
        return new(spent.Kind == AccountKind.Provider ? FailureKind.ProviderBudgetSpent : FailureKind.BudgetSpent, words)
        {
            RetryAfter = spent.NeverFits ? null : spent.Until - now,
        };
    }
}
