namespace Understudy.HumanReview;

/// <summary>An answer to the same question that is too old to be given as it is: a person may mend it.</summary>
/// <param name="Text">What it says.</param>
/// <param name="ServedBy">Who gave it then, as <c>provider/model</c>.</param>
/// <param name="At">When.</param>
public sealed record DraftSensitive(string Text, string ServedBy, DateTimeOffset At)
{
    /// <summary>A few words without content.</summary>
    public override string ToString() => $"a draft by {ServedBy}, {At:u}";
}
