using System.CommandLine;
using Understudy.Configuration;
using Understudy.Gateway;
using Understudy.Observation;
using Understudy.PolicyFile;
using Understudy.Storage;

namespace Understudy.Cli.Verbs;

/// <summary><c>understudy serve</c>.</summary>
internal static class ServeVerb
{
    /// <summary>How long calls under way may go on after the program was told to stop.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Command Command()
    {
        var config = PolicySource.ConfigOption();
        var listen = new Option<string?>("--listen") { Description = "Address and port, e.g. 127.0.0.1:4600. Wins over the file and UNDERSTUDY_LISTEN." };
        var command = new Command("serve", "Runs the gateway.") { config, listen };
        command.SetAction((parsed, cancellationToken) => ServeAsync(parsed.GetValue(config), parsed.GetValue(listen), cancellationToken));
        return command;
    }

    private static async Task<int> ServeAsync(string? file, string? listen, CancellationToken cancellationToken)
    {
        var environment = PolicyEnvironment.OfProcess;
        if (listen is not null) environment = environment.With("UNDERSTUDY_LISTEN", listen);
        var read = PolicySource.Read(file, environment);
        if (read.Policy is not { } policy) return ExitCode.BadUsage;

        var journal = new Journal();
        journal.Happened += happening => Console.Error.WriteLine($"{happening.At:HH:mm:ss} {happening.Text}");
        GatewayServer gateway;
        try
        {
            gateway = await GatewayServer.StartAsync(policy, new() { Journal = journal, InlineScheduling = true }, cancellationToken);
        }
        catch (StoreException unusable)
        {
            Console.Error.WriteLine(unusable.Message);
            return ExitCode.Failed;
        }
        catch (IOException taken)
        {
            Console.Error.WriteLine($"Cannot listen on {policy.Listen}: {taken.InnerException?.Message ?? taken.Message}. Another program may use it; choose another with --listen.");
            return ExitCode.Failed;
        }

        await using (gateway)
        {
            Greet(gateway, policy);
            await using var watcher = Watch(PolicyReader.FileOf(file, environment), read, environment, gateway);
            await StopSignal.WaitAsync(cancellationToken);
            Console.Error.WriteLine(gateway.InFlight == 0 ? "Stopping." : $"Stopping; {gateway.InFlight} calls under way may go on for {Patience.TotalSeconds:0} s.");
            var drained = await gateway.DrainAsync(Patience, CancellationToken.None);
            if (!drained) Console.Error.WriteLine("Some calls were cut off.");
            return drained ? ExitCode.Done : ExitCode.Failed;
        }
    }

    private static void Greet(GatewayServer gateway, Policy policy)
    {
        var address = gateway.BaseUrl.ToString().TrimEnd('/');
        Console.Error.WriteLine($"Understudy serves on {address} ({policy.Source})");
        foreach (var line in PolicySummary.Lines(policy)) Console.Error.WriteLine($"  {line}");
        Console.Error.WriteLine($"Point a client at it: ANTHROPIC_BASE_URL={address}  OPENAI_BASE_URL={address}/v1");
    }

    private static PolicyWatcher? Watch(string? path, PolicyResult read, PolicyEnvironment environment, GatewayServer gateway) =>
        path is null ? null : new(path, read, environment, TimeProvider.System, result =>
        {
            PolicySource.Tell(result);
            if (result.Policy is { } policy)
            {
                gateway.Engine.Apply(policy);
                Console.Error.WriteLine($"{path} was read again and is in force.");
            }
            else
            {
                Console.Error.WriteLine($"{path} was changed but has mistakes; the old one stays in force.");
            }
        });
}
