using Spectre.Console;

namespace Understudy.Demo.Board;

/// <summary>Colours. Nothing is told by colour alone: with NO_COLOR every one of them is gone.</summary>
internal static class BoardStyle
{
    /// <summary>For what is well.</summary>
    public static readonly Style Good = new(Color.Green);

    /// <summary>For what is half well.</summary>
    public static readonly Style Fair = new(Color.Yellow);

    /// <summary>For what is not.</summary>
    public static readonly Style Bad = new(Color.Red);

    /// <summary>For what is said in passing.</summary>
    public static readonly Style Faint = new(decoration: Decoration.Dim);

    /// <summary>For headings.</summary>
    public static readonly Style Strong = new(decoration: Decoration.Bold);

    /// <summary>A member of the cast.</summary>
    public static Style Of(string provider) => provider switch
    {
        "claude" => new(new Color(217, 119, 87)),
        "openai" => new(new Color(16, 163, 127)),
        "gemini" => new(new Color(86, 140, 245)),
        _ => new(new Color(170, 130, 210)),
    };

    /// <summary>A line of the event log.</summary>
    public static Style Of(LineKind kind) => kind switch
    {
        LineKind.Phase => Strong,
        LineKind.Breaker => Fair,
        LineKind.Continued => Good,
        LineKind.Counters => Faint,
    };
}
