using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Configuration;
using Understudy.Gateway.Access;
using Understudy.HumanReview;
using Understudy.Pipeline;
using Understudy.Wires;

namespace Understudy.Gateway.Admin;

/// <summary>Questions as JSON: in a list with their first words, and one by one in full.</summary>
internal static class InboxList
{
    private const int Beginning = 200;

    /// <summary>Sends what waits, the oldest first, and how full the inboxes are that may be opened.</summary>
    public static Task SendAsync(HttpContext context, Engine engine, InboxAccess access)
    {
        var now = engine.Time.GetUtcNow();
        var waiting = engine.Inboxes.Waiting.Where(question => access.Opens(question.Inbox)).ToList();
        var wanted = context.Request.Query["inbox"].ToString();
        return AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            Inboxes(json, engine, access, waiting, now);
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

    private static void Inboxes(Utf8JsonWriter json, Engine engine, InboxAccess access, List<WaitingQuestion> waiting, DateTimeOffset now)
    {
        var named = engine.Model.Policy.Routes.SelectMany(route => route.Ladder).OfType<HumanRung>().Select(rung => rung.Inbox).Where(access.Opens);
        json.WriteStartArray("inboxes");
        foreach (var inbox in named.Concat(waiting.Select(question => question.Inbox)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var own = waiting.Where(question => question.Inbox == inbox).ToList();
            json.WriteStartObject();
            json.WriteString("inbox", inbox);
            json.WriteNumber("waiting", own.Count);
            if (own.Count > 0) json.WriteNumber("oldest_seconds", Seconds(now - own[0].Since));
            json.WriteEndObject();
        }

        json.WriteEndArray();
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
