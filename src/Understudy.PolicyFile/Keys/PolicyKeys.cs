using System.Globalization;
using Understudy.Configuration;
using Understudy.Notices;

namespace Understudy.PolicyFile.Keys;

/// <summary>
/// The one table of the file's keys. The reader checks by it, the JSON schema and the documentation are printed from
/// it, and its defaults are the models' own: a key that is not here does not exist, and none can drift.
/// </summary>
internal static class PolicyKeys
{
    /// <summary>The words of <c>protocol</c>.</summary>
    public const string Anthropic = "anthropic", OpenAI = "openai", OpenAIResponses = "openai-responses", Gemini = "gemini";

    /// <summary>The words of <c>probe</c>.</summary>
    public const string SyntheticProbe = "synthetic", TrafficProbe = "traffic";

    /// <summary>The words of an operator's <c>role</c>.</summary>
    public const string Viewer = "viewer", RoleOperator = "operator", RoleAdmin = "admin";

    /// <summary>The word for a duration that is not wanted.</summary>
    public const string Off = "off";

    /// <summary>The word for what is said in a call.</summary>
    public const string Content = "content";

    private const double Hour = 3600, Day = 24 * Hour;

    private static readonly UseCaseModel _case = new() { Name = "" };
    private static readonly RetryModel _retry = new();
    private static readonly BreakerModel _breaker = new();
    private static readonly LimitsModel _limits = new();
    private static readonly JoinModel _join = new();
    private static readonly HedgeModel _hedge = new();

    private static readonly QuotaModel _quotas = new();
    private static readonly CacheModel _cache = new();
    private static readonly DeferredModel _deferred = new();
    private static readonly CaptureModel _capture = new();
    private static readonly RecordsModel _records = new();

    private static readonly Key _degraded = new("degraded", KeyKind.Flag, "Whether an answer from this rung is less than what was asked for; it is marked so.") { Default = "false" };

    public static KeyShape Budget { get; } = new("a budget",
    [
        Cap("usd_per_minute", "US dollars in a minute of the clock.", "per_minute"),
        Cap("usd_per_hour", "US dollars in an hour of the clock.", "hourly"),
        Cap("usd_per_day", "US dollars in a day (UTC).", "daily", "max_budget"),
        Cap("usd_per_month", "US dollars in a calendar month (UTC).", "monthly"),
    ]);

    /// <summary>The operator's own price of a model.</summary>
    public static KeyShape Price { get; } = new("a price",
    [
        Rate("input", "Tokens of the question.", "none", "input_cost", "prompt", "input_cost_per_token") with { Required = true, Default = null },
        Rate("output", "Tokens of the answer, reasoning included.", "none", "output_cost", "completion", "output_cost_per_token") with { Required = true, Default = null },
        Rate("cache_read", "Tokens read from the provider's cache.", "as input", "cached", "cached_input"),
        Rate("cache_write", "Tokens written to the provider's cache.", "as input", "cache_write_5m", "cache_creation"),
        Rate("cache_write_1h", "Tokens written to be kept for an hour.", "as cache_write"),
    ]);

    public static KeyShape Client { get; } = new("a client",
    [
        new("name", KeyKind.Text, "Its name in metrics and records.") { Required = true },
        new("key", KeyKind.Secret, "The key it sends; only a hash is kept.") { Required = true, Elsewhere = ["api_key", "apiKey", "token"], Example = "${WEBSITE_KEY}" },
        new("use_case", KeyKind.Text, "The tolerances of its calls where the route names none.") { Default = "the route's" },
        new("budget", KeyKind.Object, "What its calls may cost.") { Shape = Budget, Default = "no cap" },
    ]);

    public static KeyShape Operator { get; } = new("an operator",
    [
        new("name", KeyKind.Text, "The name, for signing in and in the audit.") { Required = true, Elsewhere = ["user", "username", "login"], Example = "ana" },
        new("password_hash", KeyKind.Secret, "The hash of the password, as 'understudy hash-password' makes it.") { Required = true, MayBeLiteral = true, Elsewhere = ["password", "hash"], Example = "pbkdf2-sha256-v1.…" },
        new("role", KeyKind.Word, "What this person may do: see, pull the levers, or everything.") { Words = [Viewer, RoleOperator, RoleAdmin], Default = new OperatorModel { Name = "", Password = PasswordHash.OfNobody }.Role.Word() },
        new("inboxes", KeyKind.TextList, "The inboxes whose questions this person sees and answers.") { Default = "all of them", Elsewhere = ["inbox", "queues"], Example = "[support]" },
    ]);

