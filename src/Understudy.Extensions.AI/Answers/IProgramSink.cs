using Understudy.Calls;
using Understudy.Observation;

namespace Understudy.Extensions.AI.Answers;

/// <summary>Where an answer for a program goes.</summary>
internal interface IProgramSink : IAnswerSink
{
    /// <summary>The call has ended as its record says.</summary>
    void End(CallRecord record);

    /// <summary>The call ended by a bug of ours.</summary>
    void Fail(Exception why);
}
