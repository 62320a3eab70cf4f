using System.Text.Json.Nodes;

namespace Understudy.Cli.Verbs;

/// <summary>Questions for a terminal. What callers wrote is shown without its control characters: a terminal obeys those.</summary>
internal static class InboxText
{
    public static IEnumerable<string> List(JsonObject answer)
    {
        var questions = Items(answer, "questions").ToList();
        if (questions.Count == 0) yield return "Nothing waits for a person.";
        foreach (var question in questions)
        {
            var claim = (string?)question["claimed_by"] is { } who ? $", {who} is at it" : "";
            yield return $"{question["id"]}  {question["inbox"]}  {question["seconds_left"]} s left  route {question["route"]}{Client(question)}{Later(question)}{claim}";
            yield return $"    {Safe((string?)question["question"])}";
        }
    }

    public static IEnumerable<string> Whole(JsonObject question)
    {
        yield return $"{question["id"]} in inbox {question["inbox"]}: {question["seconds_left"]} s left (until {question["until"]})";
        yield return $"route {question["route"]}, use case {question["use_case"]}{Client(question)}, asked for {Safe((string?)question["model"])}";
        foreach (var why in question["why"] as JsonArray ?? []) yield return $"  {why}";
        if ((bool?)question["deferred"] == true) yield return "Nobody waits: it is kept for later, and a model may yet be sooner.";
        if ((string?)question["form"] == "json") yield return "The caller reads JSON only: answer with a JSON object or array.";
        if ((string?)question["claimed_by"] is { } who) yield return $"{who} is at it until {question["claimed_until"]}.";
        if ((string?)question["system"] is { Length: > 0 } system) yield return $"\n[instruction]\n{Safe(system)}";
        foreach (var turn in Items(question, "earlier")) yield return $"\n[{turn["role"]}]\n{Safe((string?)turn["text"])}";
        yield return $"\n[the question]\n{Safe((string?)question["question"])}";
        if ((bool?)question["cut"] == true) yield return "\n(Something was too long to be shown.)";
        if (question["draft"] is JsonObject draft) yield return $"\n[an older answer, of {draft["served_by"]}, {draft["at"]}]\n{Safe((string?)draft["text"])}";
    }

    private static string Client(JsonObject question) => (string?)question["client"] is { } client ? $", client {client}" : "";

    private static string Later(JsonObject question) => (bool?)question["deferred"] == true ? ", kept for later" : "";

    private static string Safe(string? text) => string.Concat((text ?? "").Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '·' : c));

    private static IEnumerable<JsonObject> Items(JsonObject answer, string name) => (answer[name] as JsonArray ?? []).OfType<JsonObject>();
}
