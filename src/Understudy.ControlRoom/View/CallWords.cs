using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;

namespace Understudy.ControlRoom.View;

/// <summary>One call in words.</summary>
internal static class CallWords
{
    private const string Unknown = "a model that nobody knows";

    /// <summary>How it is, or how it ended.</summary>
    public static (Tone Tone, string Says) Of(CallRecord call) => call.Outcome switch
    {
        CallOutcome.Running => (Tone.Plain, "under way"),
        CallOutcome.Answered when call.Continued => (Tone.Strained, "answered, cut and continued"),
        CallOutcome.Answered when call.Sent > 1 => (Tone.Strained, "answered after all"),
        CallOutcome.Answered when call.JoinedTo is not null => (Tone.Well, "answered with another's"),
        CallOutcome.Answered => (Tone.Well, "answered"),
        CallOutcome.Degraded => (Tone.Strained, "answered with less"),
        CallOutcome.Deferred => (Tone.Strained, "accepted for later"),
        CallOutcome.Refused => (Tone.Sick, "refused"),
        CallOutcome.Failed => (Tone.Sick, "no answer"),
        CallOutcome.ClientError => (Tone.Plain, "the client's mistake"),
        CallOutcome.Cancelled => (Tone.Plain, "the client left"),
    };

    /// <summary>What came of an attempt.</summary>
    public static (Tone Tone, string Says) Of(AttemptRecord attempt, bool running)
    {
        if (attempt.Failure is { } failure)
        {
            var status = failure.Status == 0 ? "" : $" ({failure.Status})";
            return (attempt.Sent && failure.Traits.CountsAgainstTarget ? Tone.Sick : Tone.Plain, FailureWords.Of(failure.Kind) + status);
        }

        return running ? (Tone.Plain, "under way") : (Tone.Well, attempt.Continuation ? "took it up, to the end" : "answered");
    }

    /// <summary>The model that a client asked for, where a provider took that name or the policy has it.</summary>
    /// <param name="sources">What is looked at.</param>
    /// <param name="call">The call.</param>
    /// <param name="kept">Whether it was read from the store: there it stands as it may be told, and this process may never have asked for it.</param>
    public static string Model(RoomSources sources, CallRecord call, bool kept)
    {
        if (kept) return call.Model.Length == 0 ? Unknown : call.Model;
        if (call.Model.Length == 0) return "";
        var policy = sources.Engine.Model.Policy;
        var known = policy.Providers.Any(provider => sources.Labels.Knows($"{provider.Name}/{call.Model}"))
            || policy.Routes.Any(route => route.Match.Contains(call.Model) || route.Ladder.OfType<TargetRung>().SelectMany(rung => rung.Targets).Any(target => target.Model == call.Model));
        return known ? call.Model : Unknown;
    }

    /// <summary>The target of an attempt, as <see cref="Model"/>.</summary>
    public static string Target(RoomSources sources, CallRecord call, AttemptRecord attempt, bool kept) =>
        !kept && Model(sources, call, kept) == Unknown && attempt.Target.EndsWith(call.Model, StringComparison.Ordinal) ? $"{attempt.Provider}, {Unknown}" : attempt.Target;

    /// <summary>Who served it, as <see cref="Model"/>.</summary>
    public static string ServedBy(RoomSources sources, CallRecord call, bool kept) => (kept ? TargetLabels.OfKept : sources.Labels).ServedBy(call);

    /// <summary>What the client speaks.</summary>
    public static string Protocol(WireProtocol protocol) => protocol switch
    {
        WireProtocol.AnthropicMessages => "Anthropic's protocol",
        WireProtocol.OpenAIChat => "OpenAI's chat protocol",
        WireProtocol.OpenAIResponses => "OpenAI's Responses",
        WireProtocol.Gemini => "Gemini's protocol",
        WireProtocol.InProcess => ".NET, in this process",
    };

    /// <summary>Attempts so far; the pipeline may add one meanwhile.</summary>
    public static List<AttemptRecord> Attempts(CallRecord call)
    {
        var attempts = new List<AttemptRecord>();
        for (var i = 0; i < call.Attempts.Count; i++) attempts.Add(call.Attempts[i]);
        return attempts;
    }
}
