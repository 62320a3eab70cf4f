namespace Understudy.ControlRoom.View;

/// <summary>The answer to the first question: are we serving?</summary>
public enum Verdict
{
    /// <summary>Nobody calls.</summary>
    Idle,

    /// <summary>Nobody calls now, but somebody waits for a person or for work that was put off.</summary>
    Waiting,

    /// <summary>By those who were meant to.</summary>
    Serving,

    /// <summary>By somebody else, just as good.</summary>
    StandingIn,

    /// <summary>Answers are less than what was asked for.</summary>
    Degraded,

    /// <summary>Some calls get no answer.</summary>
    Losing,

    /// <summary>Most calls get no answer.</summary>
    NotServing,

    /// <summary>The gateway stops.</summary>
    Draining,
}

/// <summary>How something is, wherever it is shown: a colour, a sign and a word, never a colour alone.</summary>
public enum Tone
{
    /// <summary>Nothing to say.</summary>
    Plain,

    /// <summary>Well.</summary>
    Well,

    /// <summary>Not as it should be, and borne.</summary>
    Strained,

    /// <summary>Sick.</summary>
    Sick,

    /// <summary>A person decided so.</summary>
    Ordered,
}

/// <summary>The style class and the sign of each tone.</summary>
internal static class Tones
{
    public static string Style(this Tone tone) => tone switch
    {
        Tone.Plain => "plain",
        Tone.Well => "well",
        Tone.Strained => "strained",
        Tone.Sick => "sick",
        Tone.Ordered => "ordered",
    };

    public static Tone ToneOf(this Verdict verdict) => verdict switch
    {
        Verdict.Idle => View.Tone.Plain,
        Verdict.Serving => View.Tone.Well,
        Verdict.Waiting or Verdict.StandingIn or Verdict.Degraded => View.Tone.Strained,
        Verdict.Losing or Verdict.NotServing => View.Tone.Sick,
        Verdict.Draining => View.Tone.Ordered,
    };
}