    public static KeyShape Admin { get; } = new("'admin'",
    [
        new("token", KeyKind.Secret, "The bearer token of /admin; without one, and without operators, the admin API is off.") { Default = "UNDERSTUDY_ADMIN_TOKEN", Elsewhere = ["key", "password"], Example = "${UNDERSTUDY_ADMIN_TOKEN}" },
        new("operators", KeyKind.ObjectList, "Who may sign in to the control room.") { Shape = Operator, Default = "nobody", Elsewhere = ["users", "accounts"] },
    ]);

    public static KeyShape Provider { get; } = new("a provider",
    [
        new("protocol", KeyKind.Word, "What it speaks.") { Required = true, Words = [Anthropic, OpenAI, OpenAIResponses, Gemini], Elsewhere = ["type", "kind", "api"] },
        new("base_url", KeyKind.Text, "Where it is. For OpenAI it ends in /v1, for the others it does not.") { Default = "the vendor's own", Elsewhere = ["url", "endpoint", "api_base", "host"], Example = "http://127.0.0.1:11434/v1" },
        new("key", KeyKind.Secret, "Its key; by default the vendor's variable (ANTHROPIC_API_KEY, …) where base_url is the vendor's own, else none.") { Default = "the vendor's variable", Elsewhere = ["api_key", "apiKey", "keys", "token"], Example = "${ANTHROPIC_API_KEY}" },
        new("api_version", KeyKind.Text, "Azure's dated API version: models are deployments then. Without it Azure is asked at /openai/v1.") { Elsewhere = ["api-version", "azure_api_version", "version"], Example = "2024-10-21" },
        new("edge", KeyKind.Text, "A name that it shares with providers behind the same front (a CDN, a proxy, a region): where one fails, the others are watched closely.") { Default = "its scheme, host and port", Elsewhere = ["cdn", "region"], Example = "cloudflare" },
        new("budget", KeyKind.Object, "What it may cost; once that is spent, its targets are passed over.") { Shape = Budget, Default = "no cap" },
    ]);

    public static KeyShape UseCase { get; } = new("a use case",
    [
        new("priority", KeyKind.Word, "What is shed last when there is too much.") { Words = ["low", "normal", "high"], Default = "normal" },
        Clock("deadline", "The time in which every call ends in one outcome, streaming included.", _case.Deadline, "timeout", "total", "request_timeout"),
        Clock("connect", "How long one attempt may take to connect.", _case.Connect, "connect_timeout"),
        Clock("first_token", "How long one attempt may take to its first content.", _case.FirstToken, "ttft", "stream_timeout"),
        Clock("idle", "How long a stream may be silent between two contents.", _case.Idle, "stall", "read_timeout"),
    ]);

    public static KeyShape Cache { get; } = new("a cache rung",
    [
        new("max_stale", KeyKind.Duration, "How old an answer may be when the rungs above are gone.") { Default = DurationText.Write(new CacheRung().MaxStale), Most = 365 * Day, Elsewhere = ["max_age", "ttl"] },
        new("fresh", KeyKind.Duration, "How old an answer may be to be given at once, before any model is asked; without it never.") { Most = 365 * Day, Elsewhere = ["fresh_for"], Example = "10m" },
        new("sampled", KeyKind.Flag, "Whether 'fresh' holds for calls without temperature 0, too.") { Default = "false" },
        new("shared", KeyKind.Flag, "Whether one client may get what another was answered.") { Default = "false" },
        new("note", KeyKind.Text, "Added to a stale answer for its reader; {age} is its age.") { Default = "nothing", Elsewhere = ["message", "text"], Example = "(Answer of {age} ago.)" },
    ]);

    public static KeyShape CacheStore { get; } = new("'cache'",
    [
        new("max_size", KeyKind.Size, "Memory that the answers of all cache rungs may take.") { Default = SizeText.Write(_cache.MaxBytes), Least = 1 << 20, Most = 1L << 36, Elsewhere = ["max_bytes", "size"] },
        new("key", KeyKind.Secret, "The secret under which answers are sealed in the store; without one they are readable there.") { Default = "none", Elsewhere = ["cache_key", "encryption_key", "secret"], Example = "${UNDERSTUDY_CACHE_KEY}" },
    ]);

