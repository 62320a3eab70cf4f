using Understudy.Calls;
using Understudy.Drills.Providers.Wires;
using Understudy.Drills.Traffic;
using Understudy.Failures;
using Understudy.Transport;

namespace Understudy.Drills.Providers;

/// <summary>
/// The engine's way to modelled providers: the seam of decision 0005, with true bytes on it and no network. It answers
/// any request: those of a drill's calls, whose size and fate are planned, and others (a probe, a count of tokens), whose
/// size is read from the request.
/// </summary>
/// <param name="providers">The providers, by their names in the policy.</param>
/// <param name="time">The time.</param>
/// <param name="seed">The drill's seed.</param>
public sealed class ModelledTransport(IReadOnlyDictionary<string, ModelledProvider> providers, VirtualTime time, ulong seed) : IProviderTransport
{
    /// <summary>What an answer has that nobody planned and nobody limited.</summary>
    private const int UnplannedOutput = 200;

    /// <summary>The share of models that say the last line once more when they are told to continue.</summary>
    private const double Repeats = 0.25;

    private readonly Dictionary<(WireProtocol, string), AnswerScript> _scripts = [];
    private ulong _unplanned;

    /// <summary>Told of every request that belongs to no call of the drill: a probe.</summary>
    public event Action? Unplanned;

    /// <summary>Finds the call whose request is made again, later, by its body; null for none.</summary>
    internal Func<ReadOnlySpan<byte>, DrillCall?>? Later { get; init; }

    /// <inheritdoc/>
    public ValueTask<ProviderReply> SendAsync(ProviderRequest request, TimeSpan connectLimit, CancellationToken cancellationToken)
    {
        if (!providers.TryGetValue(request.Provider.Name, out var provider))
        {
            return new(new CannedReply(new Failure(FailureKind.ConnectFailed, "no such provider in this drill")));
        }

        var script = ScriptOf(request.Protocol, request.Model);
        if (request.Call.Operation == CallOperation.CountTokens) return new(new CannedReply(script.TokenCount(Math.Max(1, request.Body.Length / 4))));
        var planned = (request.Call.Headers as CallMark)?.Call;
        var later = planned is null ? Later?.Invoke(request.Body.Span) : null;
        planned ??= later;
        var question = planned is null ? NotPlanned(request) : planned.Ask(request.Provider.Name, request.Model);
        if (later is not null) question = question with { Stream = request.Stream }; // nobody waits for it: it is asked for in one piece
        var lines = (From: 0, To: Book.LinesOf(question.OutputTokens));
        // The same protocol on both sides is a first try: only a translated request can hold half an answer.
        if (!request.PassThrough && Book.Right.LinesIn(request.Body.Span) is > 0 and var said) (question, lines) = GoOn(question, Math.Min(said, lines.To), lines.To);
        var exchange = provider.Begin(question);
        if (planned is not null) planned.Last = exchange;
        return new ModelledReply(exchange, script, lines, time, provider.Quota, cancellationToken).OpenAsync();
    }

    /// <summary>The rest of an answer that was cut: a longer prompt, a shorter answer.</summary>
    private static (Question Question, (int From, int To) Lines) GoOn(in Question question, int said, int lines)
    {
        var repeats = new Chance(question.Seed + 1).NextDouble() < Repeats;
        var from = repeats ? said - 1 : said;
        return (question with
        {
            InputTokens = question.InputTokens + (said * Book.TokensPerLine),
            OutputTokens = Math.Max(1, question.OutputTokens - (from * Book.TokensPerLine)),
        }, (from, lines));
    }

    private Question NotPlanned(ProviderRequest request)
    {
        Unplanned?.Invoke();
        RequestScan.TryScan(request.Body.Span, out var facts);
        return new()
        {
            Model = request.Model,
            InputTokens = Math.Max(1, request.Body.Length / 4),
            OutputTokens = facts.MaxTokens is > 0 and < UnplannedOutput ? (int)facts.MaxTokens : UnplannedOutput,
            Stream = request.Stream,
            Seed = Seeds.Mix(Seeds.Mix(seed, request.Provider.Name), ++_unplanned),
        };
    }

    private AnswerScript ScriptOf(WireProtocol protocol, string model)
    {
        if (_scripts.TryGetValue((protocol, model), out var known)) return known;
        var script = AnswerScript.For(protocol, model);
        _scripts.Add((protocol, model), script);
        return script;
    }
}
