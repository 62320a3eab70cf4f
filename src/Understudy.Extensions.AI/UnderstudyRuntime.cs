using Understudy.Alarms;
using Understudy.Capture;
using Understudy.Configuration;
using Understudy.Extensions.AI.Answers;
using Understudy.Extensions.AI.Operating;
using Understudy.Extensions.AI.Questions;
using Understudy.Failures;
using Understudy.Hosting;
using Understudy.Hosting.Telemetry;
using Understudy.Observation;
using Understudy.Pipeline;
using Understudy.PolicyFile;

namespace Understudy.Extensions.AI;

/// <summary>
/// Understudy in a program of your own: the engine of the gateway without its server, with its store, its work for later,
/// its people and its alarms. One a process; dispose of it to stop cleanly.
/// </summary>
public sealed class UnderstudyRuntime : IAsyncDisposable, IDisposable
{
    private readonly UnderstudyOptions _options;
    private readonly EngineHost _host;
    private readonly CallGate _gate = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly CallSpans _spans;
    private readonly GenAIMetrics _genAI;
    private readonly HappeningLog? _log;
    private PolicyWatcher? _watcher;
    private int _disposed;

    private UnderstudyRuntime(EngineHost host, UnderstudyOptions options)
    {
        _host = host;
        _options = options;
        Ending = _ending.Token; // a copy: it is asked for after the end, too
        _spans = new(host.Engine, host.Metrics.Targets);
        _genAI = new(host.Engine, host.Metrics);
        if (options.Logger is { } logger) _log = new(host.Engine.Journal, logger);
        Deferred = new(host.Engine);
        Inbox = new(host.Engine);
        Operator = new(host, _gate);
        host.Begin();
    }

    /// <summary>Work that was kept for later.</summary>
    public DeferredCalls Deferred { get; }

    /// <summary>What waits for a person.</summary>
    public PersonInbox Inbox { get; }

    /// <summary>An operator's levers, and how everything is.</summary>
    public OperatorLevers Operator { get; }

    /// <summary>The alarms.</summary>
    public AlarmBook Alarms => _host.Firing;

    /// <summary>Where records of calls and happenings go: listeners are called in line and must only count or hand on.</summary>
    public Journal Journal => _host.Engine.Journal;

    /// <summary>The engine inside.</summary>
    public Engine Engine => _host.Engine;

    /// <summary>Calls under way.</summary>
    public int InFlight => _gate.InFlight;

    internal CallSpans Spans => _spans;

    /// <summary>Fires when the calls that are still under way must end: nothing they would do would be counted any more.</summary>
    internal CancellationToken Ending { get; }

    /// <summary>Starts under a policy made in code.</summary>
    /// <exception cref="ArgumentException">It has no providers or no routes.</exception>
    /// <exception cref="Storage.StoreException">The store cannot be used; the message says why.</exception>
    public static UnderstudyRuntime Start(Policy policy, UnderstudyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (policy.Providers.Count == 0) throw new ArgumentException("The policy names no provider.", nameof(policy));
        if (policy.Routes.Count == 0) throw new ArgumentException("The policy names no route.", nameof(policy));
        if (policy.Providers.FirstOrDefault(provider => provider.Protocol == Calls.WireProtocol.InProcess) is { } wrong) throw new ArgumentException($"Provider {wrong.Name}: no provider speaks {wrong.Protocol}.", nameof(policy));
        options ??= new();
        return new(EngineHost.Open(policy, options), options);
    }

    /// <summary>Starts under a policy file: that one, else the one that <c>UNDERSTUDY_CONFIG</c> names, else <c>./understudy.yaml</c>, else the vendors' keys in the environment.</summary>
    /// <param name="file">The file; null to look for one.</param>
    /// <param name="options">How it runs; null for the defaults.</param>
    /// <param name="environment">What the file may refer to; null for the process's own variables and files.</param>
    /// <exception cref="PolicyMistakesException">The policy has mistakes.</exception>
    /// <exception cref="Storage.StoreException">The store cannot be used; the message says why.</exception>
    public static UnderstudyRuntime Load(string? file = null, UnderstudyOptions? options = null, PolicyEnvironment? environment = null)
    {
        options ??= new();
        environment ??= PolicyEnvironment.OfProcess;
        var read = PolicyReader.Load(file, environment);
        if (read.Policy is not { } policy) throw new PolicyMistakesException(read.Mistakes);
        var runtime = Start(policy, options);
        foreach (var note in read.Notes) runtime.Tell("config", policy.Source, $"note: {note}");
        if (options.WatchesFile && PolicyReader.FileOf(file, environment) is { } path) runtime._watcher = new(path, read, environment, options.Time, result => runtime.Take(path, result));
        return runtime;
    }

