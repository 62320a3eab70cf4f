using System.CommandLine;
using Understudy.Simulator;
using Understudy.Simulator.Scenarios;

namespace Understudy.Cli.Verbs;

/// <summary><c>understudy provider</c>.</summary>
internal static class ProviderVerb
{
    public static Command Command()
    {
        var protocol = new Option<SimulatedProtocol>("--protocol") { Description = "What it speaks: anthropic, openai or gemini.", Required = true };
        var listen = new Option<string>("--listen") { Description = "Address and port.", DefaultValueFactory = _ => "127.0.0.1:4700" };
        var script = new Option<string?>("--script") { Description = "A scenario: a file, or the name of a built-in one such as claude-2026-06-02." };
        var scenario = new Option<string?>("--scenario") { Description = "Which scenario of the file, where it has several." };
        var speed = new Option<double>("--speed") { Description = "How many times faster than real the script runs.", DefaultValueFactory = _ => 1 };
        var key = new Option<string?>("--key") { Description = "The only key it takes. Without one it takes any." };
        var seed = new Option<ulong>("--seed") { Description = "What its answers and its chance depend on.", DefaultValueFactory = _ => 1UL };
        var anyModel = new Option<bool>("--any-model") { Description = "Takes any model's name." };
        var chatOnly = new Option<bool>("--chat-only") { Description = "OpenAI's protocol without Responses, as most of its imitators serve it." };
        var interval = new Option<int>("--token-interval") { Description = "Milliseconds between two pieces of an answer.", DefaultValueFactory = _ => 0 };
        var command = new Command("provider", "Runs a simulated provider, faithful to the real one's wire format, errors and headers. Faults: its /_sim API.")
        {
            protocol, listen, script, scenario, speed, key, seed, anyModel, chatOnly, interval,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            ScenarioScript? plays;
            try
            {
                plays = parsed.GetValue(script) is not { } name ? null
                    : ScenarioScript.Ids.Contains(name) ? ScenarioScript.BuiltIn(name)
                    : ScenarioScript.Load(name, parsed.GetValue(scenario));
            }
            catch (Exception unreadable) when (unreadable is IOException or FormatException or System.Text.Json.JsonException or ArgumentException)
            {
                Console.Error.WriteLine($"--script: {unreadable.Message}");
                return ExitCode.BadUsage;
            }

            await using var provider = await SimulatedProvider.StartAsync(
                new()
                {
                    Protocol = parsed.GetValue(protocol),
                    Listen = parsed.GetValue(listen)!,
                    Key = parsed.GetValue(key),
                    Seed = parsed.GetValue(seed),
                    AnyModel = parsed.GetValue(anyModel),
                    ChatOnly = parsed.GetValue(chatOnly),
                    Script = plays,
                    SpeedFactor = parsed.GetValue(speed),
                    TokenInterval = TimeSpan.FromMilliseconds(parsed.GetValue(interval)),
                },
                cancellationToken);
            Console.Error.WriteLine($"A simulated {parsed.GetValue(protocol)} serves on {provider.BaseUrl}; faults: PUT {provider.BaseUrl}_sim/faults");
            await StopSignal.WaitAsync(cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }
}
