using System.Globalization;
using Understudy.Configuration;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads what is set once for the whole gateway: address, store, retry, breaker, limits, kill switch.</summary>
internal sealed class SettingsReader(MistakeList mistakes)
{
    private const int ShortestCacheKey = 16;

    public ListenAddress? Listen(Field? field)
    {
        if (field is null) return ListenAddress.Read(PolicyKeys.File.Find("listen")!.Default!, out _);
        if (field.Value is not string text) return null;
        var address = ListenAddress.Read(text, out var why);
        if (address is null) mistakes.Add(field.At, $"'listen: {field.Shown}' is not an address to listen on", why);
        return address;
    }

    public StoreModel? Store(Field? field)
    {
        if (field?.Value is not string text) return null;
        if (text.StartsWith("sqlite:", StringComparison.Ordinal) && text.Length > "sqlite:".Length)
            return new StoreModel { Kind = StoreKind.Sqlite, Location = text["sqlite:".Length..] };
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "postgres" or "postgresql" && url.Host.Length > 0)
        {
            if (url.UserInfo.Contains(':', StringComparison.Ordinal)) mistakes.Note(field.At, "'store' may hold a password", "keep it out of the file: ${NAME} or ${file:PATH}");
            mistakes.Note(field.KeyAt, "'store: postgres://…' is not served by this version", "it is checked, but state is kept in memory; sqlite:FILE is served");
            return new StoreModel { Kind = StoreKind.Postgres, Location = text };
        }
        var scheme = text.Split(':')[0];
        mistakes.Add(field.At, "'store' is neither sqlite:FILE nor postgres://…", "as in 'store: sqlite:understudy.db'", text.Contains(':', StringComparison.Ordinal) ? Nearest.To(scheme, ["sqlite", "postgres"]) : null);
        return null;
    }

    public CacheModel Cache(Section? section, StoreModel? store, IReadOnlyList<RouteModel> routes)
    {
        var standard = new CacheModel();
        var key = section?.Text("key");
        if (section is not null && key is { Length: < ShortestCacheKey }) mistakes.Add(section.Field("key")!.At, $"the cache's 'key' has fewer than {ShortestCacheKey} characters", "it can be guessed: 'openssl rand -hex 32' makes a good one");
        var used = routes.SelectMany(route => route.Ladder).OfType<CacheRung>().Any();
        // The key seals everything in the store that has content.
        var seals = section?.Field("key") is not null && routes.Any(route => route.Capture is not null || route.Ladder.OfType<DeferRung>().Any());
        if (section is not null && !used && !seals) mistakes.Note(section.At, "no ladder has a cache rung", "so that 'cache' says nothing");
        if (used && store is { Kind: StoreKind.Sqlite } && section?.Field("key") is null) mistakes.Note(section?.At ?? Mark.Nowhere, "cached answers are readable in the store", "seal them: 'cache: { key: ${UNDERSTUDY_CACHE_KEY} }'");
        return section is null ? standard : new CacheModel { MaxBytes = section.Value<long>("max_size") ?? standard.MaxBytes, Key = key };
    }

    public RetryModel Retry(Section? section)
    {
        var standard = new RetryModel();
        if (section is null) return standard;
        var (least, most) = Pair(section, "base_delay", standard.BaseDelay, "max_delay", standard.MaxDelay);
        return new RetryModel
        {
            AttemptsPerTarget = section.Value<int>("attempts_per_target") ?? standard.AttemptsPerTarget,
            BaseDelay = least,
            MaxDelay = most,
            BudgetRatio = section.Value<double>("budget_ratio") ?? standard.BudgetRatio,
            BudgetFloorPerSecond = section.Value<double>("budget_floor_per_second") ?? standard.BudgetFloorPerSecond,
        };
    }

    /// <summary>Joining, of the file or of a route; null where the section is not there.</summary>
    public static JoinModel? Join(Section? section) => section switch
    {
        null => null,
        _ when section.Text("grace") == PolicyKeys.Off => JoinModel.Off,
        _ => new() { Grace = section.Value<TimeSpan>("grace") ?? new JoinModel().Grace },
    };

    public BreakerModel Breaker(Section? section)
    {
        var standard = new BreakerModel();
        if (section is null) return standard;
        var (least, most) = Pair(section, "open_for", standard.OpenFor, "max_open_for", standard.MaxOpenFor);
        var (tolerate, sick) = Drift(section, standard);
        var (ramp, maxRamp) = Pair(section, "ramp_for", standard.RampFor, "max_ramp_for", standard.MaxRampFor);
        return new BreakerModel
        {
            ConsecutiveFailures = section.Value<int>("consecutive_failures") ?? standard.ConsecutiveFailures,
            FailureRatio = section.Value<double>("failure_ratio") ?? standard.FailureRatio,
            MinimumCalls = section.Value<int>("minimum_calls") ?? standard.MinimumCalls,
            Tolerate = tolerate,
            Sick = sick,
            Evidence = section.Value<double>("evidence") ?? standard.Evidence,
            Window = section.Value<TimeSpan>("window") ?? standard.Window,
            OpenFor = least,
            MaxOpenFor = most,
            Probe = section.Text("probe") == PolicyKeys.TrafficProbe ? ProbeKind.Traffic : ProbeKind.Synthetic,
            GoodProbes = section.Value<int>("probes") ?? standard.GoodProbes,
            ProbeEvery = section.Value<TimeSpan>("probe_every") ?? standard.ProbeEvery,
            ProbeTimeout = section.Value<TimeSpan>("probe_timeout") ?? standard.ProbeTimeout,
            Ramp = section.Has("ramp") ? Ramp(section.Items("ramp")) : standard.Ramp,
            RampCalls = section.Value<int>("ramp_calls") ?? standard.RampCalls,
            RampFor = ramp,
            MaxRampFor = maxRamp,
            SuspectFailures = section.Value<int>("suspect_failures") ?? standard.SuspectFailures,
            SuspectFor = section.Value<TimeSpan>("suspect_for") ?? standard.SuspectFor,
        };
    }

    /// <summary>What is ordinary and what is sick: where one is given, the other's default gives way.</summary>
    private (double? Tolerate, double Sick) Drift(Section section, BreakerModel standard)
    {
        var (tolerate, sick) = (section.Value<double>("tolerate"), section.Value<double>("sick"));
        if (section.Text("tolerate") == PolicyKeys.Off) return (null, sick ?? standard.Sick);
        if (tolerate >= sick)
            mistakes.Add(section.Field("tolerate")!.At, string.Create(CultureInfo.InvariantCulture, $"'tolerate' ({tolerate * 100:0.##}%) is not less than 'sick' ({sick * 100:0.##}%)"), "what is ordinary can't be sick");
        return (tolerate ?? Math.Min(standard.Tolerate!.Value, (sick ?? 1) / 2), sick ?? Math.Max(standard.Sick, (tolerate ?? 0) + ((1 - (tolerate ?? 0)) / 4)));
    }

    private List<double> Ramp(IReadOnlyList<Field> items)
    {
        var shares = new List<double>();
        foreach (var item in items)
        {
            if (item.Value is not double share) continue;
            if (shares.Count > 0 && share <= shares[^1]) mistakes.Add(item.At, $"'ramp' goes from {shares[^1]:0.##} to {item.Shown} %", "each share must be more than the one before it");
            shares.Add(share);
        }
        return shares;
    }

    public static LimitsModel Limits(Section? section)
    {
        var standard = new LimitsModel();
        return section is null ? standard : new LimitsModel
        {
            MaxBodyBytes = section.Value<long>("max_body") ?? standard.MaxBodyBytes,
            MaxHeaderBytes = (int)(section.Value<long>("max_headers") ?? standard.MaxHeaderBytes),
        };
    }

    /// <summary>Drills by a schedule. Whether there is such a scenario only the program that drills knows: a wrong name rings when it is run.</summary>
    public static DrillsModel Drills(Section? section)
    {
        var standard = new DrillsModel();
        return section is null ? standard : new()
        {
            Every = section.Value<TimeSpan>("every"),
            Scenarios = [.. section.Items("scenarios").Select(item => item.Value).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase)],
            Answered = section.Value<double>("answered") ?? standard.Answered,
            Keep = section.Value<int>("keep") ?? standard.Keep,
        };
    }

    /// <summary>The records of calls.</summary>
    public static RecordsModel Records(Field? field)
    {
        var standard = new RecordsModel();
        return field?.Value switch
        {
            string => standard with { Enabled = false }, // 'off' is the only word
            Section section => new() { Keep = section.Value<TimeSpan>("keep") ?? standard.Keep, MaxBytes = section.Value<long>("max_size") ?? standard.MaxBytes },
            _ => standard,
        };
    }

    public static QuotaModel Quotas(Section? section)
    {
        var standard = new QuotaModel();
        return section is null ? standard : new QuotaModel { LeaveBelow = section.Value<double>("leave_below") ?? standard.LeaveBelow };
    }

    public KillSwitch Kill(IReadOnlyList<Field> items, IReadOnlyList<ProviderModel> providers)
    {
        var names = new List<string>();
        foreach (var item in items)
        {
            if (item.Value is not string name) continue;
            if (Unknown(name, providers) is { } unknown) mistakes.Add(item.At, $"'kill' names '{item.Shown}', which is {unknown.What}", unknown.Why, unknown.Nearest);
            names.Add(name);
        }
        return names.Count == 0 ? KillSwitch.None : new KillSwitch(names);
    }

    /// <summary>Names of <c>UNDERSTUDY_KILL</c> that nothing bears are only noted: the lever that stops harm must not itself stop the gateway.</summary>
    public void NoteUnknown(KillSwitch kill, IReadOnlyList<ProviderModel> providers)
    {
        foreach (var name in kill.Names)
        {
            if (Unknown(name, providers) is { } unknown)
                mistakes.NoteForVariable("UNDERSTUDY_KILL", $"'{name}' is {unknown.What}", "so it stops nothing", unknown.Nearest);
        }
    }

    private static (string What, string Why, string? Nearest)? Unknown(string name, IReadOnlyList<ProviderModel> providers)
    {
        if (string.Equals(name, "all", StringComparison.OrdinalIgnoreCase)) return null;
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var provider = slash < 0 ? name : name[..slash];
        if (providers.Any(one => string.Equals(one.Name, provider, StringComparison.OrdinalIgnoreCase))) return null;
        var near = Nearest.To(provider, providers.Select(one => one.Name).Append("all"));
        return ("no provider or target here", $"known: {string.Join(", ", providers.Select(one => one.Name))}, all", near is null || slash < 0 ? near : near + name[slash..]);
    }

    // Where only one of the two is written and the other's default no longer fits, the default gives way.
    private (TimeSpan Least, TimeSpan Most) Pair(Section section, string shorter, TimeSpan shorterDefault, string longer, TimeSpan longerDefault)
    {
        var least = section.Value<TimeSpan>(shorter);
        var most = section.Value<TimeSpan>(longer);
        if (least > most)
            mistakes.Add(section.Field(shorter)!.At, $"'{shorter}' ({DurationText.Write(least.Value)}) is longer than '{longer}' ({DurationText.Write(most.Value)})", "the first wait can't be longer than the longest");
        var low = least ?? (most < shorterDefault ? most.Value : shorterDefault);
        return (low, most ?? (low > longerDefault ? low : longerDefault));
    }
}
