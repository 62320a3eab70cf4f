using System.CommandLine;
using System.Text.Json.Nodes;

namespace Understudy.Cli.Verbs;

/// <summary><c>understudy inbox</c>: what waits for a person, and answering it from a terminal.</summary>
internal static class InboxVerb
{
    public static Command Command()
    {
        var inbox = new Option<string?>("--inbox") { Description = "Only this inbox." };
        var json = new Option<bool>("--json") { Description = "Prints the answer of /admin/inbox as it is." };
        var url = OperatorClient.UrlOption();
        var command = new Command("inbox", "Shows the questions that wait for a person; its own verbs answer them.") { inbox, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var gateway = OperatorClient.Open(parsed.GetValue(url));
            if (gateway is null) return ExitCode.BadUsage;
            var only = parsed.GetValue(inbox) is { } name ? $"?inbox={Uri.EscapeDataString(name)}" : "";
            if (await gateway.GetAsync($"admin/inbox{only}", cancellationToken) is not { } answer) return ExitCode.Failed;
            if (parsed.GetValue(json)) Console.Out.WriteLine(answer.ToJsonString(new() { WriteIndented = true }));
            else foreach (var line in InboxText.List(answer)) Console.Out.WriteLine(line);
            return ExitCode.Done;
        });
        command.Add(Show());
        command.Add(Claim());
        command.Add(Answer());
        command.Add(HandBack());
        command.Add(Drop());
        return command;
    }

    private static Argument<string> Id() => new("id") { Description = "The question, as 'understudy inbox' lists it." };

    private static Option<string?> Why() => new("--why") { Description = "The reason, for the audit." };

    private static Command Show()
    {
        var id = Id();
        var url = OperatorClient.UrlOption();
        var command = new Command("show", "Shows a question in full: what was said before, why no model answered, and an older answer where there is one.") { id, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var gateway = OperatorClient.Open(parsed.GetValue(url));
            if (gateway is null) return ExitCode.BadUsage;
            if (await gateway.GetAsync(Path(parsed.GetValue(id)!), cancellationToken) is not { } question) return ExitCode.Failed;
            foreach (var line in InboxText.Whole(question)) Console.Out.WriteLine(line);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Claim()
    {
        var (id, url) = (Id(), OperatorClient.UrlOption());
        var command = new Command("claim", "Keeps a question for you for two minutes: nobody else ends it meanwhile.") { id, url };
        command.SetAction((parsed, cancellationToken) => ActAsync(parsed.GetValue(url), parsed.GetValue(id)!, "claim", [], answer => $"It is yours until {answer["until"]}.", cancellationToken));
        return command;
    }

    private static Command Answer()
    {
        var (id, url, why) = (Id(), OperatorClient.UrlOption(), Why());
        var text = new Option<string?>("--text") { Description = "The answer. Without it, it is read from stdin." };
        var draft = new Option<bool>("--draft") { Description = "Sends the older answer as it is." };
        var command = new Command("answer", "Answers a question: its caller has the text at once.") { id, text, draft, why, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var said = parsed.GetValue(text);
            if (parsed.GetValue(draft))
            {
                said = await DraftAsync(parsed.GetValue(url), parsed.GetValue(id)!, cancellationToken);
                if (said is null) return ExitCode.Failed;
            }

            if (said is null && !Console.IsInputRedirected) Console.Error.WriteLine("Write the answer; end it with Ctrl-D (Ctrl-Z and Enter on Windows).");
            said ??= await Console.In.ReadToEndAsync(cancellationToken);
            return await ActAsync(parsed.GetValue(url), parsed.GetValue(id)!, "answer", new() { ["text"] = said, ["why"] = parsed.GetValue(why) }, _ => "The caller has your answer.", cancellationToken);
        });
        return command;
    }

    private static Command HandBack()
    {
        var (id, url, why) = (Id(), OperatorClient.UrlOption(), Why());
        var command = new Command("hand-back", "Gives a question back: the models are asked once more, then the rungs below.") { id, why, url };
        command.SetAction((parsed, cancellationToken) => ActAsync(
            parsed.GetValue(url), parsed.GetValue(id)!, "hand-back", new() { ["why"] = parsed.GetValue(why) }, _ => "It goes on down its ladder.", cancellationToken));
        return command;
    }

    private static Command Drop()
    {
        var (id, url, why) = (Id(), OperatorClient.UrlOption(), Why());
        var text = new Option<string?>("--text") { Description = "What the caller is told; without it, that a person closed the question." };
        var command = new Command("drop", "Closes a question without an answer: the caller gets an error that it does not try again.") { id, text, why, url };
        command.SetAction((parsed, cancellationToken) => ActAsync(
            parsed.GetValue(url), parsed.GetValue(id)!, "drop", new() { ["text"] = parsed.GetValue(text), ["why"] = parsed.GetValue(why) }, _ => "It is closed, and the caller was told.", cancellationToken));
        return command;
    }

    private static async Task<string?> DraftAsync(string? url, string id, CancellationToken cancellationToken)
    {
        using var gateway = OperatorClient.Open(url);
        if (gateway is null || await gateway.GetAsync(Path(id), cancellationToken) is not { } question) return null;
        if ((string?)question["draft"]?["text"] is { } draft) return draft;
        Console.Error.WriteLine("There is no older answer to this question: say --text, or give it on stdin.");
        return null;
    }

    private static async Task<int> ActAsync(string? url, string id, string act, JsonObject body, Func<JsonObject, string> words, CancellationToken cancellationToken)
    {
        using var gateway = OperatorClient.Open(url);
        if (gateway is null) return ExitCode.BadUsage;
        foreach (var nothing in body.Where(field => field.Value is null).Select(field => field.Key).ToList()) body.Remove(nothing);
        body["by"] = Environment.UserName;
        if (await gateway.PostAsync($"{Path(id)}/{act}", body, cancellationToken) is not { } answer) return ExitCode.Failed;
        Console.Error.WriteLine(words(answer));
        return ExitCode.Done;
    }

    private static string Path(string id) => $"admin/inbox/{Uri.EscapeDataString(id)}";
}