    public static KeyShape Deferred { get; } = new("'deferred'",
    [
        new("concurrency", KeyKind.Whole, "Pieces of work that are done at once, at the most; it begins with one a route and grows on good answers.") { Default = Write(_deferred.Concurrency), Least = 1, Most = 1000, Elsewhere = ["workers", "parallelism"] },
        new("max_size", KeyKind.Size, "What requests and answers may take in the store; beyond it nothing more is accepted.") { Default = SizeText.Write(_deferred.MaxBytes), Least = 1 << 20, Most = 1L << 42, Elsewhere = ["max_bytes", "size"] },
        new("batch_deadline", KeyKind.Duration, "How long the requests of a batch may wait before they expire.") { Default = DurationText.Write(_deferred.BatchDeadline), Most = 365 * Day },
        new("batch_keep", KeyKind.Duration, "How long the results of a batch are kept from its making.") { Default = DurationText.Write(_deferred.BatchKeep), Most = 365 * Day },
    ]);

    public static KeyShape Drills { get; } = new("'drills'",
    [
        new("every", KeyKind.Duration, "How often the policy in force is drilled, in a process of its own at the lowest priority.") { Required = true, Least = 600, Most = 31 * Day, Elsewhere = ["interval", "schedule"], Example = "24h" },
        new("scenarios", KeyKind.TextOrList, "Which outages, by the names of 'understudy drill --list'.") { Required = true, Elsewhere = ["scenario", "outages"], Example = "[claude-2026-06-02]" },
        new("answered", KeyKind.Percent, "The share of calls that must get a whole answer in each; less rings 'drill_failed'.") { Default = "95%", Least = 0, MoreThanLeast = true, Most = 1, Elsewhere = ["pass", "threshold", "above"], Example = "99%" },
        new("keep", KeyKind.Whole, "How many reports are kept.") { Default = Write(new DrillsModel().Keep), Least = 1, Most = 1000, Elsewhere = ["history"] },
    ]);

    public static KeyShape Records { get; } = new("'records'",
    [
        new("keep", KeyKind.Duration, "For how long the records of calls are kept: who was asked, what came of it, what it took; never what was said.") { Default = DurationText.Write(_records.Keep), Most = 365 * Day, Elsewhere = ["retention", "ttl", "max_age"] },
        new("max_size", KeyKind.Size, "What they may take in the store; beyond it the oldest go.") { Default = SizeText.Write(_records.MaxBytes), Least = 1 << 20, Most = 1L << 42, Elsewhere = ["max_bytes", "size"] },
    ]);

    public static KeyShape Capture { get; } = new("'capture'",
    [
        new("keep", KeyKind.Duration, "How long a captured call is kept.") { Default = DurationText.Write(_capture.Keep), Most = 365 * Day, Elsewhere = ["retention", "ttl", "max_age"] },
        new("max_size", KeyKind.Size, "What captured calls may take in the store; beyond it the oldest go.") { Default = SizeText.Write(_capture.MaxBytes), Least = 1 << 20, Most = 1L << 42, Elsewhere = ["max_bytes", "size"] },
        new("max_body", KeyKind.Size, "What is kept of one request, and of one answer; the rest is cut off.") { Default = SizeText.Write(_capture.MaxBody), Least = 1024, Most = 8 << 20 },
        new("redact", KeyKind.TextList, "Regular expressions of what is taken out besides keys, tokens, passwords, e-mail addresses and card numbers.") { Default = "none of your own", Elsewhere = ["patterns", "mask", "redaction"], Example = "['ACME-[0-9]{6}']" },
    ]);

    public static KeyShape RouteCapture { get; } = new("a route's 'capture'",
    [
        new("of", KeyKind.Word, "Which calls are kept: all, those that took a second attempt or got less than they asked for, or those without an answer.") { Words = ["all", "trouble", "failed"], Default = "all", Elsewhere = ["only", "when"] },
        new("share", KeyKind.Percent, "The share of calls that is looked at.") { Default = "100%", Least = 0, MoreThanLeast = true, Most = 1, Elsewhere = ["sample", "sample_rate", "ratio"], Example = "5%" },
    ]);

