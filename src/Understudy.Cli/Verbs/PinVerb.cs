using System.CommandLine;
using System.Text.Json.Nodes;

namespace Understudy.Cli.Verbs;

/// <summary><c>understudy pin</c>: a route's calls go to one of its targets first.</summary>
internal static class PinVerb
{
    public static Command Command()
    {
        var route = new Argument<string>("route") { Description = "The route's name, as 'understudy status' tells it." };
        var target = new Argument<string>("target") { Description = "A target of its ladder, as the ladder writes it: provider/model or provider/=." };
        var until = new Option<string>("--until") { Description = "When it ends: 2h, or 2026-06-02T18:00:00Z.", Required = true };
        var why = new Option<string?>("--why") { Description = "The reason, for the audit." };
        var url = OperatorClient.UrlOption();
        var command = new Command("pin", "Sends a route's calls to one of its targets first, until then or until 'understudy revive ROUTE'.") { route, target, until, why, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var gateway = OperatorClient.Open(parsed.GetValue(url));
            if (gateway is null) return ExitCode.BadUsage;
            var body = new JsonObject { ["route"] = parsed.GetValue(route), ["target"] = parsed.GetValue(target), ["until"] = parsed.GetValue(until), ["by"] = Environment.UserName };
            if (parsed.GetValue(why) is { } reason) body["why"] = reason;
            if (await gateway.PostAsync("admin/pin", body, cancellationToken) is not { } answer) return ExitCode.Failed;
            var restart = (bool?)answer["survives_restart"] == true ? "" : " It does not survive a restart (no store, or one in trouble).";
            Console.Error.WriteLine($"{answer["route"]} is pinned to {answer["target"]} until {answer["until"]}: the others serve where it cannot.{restart}");
            return ExitCode.Done;
        });
        return command;
    }
}
