using System.CommandLine;

namespace Understudy.Cli.Verbs;

/// <summary><c>understudy captures</c>: what a running gateway captured on purpose.</summary>
internal static class CapturesVerb
{
    public static Command Command()
    {
        var id = new Argument<string?>("id") { Description = "One call, with what was said in it; each look is written down. Without it, a list.", Arity = ArgumentArity.ZeroOrOne };
        var client = new Option<string?>("--client") { Description = "Only this client's." };
        var route = new Option<string?>("--route") { Description = "Only this route's." };
        var url = OperatorClient.UrlOption();
        var command = new Command("captures", "Shows the calls that a running gateway has captured with what was said in them ('capture: content').") { id, client, route, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var gateway = OperatorClient.Open(parsed.GetValue(url));
            if (gateway is null) return ExitCode.BadUsage;
            var path = parsed.GetValue(id) is { } one ? $"/{Uri.EscapeDataString(one)}" : $"?client={Uri.EscapeDataString(parsed.GetValue(client) ?? "")}&route={Uri.EscapeDataString(parsed.GetValue(route) ?? "")}";
            if (await gateway.GetAsync($"admin/captures{path}", cancellationToken) is not { } answer) return ExitCode.Failed;
            if (answer["captures"]?.AsArray() is not { } list)
            {
                Console.Out.WriteLine(answer.ToJsonString(new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
                return ExitCode.Done;
            }

            foreach (var call in list) Console.Out.WriteLine($"{call!["at"]}  {call["id"]}  {call["outcome"],-10}  {call["route"]}  {call["client"]}");
            Console.Error.WriteLine($"{list.Count} shown; {answer["kept"]} kept and {answer["lost"]} lost since the start.");
            return ExitCode.Done;
        });
        return command;
    }
}