    /// <summary>A client for this runtime. It costs nothing, and need not be disposed of.</summary>
    /// <param name="defaults">What all of its calls want where they do not say otherwise; null for nothing.</param>
    public UnderstudyChatClient ChatClient(UnderstudyCallOptions? defaults = null) => new(this, defaults ?? new());

    /// <summary>Puts another policy in force. Calls under way keep the one they began with; breakers live on. The store stays what it is.</summary>
    public void Apply(Policy policy) => Engine.Apply(policy);

    /// <summary>Turns new calls away, puts work for later back, and waits for the calls under way.</summary>
    /// <param name="patience">How long to wait; null for <see cref="UnderstudyOptions.Patience"/>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Whether every call had ended.</returns>
    public async Task<bool> DrainAsync(TimeSpan? patience = null, CancellationToken cancellationToken = default)
    {
        await _host.CloseAsync().ConfigureAwait(false);
        try
        {
            await _gate.DrainAsync().WaitAsync(patience ?? _options.Patience, Engine.Time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Stops: calls under way are waited for as long as <see cref="UnderstudyOptions.Patience"/> says, and then broken off.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        if (_watcher is not null) await _watcher.DisposeAsync().ConfigureAwait(false);
        if (!await DrainAsync().ConfigureAwait(false))
        {
            await _ending.CancelAsync().ConfigureAwait(false);
            await DrainAsync().ConfigureAwait(false); // they end at once; their records and costs are still taken
        }

        await _host.StopAsync().ConfigureAwait(false);
        await _spans.DisposeAsync().ConfigureAwait(false);
        _genAI.Dispose();
        _log?.Dispose();
        await _host.DisposeAsync().ConfigureAwait(false);
        _gate.Dispose();
        await _ending.CancelAsync().ConfigureAwait(false);
        _ending.Dispose();
    }

    /// <summary>As <see cref="DisposeAsync"/>, for containers that know no other way; it waits.</summary>
    public void Dispose() => Task.Run(() => DisposeAsync().AsTask()).GetAwaiter().GetResult();

    /// <summary>Runs a call to its end; its sink hears how it ended in any case.</summary>
    /// <param name="make">Makes the call.</param>
    /// <param name="sink">Its sink.</param>
    /// <param name="left">Fires when its caller has left, and with <see cref="Ending"/>.</param>
    internal async Task RunAsync(Func<OverheardCall> make, IProgramSink sink, CancellationToken left)
    {
        if (!_gate.TryEnter()) throw Down("");
        Call? call = null;
        CaptureSink? capture = null;
        try
        {
            (call, capture) = make();
            var asked = call.Request.Body; // the call may put another in its place
            await Engine.Pipeline.RunAsync(call, left).ConfigureAwait(false);
            capture?.Keep(call.Record, asked.Span);
            if (call.Record.Outcome == CallOutcome.Cancelled && Ending.IsCancellationRequested) sink.Fail(Down(call.Record.Id));
            else sink.End(call.Record);
        }
#pragma warning disable CA1031 // whatever it was, the program that waits must hear of it
        catch (Exception bug) when (call is not null)
#pragma warning restore CA1031
        {
            Tell("bug", call.Record.Id, $"a bug of Understudy's own ended call {call.Record.Id}: {bug.GetType().Name}");
            sink.Fail(new UnderstudyException($"A bug of Understudy's own ended call {call.Record.Id}.", call.Record.Id, bug));
        }
        finally
        {
            capture?.Dispose();
            _gate.Leave();
        }
    }

    private static UnderstudyException Down(string id) => new("Understudy is shutting down in this program.", FailureKind.Saturated, id);

    private void Take(string path, PolicyResult result)
    {
        foreach (var mistake in result.Mistakes) Tell("config", path, mistake.ToString());
        if (result.Policy is { } policy) Engine.Apply(policy);
        Tell("reload", path, result.Policy is null ? $"{path} was changed but has mistakes; the old one stays in force" : $"{path} was read again and is in force");
    }

    private void Tell(string kind, string subject, string text) => Journal.Tell(new(Engine.Time.GetUtcNow(), kind, subject, text));
}
