using Understudy.Configuration;
using Understudy.PolicyFile.Catalogue;
using Understudy.PolicyFile.Explaining;
using Understudy.PolicyFile.Keys;
using Understudy.PolicyFile.Reading;
using Understudy.PolicyFile.Yaml;

namespace Understudy.PolicyFile;

/// <summary>Reads a policy file, and tells everything that is wrong with it at once.</summary>
public static class PolicyReader
{
    /// <summary>The file that is looked for in the working directory where none is named.</summary>
    public const string DefaultFile = "understudy.yaml";

    // A megabyte is some ten thousand routes.
    private const int LargestFile = 1 << 20;

    /// <summary>
    /// The policy of the file that is named by an option, else by <c>UNDERSTUDY_CONFIG</c>, else of
    /// <see cref="DefaultFile"/> where that exists, else of the environment alone.
    /// </summary>
    /// <param name="file">The option's value; null where it was not given.</param>
    /// <param name="environment">Variables and files.</param>
    public static PolicyResult Load(string? file, PolicyEnvironment environment)
    {
        var path = FileOf(file, environment);
        return path is null ? PolicyFromEnvironment.Build(environment) : ReadFile(path, environment);
    }

    /// <summary>The file that <see cref="Load"/> would read; null where it would use the environment alone.</summary>
    public static string? FileOf(string? file, PolicyEnvironment environment) =>
        file ?? environment.Variable("UNDERSTUDY_CONFIG") ?? (environment.File(DefaultFile) is null ? null : DefaultFile);

    /// <summary>Reads the file at a path.</summary>
    public static PolicyResult ReadFile(string path, PolicyEnvironment environment)
    {
        // The fingerprint is of the very bytes that were read: a file that changes meanwhile differs from it at the next look.
        var contents = new FileContents(environment);
        var result = contents.Environment.File(path) is { } text
            ? Read(text, path, contents.Environment)
            : new PolicyResult { Mistakes = [new PolicyMistake(path, 0, 0, "the file can't be read", "it is not there, or not for this user")] };
        return result with { Fingerprint = contents.Fingerprint(path, result.FilesRead) };
    }

    /// <summary>Reads a policy.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="path">Its path, for messages and for <c>${file:PATH}</c>.</param>
    /// <param name="environment">Where references are read from.</param>
    public static PolicyResult Read(string text, string path, PolicyEnvironment environment)
    {
        var mistakes = new MistakeList(path);
        var references = new References(environment, path, mistakes);
        var policy = text.Length > LargestFile ? TooLarge(mistakes) : Policy(text, path, environment, mistakes, references);
        return new PolicyResult
        {
            Policy = mistakes.Any ? null : policy,
            Mistakes = mistakes.Mistakes,
            Notes = mistakes.Notes,
            FilesRead = references.Files,
        };
    }

    private static Policy? TooLarge(MistakeList mistakes)
    {
        mistakes.Add(Mark.Nowhere, $"the file is larger than {SizeText.Write(LargestFile)}", "a policy is a page or two");
        return null;
    }

    private static Policy? Policy(string text, string path, PolicyEnvironment environment, MistakeList mistakes, References references)
    {
        // 1. The tree, then the table: from here on every value is of its kind, or missing and reported.
        var tree = YamlComposer.Compose(text.TrimStart('\uFEFF'), mistakes);
        if (tree is null && mistakes.Any) return null;
        if (new TableCheck(mistakes, references).Object(tree ?? new YamlMap(new Mark(1, 1), []), PolicyKeys.File) is not { } file) return null;

        // 2. Whom to call. Without a list the vendors' own variables say it, as they do without a file.
        var settings = new SettingsReader(mistakes);
        var fromEnvironment = new EnvironmentReader(environment, mistakes);
        var listen = fromEnvironment.Listen(settings.Listen(file.Field("listen")));
        var providers = Providers(file, environment, mistakes, fromEnvironment, listen);

        // 3. Who may call, and what then happens.
        var useCasesReader = new UseCasesReader(mistakes);
        var useCases = useCasesReader.Read(file.Items("use_cases"));
        var budgets = new BudgetReader(mistakes);
        var clients = file.Has("clients") ? new ClientsReader(mistakes, useCasesReader, budgets).Read(file.Items("clients"), useCases) : fromEnvironment.Clients();
        Reachable(file, listen, clients, mistakes);
        var captures = new CaptureReader(mistakes, file.Field("store"), file.Field("capture"));
        var routes = Routes(file, mistakes, useCasesReader, useCases, providers, fromEnvironment.LocalModel, budgets, captures);

        // 4. The settings of the whole, and the kill switch of both file and environment.
        var kill = fromEnvironment.Kill();
        settings.NoteUnknown(kill, providers);
        var store = settings.Store(file.Field("store"));
        var policy = new Policy
        {
            Source = path,
            Listen = listen?.Text ?? "",
            Store = store,
            Cache = settings.Cache(file.Inner("cache"), store, routes),
            Deferred = DeferReader.Settings(file.Inner("deferred")),
            Drills = SettingsReader.Drills(file.Inner("drills")),
            Records = SettingsReader.Records(file.Field("records")),
            Capture = captures.Settings(routes, file.Inner("cache")?.Text("key")),
            Providers = providers,
            UseCases = useCases,
            Clients = clients,
            Routes = routes,
            AdminToken = file.Inner("admin")?.Text("token") ?? fromEnvironment.AdminToken(),
            Operators = new OperatorsReader(mistakes).Read(file.Inner("admin")?.Items("operators") ?? [], routes),
            Kill = settings.Kill(file.Items("kill"), providers).With(kill),
            Retry = settings.Retry(file.Inner("retry")),
            Join = SettingsReader.Join(file.Inner("join")) ?? new(),
            Breaker = settings.Breaker(file.Inner("breaker")),
            Alarms = new AlarmsReader(mistakes).Read(file.Inner("alarms")),
            Limits = SettingsReader.Limits(file.Inner("limits")),
            Prices = KnownPrices.Table(new PricesReader(mistakes).Read(file.Items("prices"), providers)),
            ProviderBudgets = ProviderBudgets(file, budgets),
            Quotas = SettingsReader.Quotas(file.Inner("quotas")),
        };
        NoteDead(policy, mistakes);
        NoteUnpriced(policy, file, mistakes);
        NoteNobody(policy, file, mistakes);
        return policy;
    }

