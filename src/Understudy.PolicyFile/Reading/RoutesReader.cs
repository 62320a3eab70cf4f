using System.Buffers;
using System.Globalization;
using Understudy.Configuration;
using Understudy.Routing;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads <c>routes</c>, and finds those that no call can reach.</summary>
internal sealed class RoutesReader(MistakeList mistakes, UseCasesReader useCases, LadderReader ladders, DefaultRoutes defaults, BudgetReader budgets, CaptureReader captures)
{
    private static readonly SearchValues<char> _otherPatterns = SearchValues.Create("?[]()^$|");

    public List<RouteModel> Read(IReadOnlyList<Field> entries, List<UseCaseModel> known)
    {
        var routes = new List<RouteModel>();
        var names = new Dictionary<string, Mark>(StringComparer.OrdinalIgnoreCase);
        var earlier = new List<(string Pattern, Mark At)>();
        foreach (var entry in entries)
        {
            if (entry.Value is not Section section) continue;
            var patterns = Patterns(section);
            Name(section, names);
            Reachable(section, patterns, earlier);
            var match = patterns.Count == 0 ? ["*"] : patterns.ConvertAll(pattern => pattern.Text);
            var ladder = Ladder(section, match);
            routes.Add(new RouteModel
            {
                Name = section.Text("name") ?? match[0],
                Match = match,
                UseCase = section.Field("use_case") is { } field ? useCases.Find(known, field) ?? UseCaseModel.Interactive
                    : known.First(one => string.Equals(one.Name, UseCaseModel.Interactive.Name, StringComparison.OrdinalIgnoreCase)),
                NamesUseCase = section.Has("use_case"),
                Ladder = ladder,
                MaxAttempts = MaxAttempts(section, ladder),
                Budget = budgets.Read(section),
                Join = SettingsReader.Join(section.Inner("join")),
                Share = section.Text("share") == "deterministic" ? ShareRule.Deterministic : ShareRule.Never,
                ShareAcrossClients = AcrossClients(section),
                Hedge = Hedge(section, ladder),
                Objective = section.Value<double>("objective"),
                Capture = captures.Rule(section),
                AllowsChaos = section.Text("chaos") == "allowed",
            });
        }
        return routes;
    }

    private IReadOnlyList<RungModel> Ladder(Section section, IReadOnlyList<string> match)
    {
        if (section.Field("ladder") is not { } field) return defaults.LadderFor(match[0]);
        if (field.Value is not IReadOnlyList<Field> rungs) return [];
        if (rungs.Count > 0) return ladders.Read(rungs, match);
        mistakes.Add(field.At, "the ladder is empty", "one rung is enough, as in '- target: claude/='; without the key one is chosen from the providers");
        return [];
    }

    private List<(string Text, Mark At)> Patterns(Section section)
    {
        if (section.Field("match") is not { } field) return [("*", section.At)];
        if (field.Value is IReadOnlyList<Field> { Count: 0 })
            mistakes.Add(field.At, "'match' names no model", "write '*' for every model, or remove the key");
        var patterns = new List<(string Text, Mark At)>();
        foreach (var item in section.Items("match"))
        {
            if (item.Value is not string text) continue;
            text = text.Trim();
            if (text.AsSpan().ContainsAny(" \t,")) mistakes.Add(item.At, $"'{item.Shown}' is not a pattern of a model's name", "names have no blanks and no commas; several patterns are a list, as in 'match: [a-*, b-*]'");
            else if (text.AsSpan().ContainsAny(_otherPatterns)) mistakes.Add(item.At, $"'{item.Shown}' is not a pattern of a model's name", "only '*' has a meaning, any text");
            else patterns.Add((text, item.At));
        }
        return patterns;
    }

    private void Name(Section section, Dictionary<string, Mark> names)
    {
        if (section.Field("name") is not { Value: string name } field) return;
        if (!names.TryAdd(name, field.At)) mistakes.Add(field.At, $"two routes are named '{field.Shown}'", $"the first stands in line {names[name].Line}");
        else if (name.Any(c => char.IsControl(c) || c > '~')) mistakes.Add(field.At, $"'{field.Shown}' can't be a route's name", "it travels in a header: printable ASCII only");
    }

    private void Reachable(Section section, List<(string Text, Mark At)> patterns, List<(string Pattern, Mark At)> earlier)
    {
        var covered = patterns.ConvertAll(pattern => (pattern.Text, pattern.At, By: earlier.Find(one => ModelPattern.Covers(one.Pattern, pattern.Text))));
        var dead = covered.FindAll(pattern => pattern.By.Pattern is not null);
        earlier.AddRange(patterns);
        if (dead.Count == 0) return;
        if (dead.Count == patterns.Count)
        {
            var (text, at, by) = dead[0];
            var what = $"this route can never match: '{text}' is already taken by '{by.Pattern}' in line {by.At.Line}";
            // A named route can still be asked for by header, and may be there for that alone.
            if (section.Has("name")) mistakes.Note(at, what, "only the header x-understudy-route reaches it");
            else mistakes.Add(at, what, "the first route that matches wins: move this one up, or narrow the other");
            return;
        }
        foreach (var (text, at, by) in dead)
            mistakes.Note(at, $"'{text}' is already taken by '{by.Pattern}' in line {by.At.Line}", "the first route that matches wins");
    }

    private bool AcrossClients(Section section)
    {
        if (section.Field("share_across_clients") is not { Value: true } field) return false;
        if (section.Text("share") is not { } share || share == "never")
            mistakes.Add(field.KeyAt, "'share_across_clients' without 'share: deterministic'", "nothing is shared on this route");
        return true;
    }

    private HedgeModel? Hedge(Section section, IReadOnlyList<RungModel> ladder)
    {
        if (section.Inner("hedge") is not { } hedge) return null;
        var standard = new HedgeModel();
        var sameTarget = hedge.Value<bool>("same_target") ?? standard.SameTarget;
        // A hedge never goes down to less than was asked for.
        var rungs = ladder.OfType<TargetRung>();
        if (!sameTarget && Math.Max(Targets(degraded: false), Targets(degraded: true)) == 1)
            mistakes.Note(hedge.At, "'hedge' has nobody to ask beside the first target", "the ladder needs a second target that is no less, or 'same_target: true'");
        return new()
        {
            After = hedge.Value<TimeSpan>("after"),
            Quantile = hedge.Text("after") is { } word ? int.Parse(word.AsSpan(1), CultureInfo.InvariantCulture) / 100.0 : standard.Quantile,
            Share = hedge.Value<double>("share") ?? standard.Share,
            SameTarget = sameTarget,
        };

        int Targets(bool degraded) => rungs.Where(rung => rung.Degraded == degraded).Sum(rung => rung.Targets.Count);
    }

    private int MaxAttempts(Section section, IReadOnlyList<RungModel> ladder)
    {
        var standard = new RouteModel { Name = "", Match = [], Ladder = [] }.MaxAttempts;
        if (section.Field("max_attempts") is not { Value: int most } field) return standard;
        var targets = ladder.OfType<TargetRung>().Sum(rung => rung.Targets.Count);
        if (most < targets)
            mistakes.Note(field.At, $"'max_attempts' ({most}) is less than the {targets} targets of the ladder", "the last of them may never be tried");
        return most;
    }
}
