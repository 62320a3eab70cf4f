using System.Globalization;
using Understudy.Configuration;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads <c>alarms</c>: rules, receivers, and who is told of what.</summary>
internal sealed class AlarmsReader(MistakeList mistakes)
{
    private readonly ReceiversReader _receivers = new(mistakes);

    public AlarmsModel Read(Section? section)
    {
        var standard = new AlarmsModel();
        if (section is null) return standard;
        var receivers = _receivers.Read(section.Items("receivers"));
        var alarms = new AlarmsModel
        {
            Objective = section.Value<double>("objective") ?? standard.Objective,
            GroupWait = section.Value<TimeSpan>("group_wait") ?? standard.GroupWait,
            GroupInterval = section.Value<TimeSpan>("group_interval") ?? standard.GroupInterval,
            Rules = Rules(section.Inner("rules")),
            Receivers = receivers,
            Notify = [.. section.Items("notify").Select(entry => entry.Value).OfType<Section>().Select(entry => Notify(entry, receivers))],
        };
        NoteUntold(section, alarms);
        return alarms;
    }

    private Dictionary<AlarmRule, AlarmRuleModel> Rules(Section? section)
    {
        var rules = new Dictionary<AlarmRule, AlarmRuleModel>();
        foreach (var rule in AlarmWords.Rules)
        {
            switch (section?.Field(AlarmWords.Of(rule))?.Value)
            {
                case Section set:
                    rules[rule] = Rule(rule, set);
                    break;
                case string: // 'off' is the only word
                    rules[rule] = AlarmRuleModel.Default(rule) with { Enabled = false };
                    break;
            }
        }

        return rules;
    }

    private AlarmRuleModel Rule(AlarmRule rule, Section section)
    {
        var standard = AlarmRuleModel.Default(rule);
        var limit = AlarmKeys.LimitOf(rule) is { } key ? Number(section, key) ?? standard.Limit : standard.Limit;
        var model = standard with
        {
            Limit = limit,
            Clear = Clear(rule, section, limit, standard),
            Factors = Has(section, rule, "factors") ? Factors(section, standard) : standard.Factors,
            Over = Span(section, rule, "over") ?? standard.Over,
            For = Span(section, rule, "for") ?? standard.For,
            Hold = Span(section, rule, "hold") ?? standard.Hold,
            MinCalls = Has(section, rule, "min_calls") ? section.Value<int>("min_calls") ?? standard.MinCalls : standard.MinCalls,
            Severity = section.Text("severity") is { } severity ? Severity(severity) : standard.Severity,
        };
        return rule == AlarmRule.SpendRate && section.Value<double>("usd_per_hour") is { } plan ? model with { PlanPerHour = Usd.FromDollars((decimal)plan) } : model;
    }

    // Where only the limit is written, what it has to come back to keeps its distance from it.
    private double Clear(AlarmRule rule, Section section, double limit, AlarmRuleModel standard)
    {
        if (!AlarmKeys.HasClear(rule)) return standard.Clear;
        if (Number(section, "clear") is not { } clear) return Math.Min(limit * standard.Clear / standard.Limit, rule == AlarmRule.QuotaLow ? 1 : double.MaxValue);
        var word = AlarmKeys.LimitOf(rule)!;
        var at = section.Field("clear")!.At;
        if (rule == AlarmRule.QuotaLow && clear < limit) mistakes.Add(at, $"'clear' is less than '{word}'", "it would be over while it still fires");
        else if (rule != AlarmRule.QuotaLow && clear > limit) mistakes.Add(at, $"'clear' is more than '{word}'", "it would be over while it still fires");
        return clear;
    }

    private IReadOnlyList<double> Factors(Section section, AlarmRuleModel standard)
    {
        if (section.Field("factors") is not { Value: IReadOnlyList<Field> items } field) return standard.Factors;
        var factors = items.Select(item => item.Value).OfType<double>().ToList();
        if (factors.Count != standard.Factors.Count || factors[0] < factors[^1])
            mistakes.Add(field.At, $"'factors' must be {standard.Factors.Count} numbers, falling", $"the first is for the shorter windows, as in 'factors: [{string.Join(", ", standard.Factors.Select(one => one.ToString(CultureInfo.InvariantCulture)))}]'");
        return factors;
    }

    private NotifyModel Notify(Section section, List<ReceiverModel> receivers)
    {
        var standard = new NotifyModel { To = [] };
        var escalateTo = Names(section, "escalate_to", receivers);
        if (escalateTo.Count == 0 && section.Field("escalate_after") is { } lonely) mistakes.Note(lonely.KeyAt, "'escalate_after' without 'escalate_to'", "nobody is told then");
        return new()
        {
            To = Names(section, "to", receivers),
            Rules = [.. section.Items("rules").Select(RuleOf).OfType<AlarmRule>()],
            Severity = section.Text("severity") is { } severity ? Severity(severity) : standard.Severity,
            RepeatEvery = section.Text("repeat") == PolicyKeys.Off ? null : section.Value<TimeSpan>("repeat") ?? standard.RepeatEvery,
            EscalateTo = escalateTo,
            EscalateAfter = section.Value<TimeSpan>("escalate_after") ?? standard.EscalateAfter,
        };
    }

    private List<string> Names(Section section, string key, List<ReceiverModel> receivers)
    {
        var names = new List<string>();
        foreach (var item in section.Items(key))
        {
            if (item.Value is not string name) continue;
            if (receivers.Exists(receiver => receiver.Name == name)) names.Add(name);
            else mistakes.Add(item.At, $"there is no receiver '{item.Shown}'", receivers.Count == 0 ? "name it under 'receivers'" : $"known: {string.Join(", ", receivers.Select(receiver => receiver.Name).Where(known => known.Length > 0))}", Nearest.To(name, receivers.Select(receiver => receiver.Name)));
        }

        return names;
    }

    private AlarmRule? RuleOf(Field item)
    {
        if (item.Value is not string word) return null;
        foreach (var rule in AlarmWords.Rules)
        {
            if (AlarmWords.Of(rule) == word) return rule;
        }

        mistakes.Add(item.At, $"there is no rule '{item.Shown}'", $"known: {string.Join(", ", AlarmWords.Rules.Select(AlarmWords.Of))}", Nearest.To(word, AlarmWords.Rules.Select(AlarmWords.Of)));
        return null;
    }

    // Whoever writes a receiver means to be told.
    private void NoteUntold(Section section, AlarmsModel alarms)
    {
        if (alarms.Notify.Count == 0) return;
        foreach (var receiver in alarms.Receivers)
        {
            if (alarms.Notify.Any(one => one.To.Contains(receiver.Name) || one.EscalateTo.Contains(receiver.Name))) continue;
            mistakes.Note(section.Field("notify")!.KeyAt, $"no entry of 'notify' names the receiver '{receiver.Name}'", "it is told nothing");
        }
    }

    private static AlarmSeverity Severity(string word) => word == AlarmWords.Of(AlarmSeverity.Critical) ? AlarmSeverity.Critical : AlarmSeverity.Warning;

    private static bool Has(Section section, AlarmRule rule, string key) => AlarmKeys.RuleShapes[rule].Find(key) is not null && section.Has(key);

    private static TimeSpan? Span(Section section, AlarmRule rule, string key) => Has(section, rule, key) ? section.Value<TimeSpan>(key) : null;

    private static double? Number(Section section, string key) => section.Field(key)?.Value switch
    {
        double number => number,
        int number => number,
        TimeSpan span => span.TotalSeconds,
        _ => null,
    };
}
