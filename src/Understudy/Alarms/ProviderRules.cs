using Understudy.Configuration;

namespace Understudy.Alarms;

/// <summary>The rules that look at providers: out, refusing the key, short of quota, stalling, flapping.</summary>
internal sealed class ProviderRules(AlarmCounts counts)
{
    private readonly Dictionary<string, Openings> _openings = new(StringComparer.Ordinal);

    /// <summary>Which providers are called.</summary>
    public static IEnumerable<Reading> Unavailable(LiveFacts facts) => facts.Providers.Select(provider => new Reading(
        AlarmRule.ProviderUnavailable, provider.Name, provider.Name, provider.Available ? Finding.Well : Finding.Bad, provider.Available ? 0 : 1,
        provider.Available ? $"provider {provider.Name} is called again" : $"provider {provider.Name} is unavailable, none of its targets is called{(provider.Why is null ? "" : $": {provider.Why}")}"));

    /// <summary>Whose answers hang, fall silent or are cut.</summary>
    public IEnumerable<Reading> Stalls(AlarmRuleModel rule)
    {
        foreach (var (name, provider) in counts.Providers)
        {
            var (stalled, all, window) = CallRules.Widened(counts, provider.Stalls, rule);
            var share = CallRules.Share(stalled, all);
            yield return new(
                AlarmRule.StallRate, name, name, CallRules.Judge(share, all, rule), share,
                $"{Say.Percent(share)} of the {all} requests to {name} in the last {Say.Span(window)} hung, fell silent or were cut (limit {Say.Percent(rule.Limit)})");
        }
    }

    /// <summary>Who refuses the gateway's own key.</summary>
    public IEnumerable<Reading> KeyRefused(AlarmRuleModel rule)
    {
        foreach (var (name, provider) in counts.Providers)
        {
            var (refused, _) = counts.Of(provider.KeyRefused, rule.Over);
            yield return new(
                AlarmRule.KeyRefused, name, name, refused > 0 ? Finding.Bad : Finding.Well, refused,
                refused > 0 ? $"provider {name} refuses the gateway's key: waiting does not help, renew it" : $"provider {name} has not refused the gateway's key for {Say.Span(rule.Over)}");
        }
    }

    /// <summary>Whose account is empty, and which target is close to its rate limit.</summary>
    public IEnumerable<Reading> Quotas(AlarmRuleModel rule, LiveFacts facts)
    {
        foreach (var (name, provider) in counts.Providers)
        {
            var (gone, _) = counts.Of(provider.QuotaGone, rule.Over);
            yield return new(
                AlarmRule.QuotaLow, name, name, gone > 0 ? Finding.Bad : Finding.Well, gone > 0 ? 0 : 1,
                gone > 0 ? $"the account at {name} has no money or quota left: waiting does not help" : $"the account at {name} has not been refused for want of money or quota for {Say.Span(rule.Over)}");
        }

        foreach (var target in facts.Targets)
        {
            if (target.QuotaLeft is not { } left) continue;
            var finding = left < rule.Limit ? Finding.Bad : left >= rule.Clear ? Finding.Well : Finding.Between;
            yield return new(AlarmRule.QuotaLow, target.Name, target.Provider, finding, left, $"{Say.Percent(left)} is left of a rate limit of {target.Name} (limit {Say.Percent(rule.Limit)})");
        }
    }

    /// <summary>Whose breaker opens again and again. Seen from look to look, which is often enough: it stays open for longer.</summary>
    public IEnumerable<Reading> Flapping(AlarmRuleModel rule, LiveFacts facts, DateTimeOffset now)
    {
        foreach (var gone in _openings.Keys.Except(facts.Targets.Select(target => target.Name)).ToList()) _openings.Remove(gone);
        foreach (var target in facts.Targets)
        {
            if (!_openings.TryGetValue(target.Name, out var openings)) _openings.Add(target.Name, openings = new());
            if (target.IsOut && !openings.WasOut) openings.At.Enqueue(now);
            openings.WasOut = target.IsOut;
            while (openings.At.TryPeek(out var first) && now - first > rule.Over) openings.At.Dequeue();
            yield return new(
                AlarmRule.BreakerFlapping, target.Name, target.Provider, openings.At.Count >= rule.Limit ? Finding.Bad : Finding.Well, openings.At.Count,
                $"the breaker of {target.Name} opened {openings.At.Count} times in the last {Say.Span(rule.Over)}");
        }
    }

    private sealed class Openings
    {
        public Queue<DateTimeOffset> At { get; } = new();

        public bool WasOut { get; set; }
    }
}