    public static KeyShape Human { get; } = new("a human rung",
    [
        new("inbox", KeyKind.Text, "The inbox that the question waits in.") { Default = new HumanRung().Inbox, Elsewhere = ["queue"] },
        new("wait", KeyKind.Duration, "How long the caller waits for the person; the call's deadline is longer by it.") { Default = DurationText.Write(new HumanRung().Wait), Most = 7 * Day, Elsewhere = ["timeout"] },
        new("max_waiting", KeyKind.Whole, "How many questions may wait in the inbox; one more goes on to the next rung.") { Default = Write(new HumanRung().MaxWaiting), Least = 1, Most = 10_000, Elsewhere = ["max", "limit", "size"] },
    ]);

    private static readonly Key[] _words =
    [
        new("text", KeyKind.Text, "What the person reads; variables in braces: " + string.Join(", ", NoticeTemplate.Variables.Select(name => $"{{{name}}}")) + ".") { Required = true, Elsewhere = ["message", "content"], Example = "Our assistant is resting until about {retry_after} from now." },
        new("language", KeyKind.Text, "The language of 'text'.") { Default = new Configuration.NoticeWords { Text = "" }.Language, Elsewhere = ["lang", "locale"], Example = "en" },
        new("languages", KeyKind.TextMap, "The text in other languages, by tag; chosen by the header x-understudy-language, else accept-language.") { Default = "none", Elsewhere = ["texts", "translations"], Example = "{ de: Unser Assistent ruht. }" },
    ];

    public static KeyShape Webhook { get; } = new("a webhook",
    [
        new("url", KeyKind.Text, "Where the news are posted.") { Required = true, Elsewhere = ["target", "endpoint"], Example = "https://hooks.example.com/understudy" },
        new("secret", KeyKind.Secret, "What they are signed with (HMAC-SHA256, standardwebhooks.com).") { Required = true, Elsewhere = ["key", "token", "signing_secret"], Example = "${WEBHOOK_SECRET}" },
        new("allow_private", KeyKind.Flag, "Whether it may be on this machine or in a private network.") { Default = "false" },
    ]);

    public static KeyShape Defer { get; } = new("a defer rung",
    [
        new("keep", KeyKind.Duration, "How long an answer is kept from when it is there.") { Default = DurationText.Write(new DeferRung().Keep), Most = 365 * Day, Elsewhere = ["ttl"] },
        new("deadline", KeyKind.Duration, "How long the work may wait before it expires; by default as long as 'keep'.") { Most = 365 * Day, Elsewhere = ["timeout", "expires"], Example = "12h" },
        new("webhook", KeyKind.Object, "Who is told when the work is over.") { Shape = Webhook, Default = "nobody", Elsewhere = ["callback", "hook"] },
        .. _words.Select(key => key.Name == "text"
            ? key with { Required = false, Default = "in English, with the work's number", Meaning = "What a caller reads that did not ask for a later answer; variables: those of a notice, and {id}.", Example = "Your question is kept as {id}." }
            : key),
    ]);

    public static KeyShape NoticeWords { get; } = new("a use case's notice", _words);

    public static KeyShape Notice { get; } = new("a notice",
    [
        .. _words,
        new("use_cases", KeyKind.ObjectMap, "Other words for single use cases, by name.") { Shape = NoticeWords, Default = "none" },
        new("json", KeyKind.Json, "An object for callers that asked for JSON; without it they get their protocol's error.") { Default = "the error", Elsewhere = ["structured"], Example = "{ status: resting, retry: \"{retry_after}\" }" },
    ]);

