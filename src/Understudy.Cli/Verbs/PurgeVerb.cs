using System.CommandLine;
using System.Text.Json.Nodes;

namespace Understudy.Cli.Verbs;

/// <summary><c>understudy purge</c>.</summary>
internal static class PurgeVerb
{
    public static Command Command()
    {
        var client = new Option<string?>("--client") { Description = "Answers that this client got." };
        var olderThan = new Option<string?>("--older-than") { Description = "Answers older than that, as in 7d." };
        var all = new Option<bool>("--all") { Description = "Every answer." };
        var url = OperatorClient.UrlOption();
        var command = new Command("purge", "Takes answers out of the cache of a running gateway, and captured calls out of its store.") { client, olderThan, all, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(client) is null && parsed.GetValue(olderThan) is null && !parsed.GetValue(all))
            {
                Console.Error.WriteLine("Say what: --client NAME, --older-than 7d, or --all.");
                return ExitCode.BadUsage;
            }

            using var gateway = OperatorClient.Open(parsed.GetValue(url));
            if (gateway is null) return ExitCode.BadUsage;
            var body = new JsonObject();
            if (parsed.GetValue(client) is { } name) body["client"] = name;
            if (parsed.GetValue(olderThan) is { } age) body["older_than"] = age;
            if (parsed.GetValue(all)) body["all"] = true;
            if (await gateway.PostAsync("admin/purge", body, cancellationToken) is not { } answer) return ExitCode.Failed;
            Console.Error.WriteLine($"{answer["purged"]} cached answers{(answer["purged_captures"] is { } captured ? $" and {captured} captured calls" : "")} were purged{((bool?)answer["gone_from_store"] == false ? "; the store has trouble, and they go from it when that is over" : "")}.");
            return ExitCode.Done;
        });
        return command;
    }
}
