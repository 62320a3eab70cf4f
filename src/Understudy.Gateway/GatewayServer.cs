using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Understudy.Configuration;
using Understudy.Gateway.Endpoints;
using Understudy.Gateway.Serving;
using Understudy.Gateway.Telemetry;
using Understudy.Hosting;
using Understudy.Pipeline;

namespace Understudy.Gateway;

/// <summary>The gateway: an HTTP server around the engine.</summary>
public sealed class GatewayServer : IAsyncDisposable
{
    private static readonly TimeSpan PagesMayTake = TimeSpan.FromSeconds(1);

    private readonly WebApplication _app;
    private readonly GatewayState _state;
    private readonly GatewayTelemetry _telemetry;
    private readonly GatewayRoom _room;
    private readonly EngineHost _host;

    private GatewayServer(WebApplication app, EngineHost host, GatewayState state, GatewayTelemetry telemetry, GatewayRoom room)
    {
        _app = app;
        _host = host;
        _state = state;
        _telemetry = telemetry;
        _room = room;
        BaseUrl = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>Where it listens.</summary>
    public Uri BaseUrl { get; }

    /// <summary>The engine inside.</summary>
    public Engine Engine => _host.Engine;

    /// <summary>Calls under way.</summary>
    public int InFlight => _state.InFlight;

    /// <summary>
    /// The control room's address with a ticket in it that signs in whoever opens it, with every right: for the owner's own
    /// terminal and nowhere else. From the first time it is asked for to the end of the process; useless without an admin token.
    /// </summary>
    public Uri RoomWithTicketSensitive => new(BaseUrl, $"signin?ticket={_room.Door.Ticket}");

    /// <summary>Starts a gateway.</summary>
    /// <param name="policy">What the operator decided.</param>
    /// <param name="options">How it runs; null for the defaults.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <exception cref="IOException">The address is taken.</exception>
    /// <exception cref="Storage.StoreException">The store cannot be used; the message says why.</exception>
    public static async Task<GatewayServer> StartAsync(Policy policy, GatewayOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        var host = EngineHost.Open(policy, options);
        var engine = host.Engine;
        var state = new GatewayState { Store = host.Store, Past = host.Past, Rehearsals = host.Rehearsals };
        var telemetry = new GatewayTelemetry(host, options.OpenTelemetry);
        var room = new GatewayRoom(engine, state, telemetry, host.Firing, host.Metrics.Targets);
        var paths = new GatewayPaths(
            new(engine, state, telemetry.Spans), new(engine), new(engine, state, telemetry.Providers), new(engine, telemetry.Prometheus), new(engine, state, room.Door, host.Alarms, host.Metrics.Targets),
            new(engine, room.Door), new(engine, room.Door, room.Host), new(engine), new(engine));

        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, policy));
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = options.InlineScheduling);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, BlockPool>(); // after UseSockets, which brings its own
        var app = builder.Build();
        app.Run(paths.ServeAsync);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            // A start that is tried again on another port must find the store free.
            await host.DisposeAsync();
            throw;
        }

        host.Begin();
        return new(app, host, state, telemetry, room);
    }

    /// <summary>Turns new calls away, lets those under way end that somebody waits for, and stops.</summary>
    /// <param name="patience">How long to wait for them; what still runs then is cut off.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Whether every call had ended.</returns>
    public async Task<bool> DrainAsync(TimeSpan patience, CancellationToken cancellationToken = default)
    {
        await _host.CloseAsync();
        var drained = true;
        try
        {
            await _state.DrainAsync().WaitAsync(patience, Engine.Time, cancellationToken);
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            drained = false;
        }

        // The calls are over. What is open still are pages and streams of events, which never end by themselves.
        using var now = new CancellationTokenSource(drained ? PagesMayTake : Timeout.InfiniteTimeSpan, Engine.Time);
        if (!drained) await now.CancelAsync();
        await _app.StopAsync(now.Token);
        return drained;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.CloseAsync();
        await _app.DisposeAsync();
        await _room.DisposeAsync();
        await _host.StopAsync();
        _state.Dispose();
        await _telemetry.DisposeAsync();
        await _host.DisposeAsync();
    }

    private static void Configure(KestrelServerOptions kestrel, Policy policy)
    {
        kestrel.AddServerHeader = false;
        // A byte is a character: header values pass through as they came. By default a UTF-8 value would go on in another
        // encoding, and an upstream's value beyond ASCII would end its answer with a 500.
        kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        kestrel.Limits.MaxRequestBodySize = null; // our own limit answers in the caller's protocol
        kestrel.Limits.MaxRequestHeadersTotalSize = policy.Limits.MaxHeaderBytes;
        kestrel.Limits.MaxResponseBufferSize = 256 * 1024;
        var (address, port) = ParseListen(policy.Listen);
        if (address is null) kestrel.ListenLocalhost(port);
        else kestrel.Listen(address, port);
    }

    private static (IPAddress? Address, int Port) ParseListen(string listen)
    {
        if (IPEndPoint.TryParse(listen, out var endPoint)) return (endPoint.Address, endPoint.Port);
        var colon = listen.LastIndexOf(':');
        var port = int.Parse(listen.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture);
        return listen[..colon] is "*" or "+" ? (IPAddress.Any, port) : (null, port);
    }
}
