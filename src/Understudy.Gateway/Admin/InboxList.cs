using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Configuration;
using Understudy.Gateway.Operators;
using Understudy.HumanReview;
using Understudy.Pipeline;
using Understudy.Wires;

namespace Understudy.Gateway.Admin;

/// <summary>Questions as JSON: in a list with their first words, and one by one in full.</summary>
internal static class InboxList
{
    private const int Beginning = 200;

    /// <summary>Sends what waits, the oldest first, and how full the inboxes are that may be opened.</summary>
    public static Task SendAsync(HttpContext context, Engine engine, AdminCaller caller)
    {
        var now = engine.Time.GetUtcNow();
        var waiting = engine.Inboxes.Waiting.Where(question => caller.LooksAfter(question.Inbox)).ToList();
        var wanted = context.Request.Query["inbox"].ToString();
        return AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            WriteInboxes(json, engine, caller);
            json.WriteStartArray("questions");
            foreach (var question in waiting.Where(question => wanted.Length == 0 || question.Inbox == wanted))
            {
                json.WriteStartObject();
                WriteFacts(json, question, now);
                json.WriteString("question", question.QuestionSensitive.BeginningSensitive(Beginning));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    /// <summary>Writes how full the inboxes are that somebody looks after: names and numbers.</summary>
    public static void WriteInboxes(Utf8JsonWriter json, Engine engine, AdminCaller caller)
    {
        var waiting = engine.Inboxes.Waiting.Where(question => caller.LooksAfter(question.Inbox)).ToLookup(question => question.Inbox, StringComparer.Ordinal);
        var named = engine.Model.Policy.Routes.SelectMany(route => route.Ladder).OfType<HumanRung>().Select(rung => rung.Inbox).Where(caller.LooksAfter);
        json.WriteStartArray("inboxes");
        foreach (var inbox in named.Concat(waiting.Select(own => own.Key)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("inbox", inbox);
            json.WriteNumber("waiting", waiting[inbox].Count());
            if (waiting[inbox].FirstOrDefault() is { } oldest) json.WriteNumber("oldest_seconds", Seconds(engine.Time.GetUtcNow() - oldest.Since));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes everything that a person is shown of a question.</summary>
    public static void WriteSensitive(Utf8JsonWriter json, WaitingQuestion question, DateTimeOffset now)
    {
        WriteFacts(json, question, now);
        var asked = question.QuestionSensitive;
        json.WriteString("question", asked.Question);
        json.WriteString("system", asked.System);
        json.WriteStartArray("earlier");
        foreach (var turn in asked.Earlier)
        {
            json.WriteStartObject();
            json.WriteString("role", turn.Role switch { TurnRole.User => "user", TurnRole.Assistant => "assistant", TurnRole.System => "system" });
            json.WriteString("text", turn.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("cut", asked.IsCut);
        if (question.DraftSensitive is not { } draft) return;
        json.WriteStartObject("draft");
        json.WriteString("text", draft.Text);
        json.WriteString("served_by", draft.ServedBy);
        json.WriteString("at", draft.At);
        json.WriteEndObject();
    }

    private static void WriteFacts(Utf8JsonWriter json, WaitingQuestion question, DateTimeOffset now)
    {
        json.WriteString("id", question.Id);
        json.WriteString("inbox", question.Inbox);
        json.WriteString("since", question.Since);
        json.WriteString("until", question.Until);
        json.WriteNumber("seconds_left", Seconds(question.Until - now));
        json.WriteString("route", question.Route);
        json.WriteString("use_case", question.UseCase);
        if (question.Client is { } client) json.WriteString("client", client);
        json.WriteString("model", question.Model);
        json.WriteString("protocol", question.Protocol.ToString());
        json.WriteBoolean("stream", question.Stream);
        if (question.IsDeferred) json.WriteBoolean("deferred", true);
        json.WriteString("form", question.NeedsJson ? "json" : "text");
        json.WriteStartArray("why");
        foreach (var why in question.Why) json.WriteStringValue(why);
        json.WriteEndArray();
        json.WriteBoolean("has_draft", question.DraftSensitive is not null);
        if (question.Claim is not { } claim || claim.Until <= now) return;
        json.WriteString("claimed_by", claim.Who);
        json.WriteString("claimed_until", claim.Until);
    }

    private static double Seconds(TimeSpan span) => Math.Max(0, Math.Round(span.TotalSeconds));
}
