namespace Understudy.Drills.Traffic;

/// <summary>The calls of a drill: made anew for each strategy, and the same each time.</summary>
/// <param name="source">Where they come from.</param>
/// <param name="rate">Calls a second.</param>
/// <param name="length">How long they come.</param>
/// <param name="streamShare">The share that wants a stream.</param>
/// <param name="models">How many models are asked for, in turn.</param>
/// <param name="seed">The drill's seed.</param>
/// <param name="commonShare">The share of calls that ask one of <see cref="CommonQuestions"/>, word for word.</param>
public sealed class TrafficPlan(TrafficSource source, double rate, TimeSpan length, double streamShare, int models, ulong seed, double commonShare = 0)
{
    /// <summary>Questions that are asked again and again.</summary>
    public const int CommonQuestions = 50;

    /// <summary>The calls, in order.</summary>
    public IEnumerable<PlannedCall> Calls()
    {
        var sessions = new Sessions(rate, new(Seeds.Mix(seed, "sessions")));
        var chance = new Chance(Seeds.Mix(seed, "kinds"));
        var common = new Chance(Seeds.Mix(seed, "common"));
        var asked = new Dictionary<int, PlannedCall>();
        var number = 0;
        foreach (var arrival in source.Arrivals(rate, new(Seeds.Mix(seed, "arrivals"))))
        {
            if (arrival.At >= length) yield break;
            var call = new PlannedCall(number++, arrival.At, arrival.InputTokens, arrival.OutputTokens, chance.NextDouble() < streamShare, sessions.Next(), models > 1 ? chance.Next(models) : 0);
            yield return commonShare > 0 && common.NextDouble() < commonShare ? Common(call, common.Next(CommonQuestions)) : call;
        }

        // The first call that asks a question says how long it is, and in which model.
        PlannedCall Common(in PlannedCall call, int question)
        {
            if (!asked.TryGetValue(question, out var first)) asked.Add(question, first = call);
            return call with { InputTokens = first.InputTokens, OutputTokens = first.OutputTokens, Asked = first.Asked, Question = first.Number };
        }
    }

    /// <summary>Looks the calls through once.</summary>
    public TrafficSummary Summarize()
    {
        var minutes = new long[(int)length.TotalMinutes + 1];
        long input = 0, output = 0;
        int calls = 0, sessions = 0, streams = 0;
        foreach (var call in Calls())
        {
            calls++;
            if (call.Stream) streams++;
            sessions = Math.Max(sessions, call.Session + 1);
            input += call.InputTokens;
            output += call.OutputTokens;
            minutes[(int)call.At.TotalMinutes] += call.InputTokens + call.OutputTokens;
        }

        return new(calls, streams, sessions, input, output, minutes.Max());
    }
}

/// <summary>What a drill's calls amount to.</summary>
/// <param name="Calls">How many.</param>
/// <param name="Streams">How many of them want a stream.</param>
/// <param name="Sessions">Of how many sessions.</param>
/// <param name="InputTokens">Tokens of their prompts.</param>
/// <param name="OutputTokens">Tokens of their answers.</param>
/// <param name="BusiestMinute">Tokens of the busiest minute.</param>
public sealed record TrafficSummary(int Calls, int Streams, int Sessions, long InputTokens, long OutputTokens, long BusiestMinute);
