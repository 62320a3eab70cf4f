using System.CommandLine;
using System.Text.Json.Nodes;

namespace Understudy.Cli.Verbs;

/// <summary><c>understudy kill</c>, <c>drain</c> and <c>revive</c>: an operator's levers on a running gateway.</summary>
internal static class LeverVerb
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    public static Command Kill()
    {
        var inFlight = new Option<bool>("--in-flight") { Description = "Breaks off the calls that are under way there, too: they go on elsewhere." };
        var until = Until();
        var lever = new Lever("kill", "Stops a provider, a target or everything on a running gateway: nothing more is sent there.");
        lever.Command.Add(until);
        lever.Command.Add(inFlight);
        lever.Command.SetAction((parsed, cancellationToken) => lever.PullAsync(
            parsed,
            body =>
            {
                if (parsed.GetValue(until) is { } end) body["until"] = end;
                if (parsed.GetValue(inFlight)) body["in_flight"] = true;
            },
            wait: false,
            cancellationToken));
        return lever.Command;
    }

    public static Command Drain()
    {
        var wait = new Option<bool>("--wait") { Description = "Waits until nothing is under way there any more." };
        var until = Until();
        var lever = new Lever("drain", "Sends nothing new to a provider, a target or anybody; what is under way there ends by itself.");
        lever.Command.Add(until);
        lever.Command.Add(wait);
        lever.Command.SetAction((parsed, cancellationToken) => lever.PullAsync(
            parsed,
            body =>
            {
                if (parsed.GetValue(until) is { } end) body["until"] = end;
            },
            parsed.GetValue(wait),
            cancellationToken));
        return lever.Command;
    }

    public static Command Revive()
    {
        var lever = new Lever("revive", "Takes a kill, a drain or a route's pin back; 'all' takes back every one.");
        lever.Command.SetAction((parsed, cancellationToken) => lever.PullAsync(parsed, _ => { }, wait: false, cancellationToken));
        return lever.Command;
    }

    private static Option<string?> Until() => new("--until") { Description = "When it ends by itself: 30m, or 2026-06-02T18:00:00Z. Without it, when it is revived." };

    private sealed class Lever
    {
        private readonly string _verb;
        private readonly Argument<string> _what = new("what") { Description = "A provider, a target as provider/model, or all; revive: also a pinned route." };
        private readonly Option<string?> _why = new("--why") { Description = "The reason, for the audit." };
        private readonly Option<string?> _url = OperatorClient.UrlOption();

        public Lever(string verb, string does)
        {
            _verb = verb;
            Command = new(verb, does) { _what, _why, _url };
        }

        public Command Command { get; }

        public async Task<int> PullAsync(ParseResult parsed, Action<JsonObject> more, bool wait, CancellationToken cancellationToken)
        {
            using var gateway = OperatorClient.Open(parsed.GetValue(_url));
            if (gateway is null) return ExitCode.BadUsage;
            var what = parsed.GetValue(_what)!;
            var body = new JsonObject { ["what"] = what, ["by"] = Environment.UserName };
            if (parsed.GetValue(_why) is { } why) body["why"] = why;
            more(body);
            if (await gateway.PostAsync($"admin/{_verb}", body, cancellationToken) is not { } answer) return ExitCode.Failed;
            Console.Error.WriteLine(Words(what, answer));
            if (wait) await WaitAsync(gateway, what, cancellationToken);
            return ExitCode.Done;
        }

        private string Words(string what, JsonObject answer)
        {
            var words = _verb switch
            {
                "kill" => $"{what} is killed{Ends(answer)}: nothing more is sent there. {(int?)answer["broken_off"] ?? 0} calls were broken off and go on elsewhere, {(int?)answer["under_way"] ?? 0} still run.",
                "drain" => $"{what} is drained{Ends(answer)}: nothing new is sent there, {(int?)answer["under_way"] ?? 0} calls still run.",
                _ => (int?)answer["ended"] is > 0 ? $"{what} is called again." : $"There was nothing to revive: no order on {what}.",
            };
            return (bool?)answer["survives_restart"] == true || _verb == "revive" ? words : words + " It does not survive a restart (no store, or one in trouble).";
        }

        private static string Ends(JsonObject answer) => (string?)answer["until"] is { } until ? $" until {until}" : "";

        private static async Task WaitAsync(OperatorClient gateway, string what, CancellationToken cancellationToken)
        {
            while (await gateway.GetAsync("admin/status", cancellationToken) is { } status)
            {
                var list = what.Contains('/', StringComparison.Ordinal) ? ("targets", "target") : ("providers", "name");
                var left = (status[list.Item1] as JsonArray ?? []).Where(item => what == "all" || string.Equals((string?)item?[list.Item2], what, StringComparison.OrdinalIgnoreCase)).Sum(item => (int?)item?["attempts_under_way"] ?? 0);
                if (left == 0)
                {
                    Console.Error.WriteLine($"{what}: nothing is under way any more.");
                    return;
                }

                await Task.Delay(Look, TimeProvider.System, cancellationToken);
            }
        }
    }
}
