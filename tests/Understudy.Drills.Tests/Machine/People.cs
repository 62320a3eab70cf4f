using Understudy.HumanReview;

namespace Understudy.Drills.Tests.Machine;

/// <summary>The people behind the inboxes of one process: they answer, hand back, drop, come too late or not at all.</summary>
internal sealed class People
{
    private readonly MachineHost _host;
    private readonly HashSet<string> _seen = [];

    public People(MachineHost host)
    {
        _host = host;
        host.Engine.Inboxes.Changed += Look;
    }

    private void Look(InboxChange change)
    {
        if (_host.IsDead || !_seen.Add(change.Id)) return;
        var chance = new Chance(Seeds.Mix(_host.World.Plan.Story.Seed, change.Id));
        var what = chance.NextDouble();
        var claims = chance.Maybe(0.3);
        _host.World.Time.CreateTimer(_ => See(change.Id, claims, what), null, chance.Seconds(0.5, 80), Timeout.InfiniteTimeSpan);
    }

    private void See(string id, bool claims, double what)
    {
        if (_host.IsDead) return;
        var inboxes = _host.Engine.Inboxes;
        if (claims) inboxes.Claim(id, "anna");
        var reply = what switch
        {
            < 0.5 => inboxes.Answer(id, "anna", PolicyMaker.Person),
            < 0.7 => inboxes.HandBack(id, "anna"),
            < 0.85 => inboxes.Drop(id, "anna", toldSensitive: null, why: "drawn"),
            _ => default,
        };
        _host.World.Note($"anna at {id}: {reply.Result}");
    }
}
