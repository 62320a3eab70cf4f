using Understudy.Configuration;

namespace Understudy.PolicyFile;

/// <summary>What came of reading a policy.</summary>
public sealed record PolicyResult
{
    /// <summary>The policy; null where there is any mistake.</summary>
    public Policy? Policy { get; init; }

    /// <summary>Everything that is wrong, in the order of the file.</summary>
    public IReadOnlyList<PolicyMistake> Mistakes { get; init; } = [];

    /// <summary>What is not wrong but worth knowing: what this version does not serve yet, what can hardly be meant.</summary>
    public IReadOnlyList<PolicyMistake> Notes { get; init; } = [];

    /// <summary>The secret files that were read, so that a watcher can notice their rotation.</summary>
    public IReadOnlyList<string> FilesRead { get; init; } = [];

    /// <summary>A hash of everything that was read; null where it was not read from files.</summary>
    internal string? Fingerprint { get; init; }
}
