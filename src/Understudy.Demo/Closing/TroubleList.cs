using Spectre.Console;
using Understudy.Demo.Board;
using Understudy.Demo.Traffic;

namespace Understudy.Demo.Closing;

/// <summary>What went wrong for the gateway's clients: ids and kinds, no content.</summary>
internal static class TroubleList
{
    /// <summary>Prints it; nothing where nothing did.</summary>
    public static void Print(IAnsiConsole console, Tally client, Chronicle chronicle)
    {
        var troubles = client.Troubles;
        if (troubles.Count == 0) return;
        console.WriteLine("What went wrong behind the gateway:", BoardStyle.Bad);
        foreach (var trouble in troubles) console.WriteLine($"  {trouble.RequestId ?? "no id"}: {trouble.Kind}; {chronicle.StoryOf(trouble.RequestId) ?? "the gateway knows of no failure"}");
    }
}
