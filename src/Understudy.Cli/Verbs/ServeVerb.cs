using System.CommandLine;
using Understudy.Configuration;
using Understudy.Drills.Scenarios;
using Understudy.Gateway;
using Understudy.Gateway.Telemetry;
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
        var log = new Option<LogFormat>("--log")
        {
            Description = "How the log on stderr is written: text for people, json for machines (one object a line).",
            DefaultValueFactory = _ => Console.IsErrorRedirected ? LogFormat.Json : LogFormat.Text,
        };
        var command = new Command("serve", "Runs the gateway.") { config, listen, log };
        command.SetAction((parsed, cancellationToken) => ServeAsync(parsed.GetValue(config), parsed.GetValue(listen), parsed.GetValue(log), cancellationToken));
        return command;
    }

    private static async Task<int> ServeAsync(string? file, string? listen, LogFormat format, CancellationToken cancellationToken)
    {
        var environment = PolicyEnvironment.OfProcess;
        if (listen is not null) environment = environment.With("UNDERSTUDY_LISTEN", listen);
        var journal = new Journal();
        var log = new GatewayLog(journal, format, Console.OpenStandardError(), TimeProvider.System);
        await using (log)
        {
            var read = PolicySource.Read(file, environment, line => log.Say("config", line));
            if (read.Policy is not { } policy) return ExitCode.BadUsage;
            GatewayServer gateway;
            try
            {
                gateway = await GatewayServer.StartAsync(policy, new() { Journal = journal, InlineScheduling = true, Rehearse = PolicyReader.FileOf(file, environment) is { } path ? new DrillProcess(path).RunAsync : null, OpenTelemetry = OpenTelemetry(environment) }, cancellationToken);
            }
            catch (StoreException unusable)
            {
                log.Say("start", unusable.Message);
                return ExitCode.Failed;
            }
            catch (IOException taken)
            {
                log.Say("start", $"Cannot listen on {policy.Listen}: {taken.InnerException?.Message ?? taken.Message}. Another program may use it; choose another with --listen.");
                return ExitCode.Failed;
            }

            await using (gateway)
            {
                Greet(gateway, policy, log);
                NoteDrills(policy, log);
                await using var watcher = Watch(PolicyReader.FileOf(file, environment), read, environment, gateway, log);
                await StopSignal.WaitAsync(cancellationToken);
                log.Say("stop", gateway.InFlight == 0 ? "Stopping." : $"Stopping; {gateway.InFlight} calls under way may go on for {Patience.TotalSeconds:0} s.");
                var drained = await gateway.DrainAsync(Patience, CancellationToken.None);
                if (!drained) log.Say("stop", "Some calls were cut off.");
                return drained ? ExitCode.Done : ExitCode.Failed;
            }
        }
    }

    /// <summary>OpenTelemetry's own variables, all of them: its SDK knows what they mean.</summary>
    private static Dictionary<string, string> OpenTelemetry(PolicyEnvironment environment) => environment.Names
        .Where(name => name.StartsWith("OTEL_", StringComparison.Ordinal)).Distinct()
        .Select(name => (Name: name, Value: environment.Variable(name))).Where(variable => variable.Value is not null)
        .ToDictionary(variable => variable.Name, variable => variable.Value!);

    private static void Greet(GatewayServer gateway, Policy policy, GatewayLog log)
    {
        var address = gateway.BaseUrl.ToString().TrimEnd('/');
        log.Say("start", $"Understudy serves on {address} ({policy.Source})");
        foreach (var line in PolicySummary.Lines(policy)) log.Say("start", $"  {line}");
        log.Say("start", $"The control room: {address}/{(policy.HasOperators ? "" : " (from this machine; name operators to sign in and to act)")}");
        log.Say("start", $"Point a client at it: ANTHROPIC_BASE_URL={address}  OPENAI_BASE_URL={address}/v1");
    }

    /// <summary>Only the program that drills knows which outages there are.</summary>
    private static void NoteDrills(Policy policy, GatewayLog log)
    {
        foreach (var name in policy.Drills.Scenarios.Where(name => ScenarioCatalogue.Find(name) is null))
        {
            log.Say("config", $"drills: there is no scenario '{name}'; 'understudy drill --list' shows them. It will ring 'drill_failed'.");
        }
    }

    private static PolicyWatcher? Watch(string? path, PolicyResult read, PolicyEnvironment environment, GatewayServer gateway, GatewayLog log) =>
        path is null ? null : new(path, read, environment, TimeProvider.System, result =>
        {
            PolicySource.Tell(result, line => log.Say("config", line));
            if (result.Policy is { } policy)
            {
                gateway.Engine.Apply(policy);
                log.Say("reload", $"{path} was read again and is in force.");
            }
            else
            {
                log.Say("reload", $"{path} was changed but has mistakes; the old one stays in force.");
            }
        });
}
