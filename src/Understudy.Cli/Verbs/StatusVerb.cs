using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Understudy.Cli.Verbs;

/// <summary><c>understudy status</c>.</summary>
internal static class StatusVerb
{
    public static Command Command()
    {
        var url = OperatorClient.UrlOption();
        var json = new Option<bool>("--json") { Description = "Prints the answer of /admin/status as it is." };
        var command = new Command("status", "Shows providers, targets, breakers and orders of a running gateway.") { url, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var gateway = OperatorClient.Open(parsed.GetValue(url));
            if (gateway is null) return ExitCode.BadUsage;
            if (await gateway.GetAsync("admin/status", cancellationToken) is not { } status) return ExitCode.Failed;
            if (parsed.GetValue(json)) Console.Out.WriteLine(status.ToJsonString(new() { WriteIndented = true }));
            else foreach (var line in Lines(gateway.Address, status)) Console.Out.WriteLine(line);
            return ExitCode.Done;
        });
        return command;
    }

    private static IEnumerable<string> Lines(Uri address, JsonObject status)
    {
        yield return $"Understudy at {address}: {status["calls_under_way"]} calls under way{((bool?)status["draining"] == true ? ", shutting down" : "")} (policy: {status["policy"]})";
        if (status["store"] is JsonObject store) yield return $"store: {store["kind"]}, {store["state"]}{((string?)store["why"] is { } why ? $": {why}" : "")}";
        yield return "providers";
        foreach (var provider in Items(status, "providers"))
        {
            yield return $"  {Pad((string?)provider["name"])} {((bool?)provider["killed"] == true ? "never called" : "may be called")}, {provider["attempts_under_way"]} under way";
        }

        if (Items(status, "targets").Any()) yield return "targets";
        foreach (var target in Items(status, "targets"))
        {
            var open = (double?)target["open_for_seconds"] is > 0 and var left ? string.Create(CultureInfo.InvariantCulture, $" for {left:0} s more") : "";
            yield return $"  {Pad((string?)target["target"])} {((bool?)target["killed"] == true ? "never called, " : "")}breaker {target["breaker"]}{open}, {target["attempts_under_way"]} under way";
        }

        if (Items(status, "overrides").Any()) yield return "orders";
        foreach (var order in Items(status, "overrides"))
        {
            yield return $"  {Pad((string?)order["what"])} {order["kind"]}{((string?)order["target"] is { } target ? $" to {target}" : "")} by {order["who"]}{((string?)order["until"] is { } until ? $", until {until}" : "")}{((string?)order["why"] is { } reason ? $": {reason}" : "")}";
        }

        if (Items(status, "inboxes").Any()) yield return "inboxes";
        foreach (var inbox in Items(status, "inboxes"))
        {
            yield return $"  {Pad((string?)inbox["inbox"])} {inbox["waiting"]} waiting{((int?)inbox["oldest_seconds"] is { } oldest ? $", the oldest for {oldest} s" : "")}";
        }

        yield return "routes";
        foreach (var route in Items(status, "routes"))
        {
            yield return $"  {Pad((string?)route["name"])} {string.Join(" → ", (route["rungs"] as JsonArray ?? []).Select(rung => (string?)rung))}{((string?)route["pinned_to"] is { } pinned ? $" (pinned to {pinned})" : "")}";
        }
    }

    private static IEnumerable<JsonObject> Items(JsonObject status, string name) => (status[name] as JsonArray ?? []).OfType<JsonObject>();

    private static string Pad(string? text) => (text ?? "").PadRight(28);
}
