using System.Globalization;
using Microsoft.AspNetCore.Http;
using Understudy.Gateway.Operators;
using Understudy.HumanReview;
using Understudy.Overrides;
using Understudy.Pipeline;

namespace Understudy.Gateway.Admin;

/// <summary>
/// <c>/admin/inbox</c>: what waits for a person, and what he does with it. The only place of the admin API that shows what
/// people wrote; a question of an inbox that the reader may not open does not exist for him.
/// </summary>
internal sealed class InboxEndpoint(Engine engine, AuditWords audit)
{
    private const string Root = "/admin/inbox/";
    private const int MostAnswer = 512 * 1024;

    private static readonly string[] Acts = ["claim", "answer", "hand-back", "drop"];

    /// <summary>Whether a path is the inboxes'.</summary>
    public static bool IsAt(string path) => path == "/admin/inbox" || path.StartsWith(Root, StringComparison.Ordinal);

    /// <summary>Serves a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="path">Its path.</param>
    public Task ServeAsync(HttpContext context, string path)
    {
        var caller = AdminCaller.Of(context);
        var parts = path.Length > Root.Length ? path[Root.Length..].Split('/') : [];
        return (context.Request.Method, parts) switch
        {
            ("GET", []) => InboxList.SendAsync(context, engine, caller),
            ("GET", [var id]) => ShowAsync(context, id, caller),
            ("POST", [var id, var act]) when Acts.Contains(act) => ActAsync(context, id, act, caller),
            _ => AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, $"There is: GET /admin/inbox, GET /admin/inbox/ID, POST /admin/inbox/ID/{string.Join('|', Acts)}."),
        };
    }

    private Task ShowAsync(HttpContext context, string id, AdminCaller caller) =>
        engine.Inboxes.Find(id) is { } question && caller.LooksAfter(question.Inbox)
            ? AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json => InboxList.WriteSensitive(json, question, engine.Time.GetUtcNow()))
            : UnknownAsync(context);

    private async Task ActAsync(HttpContext context, string id, string act, AdminCaller caller)
    {
        // Before the body is looked at: a stranger must not learn from its mistakes that there is such a question.
        var inbox = engine.Inboxes.Find(id)?.Inbox ?? engine.Inboxes.InboxOfEnded(id);
        if (inbox is null || !caller.LooksAfter(inbox))
        {
            await UnknownAsync(context);
            return;
        }

        var (body, mistake) = await AdminRequest.ReadAsync(context, "{ \"text\": \"…\", \"why\": \"…\", \"by\": \"rosa\" }", MostAnswer);
        mistake ??= AdminRequest.Unknown(body, act is "answer" or "drop" ? ["text", "why", "by"] : ["why", "by"]);
        var text = mistake is null ? AdminRequest.Text(body, "text") : null;
        if (mistake is null && act == "answer" && string.IsNullOrWhiteSpace(text)) mistake = "'text' is missing: what the caller is to read.";
        if (mistake is not null)
        {
            await AdminEndpoint.RefuseAsync(context, StatusCodes.Status400BadRequest, mistake);
            return;
        }

        var who = audit.Who(context, body);
        var why = audit.Said(AdminRequest.Text(body, "why"));
        var reply = act switch
        {
            "claim" => engine.Inboxes.Claim(id, who),
            "answer" => engine.Inboxes.Answer(id, who, text!.Trim(), why),
            "hand-back" => engine.Inboxes.HandBack(id, who, why),
            _ => engine.Inboxes.Drop(id, who, string.IsNullOrWhiteSpace(text) ? null : text.Trim(), why),
        };
        if (reply.Result == ReviewResult.Done && act != "claim")
        {
            // The caller has it already: nobody waits for the disk.
            _ = engine.Overrides.NoteAsync(new OverrideAction(engine.Time.GetUtcNow(), who, act, $"{id} in inbox {inbox}", why ?? "no reason given"));
        }

        await TellAsync(context, id, act, reply);
    }

    private static Task TellAsync(HttpContext context, string id, string act, ReviewReply reply) => reply.Result switch
    {
        ReviewResult.Unknown => UnknownAsync(context),
        ReviewResult.NotJson => AdminEndpoint.RefuseAsync(context, StatusCodes.Status400BadRequest, "The caller of this question reads JSON only: 'text' must be a JSON object or array. The question still waits."),
        ReviewResult.Claimed => AdminEndpoint.RefuseAsync(context, StatusCodes.Status409Conflict, $"{reply.By} is at it, until {At(reply.At)}."),
        ReviewResult.Ended => AdminEndpoint.RefuseAsync(context, StatusCodes.Status409Conflict, $"It is over: {Ended(reply)}, {At(reply.At)}."),
        ReviewResult.Done => AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("id", id);
            json.WriteString("inbox", reply.Inbox);
            json.WriteString("action", act);
            json.WriteString("who", reply.By);
            if (act == "claim") json.WriteString("until", reply.At!.Value);
        }),
    };

    private static string Ended(ReviewReply reply) => reply.End switch
    {
        ReviewEnd.Answered => $"answered by {reply.By}",
        ReviewEnd.HandedBack => $"handed back by {reply.By}",
        ReviewEnd.Dropped => $"dropped by {reply.By}",
        ReviewEnd.TimeUp => "its time was up",
        ReviewEnd.Withdrawn => "the caller left",
        ReviewEnd.Closed or null => "the gateway stops",
    };

    private static string At(DateTimeOffset? at) => at?.ToUniversalTime().ToString("HH:mm:ss 'UTC'", CultureInfo.InvariantCulture) ?? "";

    private static Task UnknownAsync(HttpContext context) => AdminEndpoint.RefuseAsync(context, StatusCodes.Status404NotFound, "There is no such question.");
}
