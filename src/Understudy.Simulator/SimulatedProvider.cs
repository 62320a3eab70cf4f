using System.Net;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Understudy.Simulator.Answers;
using Understudy.Simulator.Faults;
using Understudy.Simulator.Scenarios;
using Understudy.Simulator.Serving;
using Understudy.Simulator.Vendors;
using Understudy.Simulator.Vendors.Anthropic;
using Understudy.Simulator.Vendors.Gemini;
using Understudy.Simulator.Vendors.OpenAI;

namespace Understudy.Simulator;

/// <summary>
/// A fake vendor over HTTP, faithful to the real one in wire format, errors and headers, which fails as it is told to.
/// </summary>
public sealed class SimulatedProvider : IAsyncDisposable
{
    private const int LargestBody = 64 << 20;

    private readonly SemaphoreSlim _listening = new(1, 1);
    private readonly CallHandler _handler;
    private readonly ScenarioPlayer? _script;
    private readonly IPEndPoint _wanted;
    private KestrelServer? _server;
    private CancellationTokenSource _stopping = new();
    private bool _disposed;

    private SimulatedProvider(SimulatorOptions options, IPEndPoint wanted)
    {
        Options = options;
        _wanted = wanted;
        Vendor = options.Protocol switch
        {
            SimulatedProtocol.Anthropic => new AnthropicVendor(),
            SimulatedProtocol.OpenAI => new OpenAIVendor(options.ChatOnly),
            SimulatedProtocol.Gemini => new GeminiVendor(),
        };
        Ids = new IdSource(options.Seed);
        Faults = new FaultPlan(options.Seed);
        _script = options.Script is { } script ? new ScenarioPlayer(script, options) : null;
        _handler = new CallHandler(this);
        BaseUrl = new Uri("http://" + wanted);
    }

    /// <summary>Where it listens, without a path: <c>http://127.0.0.1:PORT/</c>. OpenAI clients want <c>v1</c> behind it.</summary>
    public Uri BaseUrl { get; private set; }

    /// <summary>What goes wrong: the same plan that <c>PUT /_sim/faults</c> sets.</summary>
    public FaultPlan Faults { get; }

    /// <summary>What it has seen and billed.</summary>
    public ProviderStats Stats { get; } = new();

    /// <summary>Holds calls for tests.</summary>
    public SimulatorGate Gate { get; } = new();

    internal SimulatorOptions Options { get; }

    internal IVendor Vendor { get; }

    internal IdSource Ids { get; }

    /// <summary>Starts a provider; it listens when the task ends.</summary>
    /// <param name="options">How it is to behave. Not to be changed afterwards.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="ArgumentException"><see cref="SimulatorOptions.Listen"/> is no address and port.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<SimulatedProvider> StartAsync(SimulatorOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var address = options.Listen.StartsWith("localhost:", StringComparison.Ordinal) ? "127.0.0.1" + options.Listen[9..] : options.Listen;
        if (!IPEndPoint.TryParse(address, out var wanted)) throw new ArgumentException($"Listen is \"{options.Listen}\": ADDRESS:PORT is wanted, such as 127.0.0.1:0", nameof(options));

        var provider = new SimulatedProvider(options, wanted);
        await provider.StartListeningAsync(cancellationToken).ConfigureAwait(false);
        return provider;
    }

    /// <summary>Takes the whole provider down: running calls are reset, connecting is refused. Nothing happens when it is down.</summary>
    public async Task StopListeningAsync()
    {
        await _listening.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_server is null) return;
            await _stopping.CancelAsync().ConfigureAwait(false);
            await _server.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
            _server.Dispose();
            _server = null;
        }
        finally
        {
            _listening.Release();
        }
    }

    /// <summary>Brings it up again on the same port. Nothing happens when it is up.</summary>
    /// <param name="cancellationToken">Gives up starting.</param>
    public async Task StartListeningAsync(CancellationToken cancellationToken)
    {
        await _listening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_server is not null || _disposed) return;
            _stopping.Dispose();
            _stopping = new CancellationTokenSource();
            var server = CreateServer();
            await server.StartAsync(new Application(_handler, _stopping.Token), cancellationToken).ConfigureAwait(false);
            var bound = server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
            BaseUrl = new Uri(bound.Replace("[::]", "[::1]", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
            _server = server;
        }
        finally
        {
            _listening.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        await StopListeningAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    internal (string Kind, Fault Fault)? DrawFromScript(string model) => _script?.Draw(model);

    internal void Stamp(HttpResponse response, string requestId) =>
        Vendor.Stamp(response, requestId, new AccountLimits(3999, 2_390_000, Options.Time.GetUtcNow()));

    /// <summary>Closes the port for a while; on its own, since the call that asks for it is to die with the port.</summary>
    internal void CloseFor(TimeSpan time) => _ = Task.Run(async () =>
    {
        await StopListeningAsync().ConfigureAwait(false);
        await Task.Delay(time, Options.Time, CancellationToken.None).ConfigureAwait(false);
        await StartListeningAsync(CancellationToken.None).ConfigureAwait(false);
    });

    private KestrelServer CreateServer()
    {
        var kestrel = new KestrelServerOptions { AddServerHeader = false, AllowSynchronousIO = false };
        kestrel.Limits.MaxRequestBodySize = LargestBody;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null; // a test may stop reading
        var port = BaseUrl.Port is > 0 and var taken ? taken : _wanted.Port;
        kestrel.Listen(new IPEndPoint(_wanted.Address, port), listen => listen.Protocols = HttpProtocols.Http1);

        // Inline, so that bytes are with the kernel when a flush ends: a reset right after it must not lose them.
        var transport = new SocketTransportOptions { UnsafePreferInlineScheduling = true };
        return new KestrelServer(
            Microsoft.Extensions.Options.Options.Create(kestrel),
            new SocketTransportFactory(Microsoft.Extensions.Options.Options.Create(transport), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance);
    }

    private sealed class Application(CallHandler handler, CancellationToken stopping) : Microsoft.AspNetCore.Hosting.Server.IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => handler.HandleAsync(context, stopping);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
