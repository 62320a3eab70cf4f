using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Understudy.ControlRoom.Pages;

namespace Understudy.ControlRoom.Hosting;

/// <summary>
/// The room's own small world of services, inside the gateway's process and apart from it: made when the first browser
/// comes, so that a gateway which nobody looks at neither starts later nor grows by it, and a call never goes through it.
/// </summary>
/// <param name="sources">What the room looks at.</param>
/// <param name="isGood">Whether the session of a visitor's handle is still good.</param>
/// <param name="logging">Where the room's own troubles are told; null for nowhere.</param>
public sealed class RoomHost(RoomSources sources, Func<string, bool> isGood, Action<ILoggingBuilder>? logging = null) : IAsyncDisposable
{
    private const int MostPagesKept = 20;

    private static readonly TimeSpan PageKeptFor = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private Task<(ServiceProvider Services, RequestDelegate Pipeline)>? _built;

    /// <summary>Serves a request of a visitor who has been let in.</summary>
    public async Task ServeAsync(HttpContext context, Visitor visitor)
    {
        // On a thread of the pool from here on: a page is a long piece of work for a thread that polls sockets.
        var (services, pipeline) = await BuiltAsync(context.RequestServices);
        await Task.Run(async () =>
        {
            await using var scope = services.CreateAsyncScope();
            var outer = context.RequestServices;
            context.RequestServices = scope.ServiceProvider;
            context.User = visitor.ToPrincipal();
            try
            {
                await pipeline(context);
            }
            finally
            {
                context.RequestServices = outer;
            }
        });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_built is { } built) await (await built).Services.DisposeAsync();
    }

    private Task<(ServiceProvider Services, RequestDelegate Pipeline)> BuiltAsync(IServiceProvider gateway)
    {
        lock (_lock) return _built ??= Task.Run(() => Build(gateway));
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The native program keeps these pages and ASP.NET Core's whole, and a browser looks at them in CI (decision 0029).")]
    private (ServiceProvider Services, RequestDelegate Pipeline) Build(IServiceProvider gateway)
    {
        var services = new ServiceCollection();
        // 1. What ASP.NET Core asks its host for.
        services.AddSingleton(gateway.GetRequiredService<IWebHostEnvironment>());
        services.AddSingleton<IHostEnvironment>(gateway.GetRequiredService<IWebHostEnvironment>());
        services.AddSingleton(gateway.GetRequiredService<IHostApplicationLifetime>()); // pages end when the gateway stops
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton(_ => new DiagnosticListener("Understudy.ControlRoom"));
        services.AddSingleton<DiagnosticSource>(provider => provider.GetRequiredService<DiagnosticListener>());
        services.AddLogging(logging ?? (_ => { }));
        // Keys in memory: a page that was open before a restart is loaded anew, and nothing of it is on a disk.
        services.AddSingleton<IDataProtectionProvider, EphemeralDataProtectionProvider>();

        // 2. What the pages ask for.
        services.AddSingleton(sources);
        services.AddSingleton(new SessionCheck(isGood));
        services.AddSingleton<RoomPulse>();
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.SuppressXFrameOptionsHeader = true; // the gateway's is stricter
            antiforgery.Cookie.Name = "understudy-page";
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
        });
        services.AddRazorComponents().AddInteractiveServerComponents(circuits =>
        {
            circuits.DisconnectedCircuitMaxRetained = MostPagesKept;
            circuits.DisconnectedCircuitRetentionPeriod = PageKeptFor;
        });

        var provider = services.BuildServiceProvider();
        var app = new ApplicationBuilder(provider);
        app.UseRouting();
        app.UseAntiforgery();
        app.UseEndpoints(endpoints => endpoints.MapRazorComponents<App>().AddInteractiveServerRenderMode(pages =>
        {
            pages.ContentSecurityFrameAncestorsPolicy = null; // stands in the gateway's own policy
            pages.DisableWebSocketCompression = true;         // costs memory and time for each page that is open
        }));
        return (provider, app.Build());
    }
}
