namespace Understudy.Wires.Gemini;

/// <summary>
/// The signature of a call that no Gemini made. Gemini 3 wants one on the first call of each step of the turn under way,
/// and Google names a text that stands for "made by another model": a Gemini client gets it with the call and sends it
/// back, so that the conversation can go on at Gemini without a byte of it being changed.
/// </summary>
internal static class ForeignCall
{
    /// <summary>The text as Google's own command line sends it.</summary>
    public const string Literal = "skip_thought_signature_validator";

    /// <summary>The same in base 64, which the field is: clients that decode it would choke on the text itself.</summary>
    public const string Mark = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=";

    /// <summary>A signature that a client sent; null for one that stands for none.</summary>
    public static string? Own(string? signature) => signature is Literal or Mark ? null : signature;
}
