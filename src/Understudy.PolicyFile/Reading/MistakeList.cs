namespace Understudy.PolicyFile.Reading;

/// <summary>Collects mistakes and notes; the one door through which text leaves, and so the one place that removes secrets.</summary>
internal sealed class MistakeList(string path)
{
    private readonly List<PolicyMistake> _mistakes = [];
    private readonly List<PolicyMistake> _notes = [];

    public SecretFilter Secrets { get; } = new();

    public bool Any => _mistakes.Count != 0;

    public IReadOnlyList<PolicyMistake> Mistakes => InOrder(_mistakes);

    public IReadOnlyList<PolicyMistake> Notes => InOrder(_notes);

    public void Add(Mark at, string what, string? why = null, string? nearest = null) => _mistakes.Add(New(path, at, what, why, nearest));

    public void Note(Mark at, string what, string? why = null, string? nearest = null) => _notes.Add(New(path, at, what, why, nearest));

    /// <summary>A mistake in a variable, not in the file.</summary>
    public void AddForVariable(string name, string what, string? why = null, string? nearest = null) =>
        _mistakes.Add(New(name, Mark.Nowhere, what, why, nearest));

    /// <summary>A note about a variable, not about the file.</summary>
    public void NoteForVariable(string name, string what, string? why = null, string? nearest = null) =>
        _notes.Add(New(name, Mark.Nowhere, what, why, nearest));

    private static PolicyMistake New(string from, Mark at, string what, string? why, string? nearest) =>
        new(from, at.Line, at.Column, what, why, nearest);

    // Filtered at the end: a secret may become known only after a message that shows it was written.
    private List<PolicyMistake> InOrder(List<PolicyMistake> list) =>
        [.. list.Distinct().OrderBy(m => m.Line).ThenBy(m => m.Column).Select(m => m with
        {
            What = Secrets.Remove(m.What),
            Why = m.Why is null ? null : Secrets.Remove(m.Why),
            Nearest = m.Nearest is null || Secrets.Remove(m.Nearest) != m.Nearest ? null : m.Nearest,
        })];
}