    private static List<ProviderModel> Providers(Section file, PolicyEnvironment environment, MistakeList mistakes, EnvironmentReader fromEnvironment, ListenAddress? listen)
    {
        if (file.Field("providers") is not { } field)
        {
            var found = fromEnvironment.Providers(listen);
            if (found.Count == 0) fromEnvironment.TeachProviders((what, why) => mistakes.Add(file.At, what, why));
            return found;
        }
        if (field.Value is IReadOnlyList<Field> { Count: 0 })
            mistakes.Add(field.At, "'providers' is empty", "name at least one, as in 'claude: { protocol: anthropic, key: ${ANTHROPIC_API_KEY} }', or remove the key to use the environment's");
        return new ProvidersReader(mistakes, environment).Read(file.Items("providers"));
    }

    private static Dictionary<string, BudgetModel> ProviderBudgets(Section file, BudgetReader budgets)
    {
        var found = new Dictionary<string, BudgetModel>();
        foreach (var entry in file.Items("providers"))
        {
            if (entry.Value is Section section && budgets.Read(section) is { } budget) found[entry.Name] = budget;
        }
        return found;
    }

    private static List<RouteModel> Routes(Section file, MistakeList mistakes, UseCasesReader useCasesReader, List<UseCaseModel> useCases, List<ProviderModel> providers, string localModel, BudgetReader budgets, CaptureReader captures)
    {
        var defaults = new DefaultRoutes(providers, localModel);
        if (file.Field("routes") is not { } field) return [.. defaults.All(UseCaseModel.Agent).Select(route => route with { Capture = captures.OfFile })];
        if (field.Value is IReadOnlyList<Field> { Count: 0 })
            mistakes.Add(field.At, "'routes' is empty", "name at least one, or remove the key for the default routes");
        var notices = new NoticeReader(mistakes, useCases);
        return new RoutesReader(mistakes, useCasesReader, new LadderReader(mistakes, providers, notices, new DeferReader(mistakes, notices, file.Field("store"))), defaults, budgets, captures).Read(file.Items("routes"), useCases);
    }

    private static void Reachable(Section file, ListenAddress? listen, IReadOnlyList<ClientModel> clients, MistakeList mistakes)
    {
        if (listen is not { IsLoopback: false } || clients.Count > 0 || file.Field("clients") is { Value: null }) return;
        var at = file.Field("listen")?.At ?? file.At;
        mistakes.Add(at, $"'listen: {listen.Text}' can be reached from other machines, and nobody needs a key", "add 'clients: [{ name: website, key: ${WEBSITE_KEY} }]', or listen on 127.0.0.1");
    }

    // A kill switch is meant; a route that it leaves without any rung may not be.
    private static void NoteDead(Policy policy, MistakeList mistakes)
    {
        if (policy.Kill.IsEmpty) return;
        var dead = policy.Routes.Where(route => route.Ladder.Count > 0 && route.Ladder.All(rung =>
            rung is TargetRung targets && targets.Targets.All(target => policy.Kill.Covers(target.Provider.Name, target.ToString())))).ToList();
        if (dead.Count == 0) return;
        var which = dead.Count == policy.Routes.Count ? "every route" : $"the route {string.Join(", ", dead.Select(route => $"'{route.Name}'"))}";
        mistakes.Note(Mark.Nowhere, $"the kill switch leaves {which} without any rung", "such calls end in an error at once");
    }

    // An inbox that nobody can open only makes callers wait.
    private static void NoteNobody(Policy policy, Section file, MistakeList mistakes)
    {
        var inboxes = policy.Routes.SelectMany(route => route.Ladder).OfType<HumanRung>().Select(rung => rung.Inbox).Distinct().ToList();
        if (inboxes.Count == 0 || policy.HasOperators) return;
        mistakes.Note(file.Field("routes")?.KeyAt ?? Mark.Nowhere, $"nobody can open the inbox {string.Join(", ", inboxes)}: the admin API is off", "set 'admin: { token: ${UNDERSTUDY_ADMIN_TOKEN} }', or its callers only wait");
    }

    // A cap holds what has a price. Whoever sets one must know what it does not hold.
    private static void NoteUnpriced(Policy policy, Section file, MistakeList mistakes)
    {
        if (!Budgets.Any(policy)) return;
        var unpriced = Budgets.Unpriced(policy);
        if (unpriced.Count == 0) return;
        mistakes.Note(file.Field("prices")?.KeyAt ?? Mark.Nowhere, $"no price is known for {string.Join(", ", unpriced)}", $"no budget counts what they cost: add it, as in 'prices: {{ {unpriced[0]}: {{ input: 0, output: 0 }} }}' for what is free");
    }
}