    public static KeyShape Rung { get; } = new("a rung",
    [
        new("target", KeyKind.Text, "One provider/model; '=' keeps the model that the client asked for.") { Elsewhere = ["model"], Example = "claude/=" },
        new("any_of", KeyKind.TextList, "Several targets; 'pick' says which is tried first.") { Elsewhere = ["targets", "models"], Example = "[openai/gpt-5, gemini/gemini-2.5-pro]" },
        new("pick", KeyKind.Word, "How one of any_of is picked.") { Words = ["in_order", "cheapest", "fastest", "weighted"], Default = "in_order", Elsewhere = ["strategy"] },
        new("weights", KeyKind.NumberList, "With 'pick: weighted': the shares, in the order of any_of.") { Least = 0, MoreThanLeast = true, Default = "all equal", Example = "[3, 1]" },
        _degraded,
        new("cache", KeyKind.Object, "Answer with what the same question was answered before.") { Shape = Cache },
        new("human", KeyKind.Object, "Ask a person: the call waits in an inbox, and its caller with it.") { Shape = Human },
        new("defer", KeyKind.Object, "Accept the work for later.") { Shape = Defer },
        new("notice", KeyKind.TextOrObject, "Answer with this honest text; the last rung. A text, or a mapping with languages and use cases.") { Shape = Notice, Elsewhere = ["message", "text"], Example = "Our assistant is resting." },
    ]);

    public static KeyShape Join { get; } = new("'join'",
    [
        new("grace", KeyKind.Duration, "How long a call whose client has left runs on, and its answer is kept, so that the client's own retry finds it; 'off' ends it at once.") { Default = DurationText.Write(_join.Grace), Words = [Off], Most = 600, Elsewhere = ["ttl", "window", "timeout"], Example = "10s" },
    ]);

    public static KeyShape Hedge { get; } = new("'hedge'",
    [
        new("after", KeyKind.Duration, "When a second target is asked beside one without its first content: a quantile of the target's own times for requests of that size (p95: one call in twenty is slower), or a fixed time.") { Default = Quantile(_hedge.Quantile), Words = ["p50", "p75", "p90", "p95", "p99"], Most = Hour, Elsewhere = ["delay", "quantile"], Example = "p95" },
        new("share", KeyKind.Number, "Such second attempts as a share of the route's calls, at the most.") { Default = Write(_hedge.Share), Least = 0, MoreThanLeast = true, Most = 1, Elsewhere = ["budget", "budget_ratio"] },
        new("same_target", KeyKind.Flag, "Whether the same target is asked a second time where there is no other.") { Default = "false" },
    ]);

    public static KeyShape Route { get; } = new("a route",
    [
        new("name", KeyKind.Text, "Its name, as in metrics and in the header x-understudy-route.") { Default = "the first pattern" },
        new("match", KeyKind.TextOrList, "Model names; '*' stands for any text. Any of them matches; the first route that matches wins.") { Default = "*", Elsewhere = ["model", "models", "model_name"], Example = "[claude-sonnet-*, claude-opus-*]" },
        new("use_case", KeyKind.Text, "The tolerances.") { Default = "interactive" },
        new("max_attempts", KeyKind.Whole, "How many attempts one call may make in all.") { Default = Write(new RouteModel { Name = "", Match = [], Ladder = [] }.MaxAttempts), Least = 1, Most = 100, Elsewhere = ["num_retries", "max_retries", "retries"] },
        new("budget", KeyKind.Object, "What all its calls together may cost.") { Shape = Budget, Default = "no cap" },
        new("join", KeyKind.Object, "How a client's own retry finds the call that it gave up, on this route.") { Shape = Join, Default = "as for the file", Elsewhere = ["coalesce", "singleflight"] },
        new("share", KeyKind.Word, "Which identical calls of the same moment share one call of a provider: those with temperature 0, or none.") { Words = ["never", "deterministic"], Default = "never", Elsewhere = ["dedupe", "deduplicate"] },
        new("share_across_clients", KeyKind.Flag, "Whether calls of different clients may share one; with 'share' only.") { Default = "false" },
        new("hedge", KeyKind.Object, "Ask a second target beside one that is slow to its first content.") { Shape = Hedge, Default = "never", Elsewhere = ["hedging"] },
        new("objective", KeyKind.Percent, "The share of its calls that is to be answered, over 30 days.") { Default = "alarms.objective", Least = 0.5, Most = 0.99999, Elsewhere = ["slo"], Example = "99.5%" },
        new("chaos", KeyKind.Word, "Whether faults may be put into its calls on purpose, by /admin/chaos.") { Words = ["never", "allowed"], Default = "never", Elsewhere = ["fault_injection"] },
        new("capture", KeyKind.TextOrObject, "Which of its calls are kept with what was said in them, redacted; 'content' is every one.") { Shape = RouteCapture, Words = [Content, Off], Default = "none", Elsewhere = ["log_content", "store_prompts", "record"] },
        new("ladder", KeyKind.ObjectList, "The rungs, tried from the top.") { Shape = Rung, Default = "chosen from the providers", Elsewhere = ["fallbacks", "targets", "rungs", "routing"] },
    ]);

