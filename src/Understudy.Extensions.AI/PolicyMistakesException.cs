using Understudy.PolicyFile;

namespace Understudy.Extensions.AI;

/// <summary>The policy cannot be put in force. The message holds every mistake, with file, line and column; never a secret.</summary>
public sealed class PolicyMistakesException : Exception
{
    internal PolicyMistakesException(IReadOnlyList<PolicyMistake> mistakes)
        : base("The policy has mistakes:\n" + string.Join('\n', mistakes)) => Mistakes = mistakes;

    /// <summary>What is wrong, in the order of the file.</summary>
    public IReadOnlyList<PolicyMistake> Mistakes { get; }
}
