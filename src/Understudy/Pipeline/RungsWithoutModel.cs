using System.Buffers;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Notices;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Pipeline;

/// <summary>The rungs of a ladder that need no model, and what they answer with. What they give is whole, in the caller's protocol, and marked.</summary>
internal static class RungsWithoutModel
{
    /// <summary>Answers from a rung.</summary>
    /// <returns>False where it has nothing for this call: the next rung is tried.</returns>
    public static ValueTask<bool> TryAnswerAsync(Engine engine, Call call, RungModel rung) => rung switch
    {
        NoticeRung notice => TryNoticeAsync(engine, call, notice),
        _ => new(false), // human and defer: not served yet
    };

    /// <summary>Takes our own notices out of what the client sends as the model's words, on routes that have one.</summary>
    public static void CleanHistory(Engine engine, Call call)
    {
        if (call.Route.Notice is null || !engine.Notices.MayBeIn(call.Request.Body.Span)) return;
        var output = new ArrayBufferWriter<byte>(call.Request.Body.Length);
        if (!NoticeHistory.TryCut(call.Request.Protocol, call.Request.Body.Span, engine.Notices, output)) return;
        if (RequestScan.TryScan(output.WrittenSpan, out var facts) is null) call.Replace(call.Request.WithBody(output.WrittenMemory, facts));
    }

    private static async ValueTask<bool> TryNoticeAsync(Engine engine, Call call, NoticeRung notice)
    {
        // Where nobody is ill and the request only suits nobody, the honest word is why not.
        if (call.Record.Attempts is { Count: > 0 } attempts && attempts.All(attempt => attempt.Failure?.Kind is FailureKind.TargetNotAble or FailureKind.TranslationRefused)) return false;
        if (CallPipeline.Readable(call, translated: true) is not null) return false;
        var facts = new NoticeFacts(engine, call);
        string text;
        switch (AnswerForms.Of(call.Conversation!))
        {
            case AnswerForm.Text:
                var words = notice.UseCases.GetValueOrDefault(call.UseCase.Name) ?? notice.Words;
                text = NoticeTemplate.Of(NoticeLanguage.Choose(words, call.Request.Language ?? call.Request.Header("accept-language"))).Fill(facts.Value);
                break;
            case AnswerForm.Json when notice.Json is { } json:
                text = NoticeJson.Fill(json, facts.Value);
                break;
            default:
                // A program that asked for JSON or for a tool call would take a sentence for a broken answer: the error is cleaner.
                return false;
        }

        if (engine.Notices.Given(call.Route.Model.Name))
        {
            engine.Journal.Tell(new(engine.Time.GetUtcNow(), "notice", call.Route.Model.Name, $"calls of route {call.Route.Model.Name} get its notice: {facts.Value("provider")}: {facts.Value("what")}"));
        }

        call.Record.Outcome = CallOutcome.Degraded;
        call.Record.ServedBy = "notice";
        var answer = new Answer { Parts = [new TextPart(text)], Finish = FinishReason.Stop };
        await SendAsync(engine, call, answer, new()
        {
            Status = 200,
            RequestId = call.Record.Id,
            ServedBy = "notice",
            Degraded = true,
            Attempts = call.Record.Sent,
        }).ConfigureAwait(false);
        return true;
    }

    /// <summary>Sends a whole answer of ours, as a stream to those who asked for one.</summary>
    private static async ValueTask SendAsync(Engine engine, Call call, Answer answer, AnswerHead head)
    {
        using var output = new PooledBuffer();
        var context = AnswerContexts.For(call, toolNames: null) with { UsageIsExact = true };
        var wire = Wire.Of(call.Request.Protocol);
        if (call.Request.Stream) Write(answer, wire.NewStreamWriter(context with { InputEstimate = answer.Usage.Input }, output));
        else wire.WriteAnswer(answer, context, output);
        call.Begun = true;
        call.Record.FirstContent ??= engine.Time.GetElapsedTime(call.Record.Started);
        call.Sink.Begin(head with
        {
            ContentType = call.Request.Stream ? "text/event-stream; charset=utf-8" : "application/json",
            ContentLength = call.Request.Stream ? null : output.Length,
        });
        await call.Sink.WriteAsync(output.Written, CancellationToken.None).ConfigureAwait(false);
    }

    private static void Write(Answer answer, AnswerStreamWriter stream)
    {
        stream.Start(answer.Id, answer.Model);
        foreach (var text in answer.Parts.OfType<TextPart>()) stream.Text(text.Text);
        stream.BlockEnd();
        stream.Finish(answer.Finish, answer.StopSequence, answer.Usage);
    }
}