    public static KeyShape Retry { get; } = new("'retry'",
    [
        new("attempts_per_target", KeyKind.Whole, "Attempts at one target before the next is tried.") { Default = Write(_retry.AttemptsPerTarget), Least = 1, Most = 10, Elsewhere = ["attempts", "num_retries", "max_retries"] },
        new("base_delay", KeyKind.Duration, "The backoff before the first retry, before jitter; it doubles.") { Default = DurationText.Write(_retry.BaseDelay), Most = Hour, Elsewhere = ["backoff", "retry_backoff_initial"] },
        new("max_delay", KeyKind.Duration, "The longest backoff.") { Default = DurationText.Write(_retry.MaxDelay), Most = Hour, Elsewhere = ["retry_backoff_max", "max_backoff"] },
        new("budget_ratio", KeyKind.Number, "Retries as a share of calls, over all traffic.") { Default = Write(_retry.BudgetRatio), Least = 0, Most = 1 },
        new("budget_floor_per_second", KeyKind.Number, "Retries a second that are always allowed.") { Default = Write(_retry.BudgetFloorPerSecond), Least = 0, Most = 1000, Elsewhere = ["budget_floor"] },
    ]);

    public static KeyShape Breaker { get; } = new("'breaker'",
    [
        new("consecutive_failures", KeyKind.Whole, "Failures in a row that open it.") { Default = Write(_breaker.ConsecutiveFailures), Least = 1, Most = 1000, Elsewhere = ["allowed_fails"] },
        new("failure_ratio", KeyKind.Number, "The share of failures in the window that opens it.") { Default = Write(_breaker.FailureRatio), Least = 0, MoreThanLeast = true, Most = 1 },
        new("minimum_calls", KeyKind.Whole, "Calls in the window below which the ratio says nothing.") { Default = Write(_breaker.MinimumCalls), Least = 1, Most = 100_000, Elsewhere = ["minimum_throughput"] },
        new("tolerate", KeyKind.Percent, "The share of failures that is ordinary. What speaks against this and for 'sick' adds up over all calls, and enough of it opens the breaker, so that failures that creep in are found out; calls that have no other target still go there. 'off' leaves it to the two rules above.") { Default = Share(_breaker.Tolerate!.Value), Words = [Off], Least = 0, MoreThanLeast = true, Most = 0.5, Elsewhere = ["tolerated", "noise"], Example = "4%" },
        new("sick", KeyKind.Percent, "The share of failures of a target that is sick.") { Default = Share(_breaker.Sick), Least = 0, MoreThanLeast = true, Most = 0.9, Example = "20%" },
        new("evidence", KeyKind.Number, "How much has to speak for 'sick' until it opens, as the logarithm of a likelihood ratio, at one call in the window; at more calls it is more by their logarithm. Higher: later, and fewer false alarms.") { Default = Write(_breaker.Evidence), Least = 1, Most = 50 },
        new("window", KeyKind.Duration, "The window of the ratio, and of the calls that 'evidence' goes by.") { Default = DurationText.Write(_breaker.Window), Most = Day, Elsewhere = ["sampling_duration"] },
        new("open_for", KeyKind.Duration, "How long it stays open before it is probed; it doubles with each relapse.") { Default = DurationText.Write(_breaker.OpenFor), Most = Day, Elsewhere = ["cooldown_time", "cooldown", "break_duration"] },
        new("max_open_for", KeyKind.Duration, "The longest it stays open before it is probed.") { Default = DurationText.Write(_breaker.MaxOpenFor), Most = Day },
        new("probe", KeyKind.Word, "Who finds out whether it is well: requests of one token by the gateway, or a user's call.") { Words = [SyntheticProbe, TrafficProbe], Default = SyntheticProbe },
        new("probes", KeyKind.Whole, "Good probes in a row before the first real traffic; under 'traffic' one does.") { Default = Write(_breaker.GoodProbes), Least = 1, Most = 100, Elsewhere = ["success_threshold", "permitted_calls_in_half_open"] },
        new("probe_every", KeyKind.Duration, "The gap between two probes; it doubles while they fail, up to open_for.") { Default = DurationText.Write(_breaker.ProbeEvery), Most = Day, Elsewhere = ["health_check_interval", "probe_interval"] },
        new("probe_timeout", KeyKind.Duration, "How long one probe may take.") { Default = DurationText.Write(_breaker.ProbeTimeout), Most = Hour },
        new("ramp", KeyKind.NumberList, "The shares of real traffic on the way back, in percent, rising; everything comes after the last. Empty: everything at once.") { Default = $"[{string.Join(", ", _breaker.Ramp.Select(Write))}]", Least = 0, MoreThanLeast = true, Most = 100, Elsewhere = ["slow_start"], Example = "[1, 5, 25]" },
        new("ramp_calls", KeyKind.Whole, "Good calls that each step of the ramp asks for; where fewer come, the time for which answers were good counts.") { Default = Write(_breaker.RampCalls), Least = 1, Most = 100_000 },
        new("ramp_for", KeyKind.Duration, "The least time of the whole ramp; it doubles with each relapse.") { Default = DurationText.Write(_breaker.RampFor), Most = Day },
        new("max_ramp_for", KeyKind.Duration, "The longest that ramp_for grows, and the well time that makes one relapse forgotten.") { Default = DurationText.Write(_breaker.MaxRampFor), Most = Day },
        new("suspect_failures", KeyKind.Whole, "Failures in a row that open it while it is suspect: a sibling is out, or it has only just come back.") { Default = Write(_breaker.SuspectFailures), Least = 1, Most = 1000 },
        new("suspect_for", KeyKind.Duration, "How long it is suspect after a sibling opened: a model of the same provider, or behind the same edge.") { Default = DurationText.Write(_breaker.SuspectFor), Most = Day },
    ]);

