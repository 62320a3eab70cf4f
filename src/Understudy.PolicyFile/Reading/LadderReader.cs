using System.Text.RegularExpressions;
using Understudy.Configuration;
using Understudy.Notices;
using Understudy.PolicyFile.Catalogue;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads the rungs of one ladder.</summary>
internal sealed partial class LadderReader(MistakeList mistakes, IReadOnlyList<ProviderModel> providers, NoticeReader notices, DeferReader deferring)
{
    /// <summary>Anthropic's and OpenAI's libraries, by default.</summary>
    private static readonly TimeSpan LibrariesWait = TimeSpan.FromMinutes(10);

    private static readonly string[] _kinds = ["target", "any_of", "cache", "human", "defer", "notice"];

    public List<RungModel> Read(IReadOnlyList<Field> items, IReadOnlyList<string> match)
    {
        var rungs = new List<RungModel>();
        var targets = new Dictionary<string, Mark>(StringComparer.OrdinalIgnoreCase);
        Mark? notice = null;
        foreach (var item in items)
        {
            if (item.Value is not Section section) continue;
            if (notice is { } end)
                mistakes.Add(section.At, $"this rung is never reached: the notice in line {end.Line} always answers", "move the notice to the end");
            var kinds = Array.FindAll(_kinds, section.Has);
            if (kinds.Contains("notice")) notice ??= section.At;
            if (kinds.Length == 1)
            {
                if (Rung(section, kinds[0], targets, match) is { } rung) rungs.Add(rung);
            }
            else if (kinds.Length > 1)
            {
                mistakes.Add(section.Field(kinds[1])!.KeyAt, $"one rung has both '{kinds[0]}' and '{kinds[1]}'", "a rung is one thing: start the second with its own '- '");
            }
            else if (section.Fields.Any() || items.Count == 1)
            {
                // Nothing but unknown keys was reported key by key already.
                mistakes.Add(section.At, "this rung is of no kind", $"it needs one of {string.Join(", ", _kinds)}");
            }
        }
        return rungs;
    }

    private RungModel? Rung(Section section, string kind, Dictionary<string, Mark> seen, IReadOnlyList<string> match)
    {
        OnlyWith(section, kind, "pick", "any_of");
        OnlyWith(section, kind, "weights", "any_of");
        if (kind is not ("target" or "any_of") && section.Field("degraded") is { } degraded)
            mistakes.Add(degraded.KeyAt, $"'degraded' says nothing on a '{kind}' rung", "it belongs to target and any_of; what is not a model's answer is always marked");
        return kind switch
        {
            "target" => Target(section.Field("target")!, seen, match) is { } target ? new TargetRung { Targets = [target], Degraded = section.Value<bool>("degraded") ?? false } : null,
            "any_of" => AnyOf(section, seen, match),
            "cache" => section.Inner("cache") is { } cache ? Cache(cache) : null,
            "defer" => deferring.Read(section.Field("defer")!),
            "human" => section.Inner("human") is { } human ? Human(human) : null,
            _ => notices.Read(section.Field("notice")!),
        };
    }

    private HumanRung Human(Section section)
    {
        var standard = new HumanRung();
        var rung = new HumanRung
        {
            Degraded = true,
            Inbox = section.Text("inbox")?.Trim() ?? standard.Inbox,
            Wait = section.Value<TimeSpan>("wait") ?? standard.Wait,
            MaxWaiting = section.Value<int>("max_waiting") ?? standard.MaxWaiting,
        };
        if (!InboxName().IsMatch(rung.Inbox))
            mistakes.Add(section.Field("inbox")!.At, $"'{section.Field("inbox")!.Shown}' can't be an inbox's name", "letters, digits, '-', '_' and '.', at most 64 of them");
        if (rung.Wait >= LibrariesWait)
            mistakes.Note(section.Field("wait")?.At ?? section.At, $"a caller's library gives up after {DurationText.Write(LibrariesWait)}, and the person has {DurationText.Write(rung.Wait)}", "its retry joins the question that waits; a caller that does not retry is gone: less than that, and what the models take, is safe");
        return rung;
    }

    private CacheRung Cache(Section section)
    {
        var rung = new CacheRung
        {
            Degraded = true,
            MaxStale = section.Value<TimeSpan>("max_stale") ?? new CacheRung().MaxStale,
            Fresh = section.Value<TimeSpan>("fresh"),
            Sampled = section.Value<bool>("sampled") ?? false,
            Shared = section.Value<bool>("shared") ?? false,
            Note = section.Text("note")?.Trim(),
        };
        if (rung.Fresh > rung.MaxStale && section.Field("max_stale") is not null)
            mistakes.Add(section.Field("fresh")!.At, $"'fresh' ({DurationText.Write(rung.Fresh.Value)}) is longer than 'max_stale' ({DurationText.Write(rung.MaxStale)})", "what is fresh is not stale yet");
        if (rung is { Sampled: true, Fresh: null } && section.Field("sampled") is { } sampled)
            mistakes.Add(sampled.KeyAt, "'sampled' says nothing without 'fresh'", "add 'fresh: 10m', or remove it");
        if (rung is { Fresh: not null, Sampled: false } && section.Field("sampled") is null)
            mistakes.Note(section.Field("fresh")!.KeyAt, "'fresh' holds for calls with 'temperature: 0' only", "the others sample; 'sampled: true' includes them");
        if (section.Field("note") is { } note && rung.Note is { } text)
        {
            foreach (var name in NoticeTemplate.NamesIn(text).Where(name => name != "age"))
                mistakes.Add(note.At, $"'{{{name}}}' in 'note' is no variable", "known: age", Nearest.To(name, ["age"]));
        }
        return rung;
    }

