using System.Globalization;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.HumanReview;
using Understudy.Notices;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Pipeline;

/// <summary>
/// The rung on which a call waits for a person. Unlike the other rungs without a model it takes time: the caller of a
/// stream is told meanwhile that somebody is here, and the rest of the ladder begins anew when nobody answered.
/// </summary>
internal static class PersonRung
{
    /// <summary>
    /// How long nothing is sent. Below what proxies commonly allow (30 s), and long enough that a question which is handed
    /// back at once leaves no trace: until then the headers can still say who served it.
    /// </summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15);

    /// <summary>Puts a call before people.</summary>
    /// <returns>Null where there is no room, or where no person could answer it.</returns>
    public static WaitingQuestion? Put(Engine engine, Call call, HumanRung rung)
    {
        if (RungsWithoutModel.SuitsNobody(call) || CallPipeline.Readable(call, translated: true) is not null) return null;
        var form = AnswerForms.Of(call.Conversation!);
        if (form == AnswerForm.Other) return null; // a tool call, or the rest of the caller's own words: no person writes that
        var now = engine.Time.GetUtcNow();
        var asked = QuestionSensitive.Of(call.Conversation!);
        var question = new WaitingQuestion
        {
            Id = call.Record.Id,
            Inbox = rung.Inbox,
            Since = now,
            Until = now + rung.Wait,
            Route = call.Route.Model.Name,
            UseCase = call.UseCase.Name,
            Client = call.Record.Client,
            Model = call.Request.Model,
            Protocol = call.Request.Protocol,
            Stream = call.Request.Stream,
            NeedsJson = form == AnswerForm.Json,
            Why = Why(call),
            QuestionSensitive = asked,
            DraftSensitive = Draft(engine, call),
            Bytes = call.Request.Body.Length + asked.Size,
        };
        return engine.Inboxes.TryPut(question, rung.MaxWaiting) ? question : null;
    }

    /// <summary>Waits for a person, and gives the caller what he says.</summary>
    /// <returns>Whether the caller has its answer; else how the call ends, or null where the ladder goes on.</returns>
    public static async ValueTask<(bool Answered, Failure? Ended)> AskAsync(Engine engine, Call call, HumanRung rung, WaitingQuestion question, CancellationToken clientLeft)
    {
        call.Record.AskedPerson = true;
        var verdict = await WaitAsync(engine, call, rung, question, clientLeft).ConfigureAwait(false);
        switch (verdict.End)
        {
            case ReviewEnd.Answered:
                await AnswerAsync(engine, call, verdict.TextSensitive!).ConfigureAwait(false);
                return (true, null);
            case ReviewEnd.Withdrawn:
                return (false, new(FailureKind.ClientLeft, "the client left while waiting for a person"));
            case ReviewEnd.Dropped:
                var told = verdict.TextSensitive ?? "A person has looked at this question and closed it without an answer.";
                return (false, new(FailureKind.Dropped, "a person closed it without an answer") { ToldSensitive = $"{told} Request {call.Record.Id}" });
            default:
                return (false, null);
        }
    }

    private static async ValueTask<Verdict> WaitAsync(Engine engine, Call call, HumanRung rung, WaitingQuestion question, CancellationToken clientLeft)
    {
        using var output = new PooledBuffer();
        await using var left = clientLeft.UnsafeRegister(_ => engine.Inboxes.Leave(question, ReviewEnd.Withdrawn), null).ConfigureAwait(false);
        // A caller that does not read must not hold its call beyond the person's time. The source is not disposed: the wait may
        // be over before it fires, and without a wait handle there is nothing to free.
        var timeUp = new CancellationTokenSource();
        using var end = engine.Time.CreateTimer(_ => { engine.Inboxes.Leave(question, ReviewEnd.TimeUp); timeUp.Cancel(); }, null, rung.Wait, Timeout.InfiniteTimeSpan);
        using var quiet = engine.Time.CreateTimer(_ => question.Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        while (true)
        {
            if (call.Request.Stream) quiet.Change(Quiet, Timeout.InfiniteTimeSpan);
            await question.NewsAsync().ConfigureAwait(false);
            if (question.Verdict is { } verdict) return verdict;
            if (call.Request.Stream && !await KeepAliveAsync(call, output, timeUp.Token).ConfigureAwait(false)) engine.Inboxes.Leave(question, ReviewEnd.Withdrawn);
        }
    }

    /// <summary>Says to the reader of a stream that it is not forgotten, in a way that every client of its protocol survives.</summary>
    /// <returns>False where it is gone.</returns>
    private static ValueTask<bool> KeepAliveAsync(Call call, PooledBuffer output, CancellationToken timeUp)
    {
        if (!call.Announced)
        {
            call.Announced = true;
            call.Sink.Begin(Head(call) with { ContentType = "text/event-stream; charset=utf-8" });
        }

        output.Clear();
        var writer = Wire.Of(call.Request.Protocol).NewStreamWriter(AnswerContexts.For(call, toolNames: null), output);
        // Gemini has no opening frame, and no comments either: an empty piece of text is all that its clients survive.
        if (call.Request.Protocol == WireProtocol.Gemini) writer.Start(null, null);
        writer.KeepAlive();
        return call.Sink.WriteAsync(output.Written, timeUp);
    }

    private static ValueTask AnswerAsync(Engine engine, Call call, string textSensitive)
    {
        call.Record.Outcome = CallOutcome.Degraded;
        call.Record.ServedBy = "human";
        return RungsWithoutModel.SendAsync(engine, call, new() { Parts = [new TextPart(textSensitive)], Finish = FinishReason.Stop }, Head(call));
    }

    private static AnswerHead Head(Call call) => new()
    {
        Status = 200,
        RequestId = call.Record.Id,
        ServedBy = "human",
        Degraded = true,
        Attempts = call.Record.Sent,
    };

    /// <summary>An older answer to the same call, whatever its age: a person decides whether it still holds.</summary>
    private static DraftSensitive? Draft(Engine engine, Call call) =>
        call.Cache is { Key: var key } && engine.Cache.Find(key, TimeSpan.MaxValue) is { } entry ? new(entry.TextSensitive, entry.ServedBy, entry.At) : null;

    /// <summary>Why no model answered, target by target: names and kinds.</summary>
    private static List<string> Why(Call call) =>
    [
        .. call.Record.Attempts.Where(attempt => attempt.Failure is not null)
            .GroupBy(attempt => (attempt.Target, attempt.Failure!.Kind, attempt.Failure.Status))
            .Select(group => string.Create(
                CultureInfo.InvariantCulture,
                $"{group.Key.Target}: {FailureWords.Of(group.Key.Kind)}{(group.Key.Status == 0 ? "" : $" ({group.Key.Status})")}{(group.Count() > 1 ? $" ×{group.Count()}" : "")}")),
    ];
}