    public static KeyShape Limits { get; } = new("'limits'",
    [
        new("max_body", KeyKind.Size, "The largest request body.") { Default = SizeText.Write(_limits.MaxBodyBytes), Least = 0, MoreThanLeast = true, Most = 1L << 30 },
        new("max_headers", KeyKind.Size, "The largest request headers.") { Default = SizeText.Write(_limits.MaxHeaderBytes), Least = 1024, Most = 1 << 20 },
    ]);

    public static KeyShape Quotas { get; } = new("'quotas'",
    [
        new("leave_below", KeyKind.Number, "The share of a provider's rate limit that is left below which its target is left for another one; 0 waits for the 429.") { Default = Write(_quotas.LeaveBelow), Least = 0, Most = 0.9 },
    ]);

    /// <summary>The whole file.</summary>
    public static KeyShape File { get; } = new("the file",
    [
        new("listen", KeyKind.Text, "Address and port. Beyond loopback it needs clients.") { Default = "127.0.0.1:4600", Elsewhere = ["port", "host", "address", "bind"], Example = "127.0.0.1:4600" },
        new("store", KeyKind.Secret, "Where state is kept: sqlite:FILE, or postgres://… for several gateways.") { Default = "memory", MayBeLiteral = true, Example = "sqlite:understudy.db" },
        new("cache", KeyKind.Object, "The cache behind all cache rungs.") { Shape = CacheStore, Elsewhere = ["cache_key"] },
        new("deferred", KeyKind.Object, "The queue behind all defer rungs and batches.") { Shape = Deferred, Elsewhere = ["queue", "batches", "batch"] },
        new("drills", KeyKind.Object, "Drills of this very policy by a schedule, with the reports kept.") { Shape = Drills, Default = "none", Elsewhere = ["rehearsals", "game_days"] },
        new("records", KeyKind.TextOrObject, "How the records of calls are kept in the store; 'off' keeps none.") { Shape = Records, Words = [Off], Default = "a day", Elsewhere = ["call_log", "history", "journal"] },
        new("capture", KeyKind.TextOrObject, "How captured calls are cleaned and kept; 'content' captures every call of every route.") { Shape = Capture, Words = [Content, Off], Default = "nothing is captured", Elsewhere = ["log_content", "store_prompts", "log_requests"] },
        new("clients", KeyKind.ObjectList, "Who may call; none means loopback only.") { Shape = Client, Default = "none", Elsewhere = ["keys", "virtual_keys", "users"] },
        new("admin", KeyKind.Object, "The admin API and the control room.") { Shape = Admin },
        new("providers", KeyKind.ObjectMap, "Who is called, by name.") { Shape = Provider, Default = "from the environment", Elsewhere = ["model_list", "upstreams", "backends"] },
        new("use_cases", KeyKind.ObjectMap, "Tolerances by name; interactive, agent and batch exist already.") { Shape = UseCase, Default = "interactive, agent, batch" },
        new("routes", KeyKind.ObjectList, "Which calls go down which ladder; the first match wins.") { Shape = Route, Default = "chosen from the providers", Elsewhere = ["fallbacks", "router_settings"] },
        new("kill", KeyKind.TextOrList, "The kill switch: providers, targets or 'all' that must not be called.") { Default = "none", Example = "[claude, openai/gpt-5]" },
        new("retry", KeyKind.Object, "Retrying the same target.") { Shape = Retry, Elsewhere = ["retries"] },
        new("join", KeyKind.Object, "How a client's own retry finds the call that it gave up.") { Shape = Join, Elsewhere = ["coalesce", "singleflight"] },
        new("breaker", KeyKind.Object, "When a target's breaker opens, and for how long.") { Shape = Breaker, Elsewhere = ["circuit_breaker", "cooldown"] },
        new("alarms", KeyKind.Object, "What wakes whom.") { Shape = AlarmKeys.Alarms, Elsewhere = ["alerts", "alerting", "notifications"] },
        new("prices", KeyKind.ObjectMap, "What models cost, in US dollars for a million tokens, by model or provider/model; '*' stands for any text, the first that matches wins.") { Shape = Price, Default = "the catalogue's", Elsewhere = ["costs", "pricing"] },
        new("quotas", KeyKind.Object, "How the rate limits of providers are used.") { Shape = Quotas, Elsewhere = ["rate_limits"] },
        new("limits", KeyKind.Object, "Sizes beyond which a request is refused.") { Shape = Limits },
    ]);

