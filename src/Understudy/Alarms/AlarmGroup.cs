using Understudy.Configuration;

namespace Understudy.Alarms;

/// <summary>The alarms of one cause, and who has been told of them.</summary>
internal sealed class AlarmGroup(string cause)
{
    private readonly Dictionary<string, Alarm> _alarms = new(StringComparer.Ordinal);
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private AlarmSeverity _toldSeverity;
    private DateTimeOffset? _tellAt;
    private DateTimeOffset? _repeatAt;
    private DateTimeOffset? _escalateAt;

    /// <summary>What it remembers over a restart.</summary>
    public AlarmCauseMemory Memory
    {
        get => new() { Cause = cause, Alarms = [.. _alarms.Values], Told = [.. _told], ToldSeverity = _toldSeverity, TellAt = _tellAt, RepeatAt = _repeatAt, EscalateAt = _escalateAt };
        init
        {
            foreach (var alarm in value.Alarms) _alarms[alarm.Id] = alarm;
            _told.UnionWith(value.Told);
            (_toldSeverity, _tellAt, _repeatAt, _escalateAt) = (value.ToldSeverity, value.TellAt, value.RepeatAt, value.EscalateAt);
        }
    }

    /// <summary>Whether all of it is over.</summary>
    public bool IsOver => _alarms.Values.All(alarm => alarm.State == AlarmState.Resolved);

    /// <summary>When something is due next; null while nothing is.</summary>
    public DateTimeOffset? NextAt => new[] { _tellAt, _repeatAt, _escalateAt }.Min();

    private List<Alarm> Firing => [.. _alarms.Values.Where(alarm => alarm.State == AlarmState.Firing)];

    /// <summary>Takes an alarm whose state changed.</summary>
    public void Take(Alarm alarm, AlarmsModel model, DateTimeOffset now, List<AlarmMessage> messages)
    {
        _alarms[alarm.Id] = alarm;
        switch (alarm.State)
        {
            case AlarmState.Firing:
                var wait = _told.Count == 0 || alarm.Severity > _toldSeverity ? model.GroupWait : model.GroupInterval;
                _tellAt = _tellAt < now + wait ? _tellAt : now + wait;
                break;
            case AlarmState.Acknowledged when Firing.Count == 0:
                Rest();
                Tell(_told, AlarmMessageKind.Acknowledge, now, messages);
                break;
            case AlarmState.Resolved when IsOver:
                Rest();
                Tell(_told, AlarmMessageKind.Resolve, now, messages); // nobody where it was over before anybody was told
                break;
        }
    }

    /// <summary>Takes the numbers of now, where its state is what it was.</summary>
    public void Refresh(Alarm alarm)
    {
        if (_alarms.TryGetValue(alarm.Id, out var known) && known.State == alarm.State) _alarms[alarm.Id] = alarm;
    }

    /// <summary>Tells whoever is to be told by now.</summary>
    public void Step(AlarmsModel model, DateTimeOffset now, List<AlarmMessage> messages)
    {
        var firing = Firing;
        if (firing.Count == 0)
        {
            Rest(); // what fired is over, and the rest somebody sees to
            return;
        }

        if (_tellAt <= now) Tell(firing, model, now, messages);
        if (_repeatAt <= now)
        {
            Tell(_told, AlarmMessageKind.Repeat, now, messages);
            _repeatAt = Repeat(firing, model, now);
        }

        if (_escalateAt <= now)
        {
            var others = firing.SelectMany(alarm => model.NotifyOf(alarm.Rule, alarm.Severity).EscalateTo).Distinct(StringComparer.Ordinal).Where(name => !_told.Contains(name)).ToList();
            Tell(others, AlarmMessageKind.Escalate, now, messages);
            _told.UnionWith(others);
            _escalateAt = null;
        }
    }

    private void Tell(List<Alarm> firing, AlarmsModel model, DateTimeOffset now, List<AlarmMessage> messages)
    {
        var isFirst = _told.Count == 0;
        var receivers = firing.SelectMany(alarm => ReceiversOf(alarm, model)).Distinct(StringComparer.Ordinal).ToList();
        Tell([.. receivers.Where(_told.Contains)], AlarmMessageKind.Update, now, messages);
        Tell([.. receivers.Where(name => !_told.Contains(name))], AlarmMessageKind.Trigger, now, messages);
        _told.UnionWith(receivers);
        _toldSeverity = firing.Max(alarm => alarm.Severity);
        _tellAt = null;
        _repeatAt = Repeat(firing, model, now);
        var notify = firing.Select(alarm => model.NotifyOf(alarm.Rule, alarm.Severity)).Where(one => one.EscalateTo.Count > 0).ToList();
        if (isFirst && notify.Count > 0) _escalateAt = now + notify.Min(one => one.EscalateAfter);
    }

    private void Tell(IEnumerable<string> receivers, AlarmMessageKind kind, DateTimeOffset now, List<AlarmMessage> messages)
    {
        var alarms = _alarms.Values.OrderBy(alarm => alarm.State == AlarmState.Resolved).ThenByDescending(alarm => alarm.Severity).ThenBy(alarm => alarm.FiredAt).ThenBy(alarm => alarm.Rule).ToList();
        messages.AddRange(receivers.Order(StringComparer.Ordinal).Select(receiver => new AlarmMessage
        {
            Receiver = receiver,
            Kind = kind,
            Key = $"understudy.{cause}",
            Cause = cause,
            Severity = alarms.Max(alarm => alarm.Severity),
            Alarms = alarms,
            At = now,
        }));
    }

    /// <summary>A receiver that is dead is not told so itself: the others are, whoever was to be told.</summary>
    private static IEnumerable<string> ReceiversOf(Alarm alarm, AlarmsModel model)
    {
        var to = model.NotifyOf(alarm.Rule, alarm.Severity).To;
        if (alarm.Rule != AlarmRule.ReceiverDead) return to;
        var living = to.Where(name => name != alarm.Subject).ToList();
        return living.Count > 0 ? living : model.Receivers.Select(receiver => receiver.Name).Where(name => name != alarm.Subject);
    }

    private static DateTimeOffset? Repeat(List<Alarm> firing, AlarmsModel model, DateTimeOffset now) =>
        firing.Min(alarm => model.NotifyOf(alarm.Rule, alarm.Severity).RepeatEvery) is { } every ? now + every : null;

    private void Rest() => _tellAt = _repeatAt = _escalateAt = null;
}
