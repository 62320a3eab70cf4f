using System.Globalization;
using Understudy.CircuitBreaker;
using Understudy.Failures;

namespace Understudy.Pipeline;

/// <summary>The values of a notice's variables for one call. Names and kinds only: nothing of anybody's content.</summary>
internal sealed class NoticeFacts(Engine engine, Call call)
{
    private static readonly TimeSpan WhereNobodyKnows = TimeSpan.FromMinutes(1);

    /// <summary>The value of a variable of <see cref="Notices.NoticeTemplate.Variables"/>.</summary>
    public string Value(string variable) => variable switch
    {
        "provider" => call.Route.Rungs.SelectMany(rung => rung.Targets).FirstOrDefault()?.Provider.Name ?? "the model",
        "what" => FailureWords.Of(call.Record.Attempts.FirstOrDefault(attempt => attempt.Failure is not null)?.Failure?.Kind ?? FailureKind.Killed),
        "since" => Since(),
        "retry_after" => RetryAfter(),
        "model" => call.Request.Model,
        "request_id" => call.Record.Id,
        _ => "",
    };

    /// <summary>Since when the ladder has been in trouble: the oldest breaker that is not closed, else now.</summary>
    private string Since()
    {
        var now = call.Record.StartedAt;
        var since = Breakers().Where(breaker => breaker.State != BreakerState.Closed).Select(breaker => breaker.Since).Append(now).Min().ToUniversalTime();
        var format = now - since < TimeSpan.FromHours(18) ? "HH:mm 'UTC'" : "yyyy-MM-dd HH:mm 'UTC'";
        return since.ToString(format, CultureInfo.InvariantCulture);
    }

    private string RetryAfter()
    {
        var waits = Breakers().Select(breaker => breaker.OpenFor).Where(wait => wait > TimeSpan.Zero).ToArray();
        var wait = waits.Length > 0 ? waits.Min() : WhereNobodyKnows;
        return Words(wait);
    }

    /// <summary>A duration as a person reads it in any language: rounded up, <c>40 s</c>, <c>12 min</c>, <c>3 h</c>.</summary>
    public static string Words(TimeSpan span) =>
        span.TotalSeconds <= 90 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(span.TotalSeconds):0} s")
        : span.TotalMinutes <= 90 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(span.TotalMinutes):0} min")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(span.TotalHours):0} h");

    private IEnumerable<Breaker> Breakers() => call.Route.Rungs.SelectMany(rung => rung.Targets).Select(target => engine.Targets.Of(target, call.Model.Policy.Breaker).Breaker);
}