    /// <summary>Every shape with the path at which it stands, for documentation and for "that key belongs to …".</summary>
    public static IReadOnlyList<(string Path, KeyShape Shape)> All { get; } =
    [
        ("", File), ("clients[].", Client), ("clients[].budget.", Budget), ("admin.", Admin), ("admin.operators[].", Operator), ("providers.NAME.", Provider), ("prices.PATTERN.", Price),
        ("use_cases.NAME.", UseCase), ("routes[].", Route), ("routes[].join.", Join), ("routes[].hedge.", Hedge), ("routes[].ladder[].", Rung), ("routes[].ladder[].cache.", Cache),
        ("routes[].ladder[].human.", Human), ("routes[].ladder[].defer.", Defer), ("routes[].ladder[].defer.webhook.", Webhook),
        ("routes[].ladder[].notice.", Notice), ("routes[].ladder[].notice.use_cases.NAME.", NoticeWords), ("retry.", Retry), ("join.", Join), ("breaker.", Breaker), ("quotas.", Quotas), ("limits.", Limits), ("cache.", CacheStore), ("deferred.", Deferred), ("drills.", Drills), ("records.", Records), ("capture.", Capture), ("routes[].capture.", RouteCapture), .. AlarmKeys.All,
    ];

    private static Key Clock(string name, string meaning, TimeSpan standard, params string[] elsewhere) =>
        new(name, KeyKind.Duration, meaning) { Default = DurationText.Write(standard), Most = Day, Elsewhere = elsewhere, Example = "8s" };

    // Beyond a billion an amount would no longer fit into its number.
    private static Key Cap(string name, string meaning, params string[] elsewhere) =>
        new(name, KeyKind.Number, meaning) { Least = 0, MoreThanLeast = true, Most = 1e9, Default = "no cap", Elsewhere = elsewhere };

    private static Key Rate(string name, string meaning, string standard, params string[] elsewhere) =>
        new(name, KeyKind.Number, meaning) { Least = 0, Most = 1e6, Default = standard, Elsewhere = elsewhere, Example = "3" };

    private static string Quantile(double quantile) => string.Create(CultureInfo.InvariantCulture, $"p{quantile * 100:0}");

    private static string Share(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.###}%");

    private static string Write(double number) => number.ToString(CultureInfo.InvariantCulture);
}