    private void OnlyWith(Section section, string kind, string key, string home)
    {
        if (kind != home && section.Field(key) is { } field)
            mistakes.Add(field.KeyAt, $"'{key}' says nothing on a '{kind}' rung", $"it belongs to '{home}'");
    }

    private TargetRung? AnyOf(Section section, Dictionary<string, Mark> seen, IReadOnlyList<string> match)
    {
        var field = section.Field("any_of")!;
        if (field.Value is not IReadOnlyList<Field> items) return null;
        if (items.Count == 0) mistakes.Add(field.At, "'any_of' is empty", "it needs at least one target, as in '[openai/gpt-5, gemini/gemini-2.5-pro]'");
        var targets = items.Select(item => Target(item, seen, match)).OfType<TargetModel>().ToList();
        var pick = section.Text("pick") switch { "cheapest" => PickRule.Cheapest, "fastest" => PickRule.Fastest, "weighted" => PickRule.Weighted, _ => PickRule.InOrder };
        if (section.Field("weights") is { Value: IReadOnlyList<Field> weights } written)
        {
            if (pick != PickRule.Weighted && section.Field("pick") is not { Value: null })
                mistakes.Add(written.KeyAt, $"'weights' with 'pick: {section.Text("pick") ?? "in_order"}'", "weights only count with 'pick: weighted'", "weighted");
            else if (weights.Count != items.Count)
                mistakes.Add(written.At, $"{weights.Count} weights for {items.Count} targets", "one weight for each, in the order of any_of");
            else if (targets.Count == items.Count)
                targets = [.. targets.Zip(weights, (target, weight) => target with { Weight = weight.Value is double number ? number : 1 })];
        }
        return new TargetRung { Targets = targets, Pick = pick, Degraded = section.Value<bool>("degraded") ?? false };
    }

    private TargetModel? Target(Field field, Dictionary<string, Mark> seen, IReadOnlyList<string> match)
    {
        if (field.Value is not string text) return null;
        text = text.Trim();
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            mistakes.Add(field.At, $"'{field.Shown}' is not a target", "a target is provider/model; 'provider/=' keeps the model that the client asked for", Complete(text));
            return null;
        }
        var (name, model) = (text[..slash], text[(slash + 1)..]);
        var provider = providers.FirstOrDefault(one => string.Equals(one.Name, name, StringComparison.OrdinalIgnoreCase));
        if (provider is null)
        {
            // Where 'providers' itself is wrong, every target would be wrong for the same reason.
            if (providers.Count == 0) return null;
            var near = Nearest.To(name, providers.Select(one => one.Name));
            mistakes.Add(field.At, $"'{field.Shown}' names the provider '{name}', which is not in 'providers'", $"known: {string.Join(", ", providers.Select(one => one.Name))}", near is null ? null : $"{near}/{model}");
            return null;
        }
        if (model.Length == 0 || model.Any(char.IsWhiteSpace))
        {
            if (model.Length == 0) mistakes.Add(field.At, $"'{field.Shown}' names no model", $"'{name}/=' keeps the model that the client asked for", $"{name}/=");
            else mistakes.Add(field.At, $"'{field.Shown}' has a blank in the model's name", "no vendor's model has one");
            return null;
        }
        if (!seen.TryAdd(text, field.At))
        {
            mistakes.Add(field.At, $"'{field.Shown}' stands twice in this ladder", $"it was already tried in line {seen[text].Line}; retries of one target are set by retry.attempts_per_target");
            return null;
        }
        NoteDoubtful(field, provider, model, match);
        return new TargetModel { Provider = provider, Model = model == "=" ? null : model };
    }

    private string? Complete(string text) =>
        providers.FirstOrDefault(one => string.Equals(one.Name, text, StringComparison.OrdinalIgnoreCase)) is { } named ? $"{named.Name}/="
        : ModelCatalogue.Shipped.VendorOf(text) is { } vendor && providers.FirstOrDefault(one => Vendor.Of(one)?.Catalogue == vendor) is { } own ? $"{own.Name}/{text}"
        : null;

    // Not mistakes: a new model or a proxy's own names are none of our business, but they are usually typos.
    private void NoteDoubtful(Field field, ProviderModel provider, string model, IReadOnlyList<string> match)
    {
        if (Vendor.Of(provider.Protocol) is not { } vendor || provider.BaseUrl != vendor.BaseUrl) return;
        var catalogue = ModelCatalogue.Shipped;
        if (model == "=")
        {
            var foreign = match.FirstOrDefault(pattern => catalogue.VendorOf(pattern) is { } other && other != vendor.Catalogue);
            if (foreign is not null) mistakes.Note(field.At, $"'{field.Shown}' would ask {provider.BaseUrl.Host} for a model like '{foreign}'", "'=' keeps the name that the client asked for, and this vendor has no such model");
            return;
        }
        if (catalogue.Find(model) is not null) return;
        var near = Nearest.To(model, catalogue.Models.Where(one => one.Vendor == vendor.Catalogue).Select(one => one.Id));
        mistakes.Note(field.At, $"the catalogue does not know '{model}'", "its price and limits are unknown, so that it counts as able to do everything", near is null ? null : $"{provider.Name}/{near}");
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,64}$")]
    private static partial Regex InboxName();
}
