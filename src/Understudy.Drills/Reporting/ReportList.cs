using Spectre.Console;
using Understudy.Drills.Scenarios;
using Understudy.Drills.Strategies.Rivals;
using Understudy.Drills.Traffic;

namespace Understudy.Drills.Reporting;

/// <summary>What there is to drill, for a terminal.</summary>
public static class ReportList
{
    /// <summary>Prints it.</summary>
    public static void Print(IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn(new TableColumn("scenario").NoWrap()).AddColumn(new TableColumn("lasts").RightAligned().NoWrap()).AddColumn("what happened").AddColumn("what it teaches");
        foreach (var scenario in ScenarioCatalogue.All)
        {
            table.AddRow(new Text(scenario.Id), new Text(Say.Minutes(scenario.Minutes)), new Text(scenario.Title), new Text(scenario.Why));
        }

        console.Write(table);
        console.Write(new Text($"rivals (--against): {string.Join(", ", RivalCatalogue.Names)}, all\n"));
        console.Write(new Text($"traffic (--trace): {string.Join(", ", TrafficSource.Names)}\n"));
    }
}
