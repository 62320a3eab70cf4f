using System.Net;
using System.Text;
using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Reporting.Page;

/// <summary>
/// The report as one page that needs nothing else: no request leaves it, it prints, and it is dark where its reader's
/// screen is. Every chart is drawn here; the little script only reads values out under the pointer.
/// </summary>
public static class ReportPage
{
    /// <summary>Writes it.</summary>
    /// <param name="report">What was found.</param>
    /// <param name="scenario">The outage, for its picture.</param>
    public static string Write(DrillReport report, Scenario scenario)
    {
        var page = new StringBuilder();
        page.Append($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="generator" content="understudy drill">
            <title>Drill: {Text(report.Scenario.Id)}</title>
            <style>
            {Resource("page.css")}
            </style>
            </head>
            <body>
            <main>

            """);
        Sections.Opening(page, report);
        Sections.Verdict(page, report);
        ChartSections.Outage(page, report, scenario);
        ChartSections.WhoServed(page, report);
        Sections.Comparison(page, report);
        ChartSections.Rivals(page, report);
        ChartSections.FirstToken(page, report);
        ChartSections.Money(page, report);
        ChartSections.Quota(page, report);
        Sections.Method(page, report);
        page.Append($"""
            </main>
            <div id="tip" hidden></div>
            <script type="application/json" id="report">{ReportJson.WriteCompact(report).Replace("<", "\\u003c", StringComparison.Ordinal)}</script>
            <script>
            {Resource("page.js")}
            </script>
            </body>
            </html>

            """);
        return page.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>Text for a page.</summary>
    internal static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(ReportPage).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"'{name}' is not in the assembly."));
        return reader.ReadToEnd().TrimEnd();
    }
}
