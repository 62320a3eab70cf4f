using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Understudy.Configuration;

namespace Understudy.Extensions.AI;

/// <summary>Understudy in a container of services.</summary>
public static class UnderstudyServices
{
    /// <summary>
    /// Adds <see cref="UnderstudyRuntime"/> and an <see cref="IChatClient"/> over it, under a policy file: that one, else the
    /// one that <c>UNDERSTUDY_CONFIG</c> names, else <c>./understudy.yaml</c>, else the vendors' keys in the environment.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="file">The policy file; null to look for one.</param>
    /// <param name="configure">Changes how it runs; null for the defaults.</param>
    public static IServiceCollection AddUnderstudy(this IServiceCollection services, string? file = null, Func<UnderstudyOptions, UnderstudyOptions>? configure = null) =>
        Add(services, options => UnderstudyRuntime.Load(file, options), configure);

    /// <summary>The same under a policy made in code.</summary>
    public static IServiceCollection AddUnderstudy(this IServiceCollection services, Policy policy, Func<UnderstudyOptions, UnderstudyOptions>? configure = null) =>
        Add(services, options => UnderstudyRuntime.Start(policy, options), configure);

    /// <summary>Adds an <see cref="IChatClient"/> of that name, over the same runtime: for another route or another use case.</summary>
    /// <param name="services">The services.</param>
    /// <param name="key">Its name: <c>[FromKeyedServices(key)] IChatClient</c>.</param>
    /// <param name="defaults">What all of its calls want.</param>
    public static IServiceCollection AddUnderstudyChatClient(this IServiceCollection services, object key, UnderstudyCallOptions defaults) =>
        services.AddKeyedSingleton<IChatClient>(key, (provider, _) => provider.GetRequiredService<UnderstudyRuntime>().ChatClient(defaults));

    private static IServiceCollection Add(IServiceCollection services, Func<UnderstudyOptions, UnderstudyRuntime> start, Func<UnderstudyOptions, UnderstudyOptions>? configure)
    {
        services.TryAddSingleton(provider =>
        {
            var options = new UnderstudyOptions { Logger = provider.GetService<ILoggerFactory>()?.CreateLogger("Understudy"), Time = provider.GetService<TimeProvider>() ?? TimeProvider.System };
            return start(configure?.Invoke(options) ?? options);
        });
        services.TryAddSingleton<IChatClient>(provider => provider.GetRequiredService<UnderstudyRuntime>().ChatClient());
        services.AddHostedService<Lifetime>();
        return services;
    }

    /// <summary>Starts with the program, so that a mistake in the policy stops it at once, and drains with it.</summary>
    private sealed class Lifetime(UnderstudyRuntime runtime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => runtime.DrainAsync(cancellationToken: cancellationToken);
    }
}
