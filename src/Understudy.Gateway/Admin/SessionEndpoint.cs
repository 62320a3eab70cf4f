using Microsoft.AspNetCore.Http;
using Understudy.Configuration;
using Understudy.Gateway.Operators;

namespace Understudy.Gateway.Admin;

/// <summary><c>GET /admin/session</c>: who asks, what they may do, and what a page must send along to do it.</summary>
internal sealed class SessionEndpoint(OperatorDoor door)
{
    /// <summary>Serves a request.</summary>
    public Task ServeAsync(HttpContext context)
    {
        var caller = AdminCaller.Of(context);
        var session = caller.IsToken ? null : door.SessionOf(context)?.Session;
        return AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("name", caller.Name);
            json.WriteString("role", caller.Role.Word());
            json.WriteStartArray("inboxes");
            foreach (var inbox in caller.Inboxes) json.WriteStringValue(inbox);
            json.WriteEndArray();
            if (session is null) return;
            json.WriteString("ends", session.Ends);
            json.WriteString("antiforgery", session.Antiforgery);
        });
    }
}
