using System.Globalization;
using System.Text;
using Understudy.Configuration;
using Understudy.PolicyFile.Explaining;

namespace Understudy.PolicyFile;

/// <summary>Writes what a policy does, in words and diagrams: <c>understudy explain</c>. Never a secret in it.</summary>
public static class PolicyExplainer
{
    /// <summary>The resilience strategy as Markdown with Mermaid diagrams.</summary>
    public static string Markdown(Policy policy)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            # What happens when a model fails

            *Written by `understudy explain` from {Code(policy.Source)}. It says what the gateway does, not what somebody hoped: every number is computed from the policy.*

            ## In short


            """);
        foreach (var line in PolicySummary.Lines(policy)) page.Append("- ").Append(Text(line)).Append('\n');
        Who(page, policy);
        SpendingChapter.Write(page, policy);
        foreach (var route in policy.Routes) RouteChapter.Write(page, route, policy);
        FailureChapter.Write(page, policy);
        AlarmsChapter.Write(page, policy);
        CaptureChapter.Write(page, policy);
        return page.ToString();
    }

    /// <summary>A text in Markdown whose own signs mean nothing.</summary>
    internal static string Text(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal).Replace("`", "\\`", StringComparison.Ordinal).Replace("\n", " ", StringComparison.Ordinal);

    /// <summary>A text as code, safe within a table.</summary>
    internal static string Code(string text) => $"`{text.Replace("`", "'", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal)}`";

    private static void Who(StringBuilder page, Policy policy)
    {
        page.Append("\n## Who is called\n\n| provider | speaks | where | key | kill switch |\n| --- | --- | --- | --- | --- |\n");
        foreach (var provider in policy.Providers)
            page.Append(CultureInfo.InvariantCulture, $"| {Code(provider.Name)} | {provider.Protocol} | {Text(provider.BaseUrl.ToString())} | {(provider.Key is null ? "none" : "set")} | {(policy.Kill.Covers(provider.Name, provider.Name) ? "**killed: never called**" : "")} |\n");
        page.Append("\n## Who may call\n\n");
        if (policy.Clients.Count == 0)
        {
            page.Append(CultureInfo.InvariantCulture, $"Anyone on this machine, without a key: the gateway listens on {Code(policy.Listen)} and no clients are named.\n");
        }
        else
        {
            page.Append("| client | use case | budget |\n| --- | --- | --- |\n");
            foreach (var client in policy.Clients)
                page.Append(CultureInfo.InvariantCulture, $"| {Code(client.Name)} | {(client.UseCase is null ? "the route's" : $"{client.UseCase.Name}, where the route names none")} | {(client.Budget is null ? "no cap" : Text(client.Budget.ToString()))} |\n");
            page.Append("\nWhoever sends none of their keys is refused.\n");
        }
        Operators(page, policy);
        page.Append("\n## The kill switch\n\n");
        page.Append(policy.Kill.IsEmpty
            ? "Nothing is killed. `UNDERSTUDY_KILL=NAME` at the start, `kill:` in the file or `understudy kill NAME` on a running gateway stops a provider, a target or `all`; the other rungs serve.\n"
            : string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", policy.Kill.Names.Select(Code))}: never called, whatever else this page says. The other rungs serve.\n"));
        page.Append("\nAn operator can also put one model of a route first for a while (`understudy pin ROUTE TARGET --until 2h`): the others then serve only where it cannot.\n");
    }

    private static void Operators(StringBuilder page, Policy policy)
    {
        if (policy.Operators.Count == 0) return;
        page.Append("\n## Who may operate it\n\n| operator | role | inboxes |\n| --- | --- | --- |\n");
        foreach (var one in policy.Operators)
            page.Append(CultureInfo.InvariantCulture, $"| {Code(one.Name)} | {one.Role.Word()} | {(one.Inboxes.Count == 0 ? "all" : string.Join(", ", one.Inboxes.Select(Code)))} |\n");
        page.Append(policy.AdminToken is null ? "" : "\nThe admin token may do everything, too.\n");
    }
}
