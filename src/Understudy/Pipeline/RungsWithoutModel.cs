using System.Buffers;
using Understudy.Caching;
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
        CacheRung cache => TryStaleAsync(engine, call, cache),
        NoticeRung notice => TryNoticeAsync(engine, call, notice),
        DeferRung defer => Deferring.TryAnswerAsync(engine, call, defer),
        _ => new(false), // a person is asked by PersonRung, for that takes time
    };

    /// <summary>Takes our own words out of what the client sends as the model's, on routes that say something of their own.</summary>
    public static void CleanHistory(Engine engine, Call call)
    {
        if ((call.Route.Notice is null && call.Route.Defer is null) || !engine.Notices.MayBeIn(call.Request.Body.Span)) return;
        var output = new ArrayBufferWriter<byte>(call.Request.Body.Length);
        if (!NoticeHistory.TryCut(call.Request.Protocol, call.Request.Body.Span, engine.Notices, output)) return;
        if (RequestScan.TryScan(output.WrittenSpan, out var facts) is null) call.Replace(call.Request.WithBody(output.WrittenMemory, facts));
    }

    /// <summary>Finds out whether a call's answer may come from the cache, and gives one that is fresh.</summary>
    /// <returns>Whether the call has its answer.</returns>
    public static async ValueTask<bool> TryFreshAsync(Engine engine, Call call, CacheRung rung)
    {
        if (call.Request.Operation != CallOperation.Generate) return false;
        var control = call.Request.Header("cache-control") ?? "";
        if (control.Contains("no-store", StringComparison.OrdinalIgnoreCase) || CallPipeline.Readable(call, translated: true) is not null) return false;
        var owner = rung.Shared ? "(shared)" : call.Record.Client ?? "";
        if (CallKeys.Of(call.Request, call.Conversation!, call.Route.Model.Name, owner) is not { } key) return false;
        call.Cache = new(key);
        if (rung.Fresh is not { } fresh || control.Contains("no-cache", StringComparison.OrdinalIgnoreCase)) return false;
        if (!rung.Sampled && CallKeys.Samples(call.Conversation!)) return false;
        if (engine.Cache.Find(key, fresh) is not { } entry) return false;
        await SendAsync(engine, call, rung, entry).ConfigureAwait(false);
        return true;
    }

    /// <summary>Keeps an answer that went out whole, undegraded and in one piece.</summary>
    public static void Keep(Engine engine, Call call, CacheKey key, Attempt attempt)
    {
        if (attempt.WholeAnswer() is not { } answer) return;
        if (CacheEntry.Of(key, answer, call.Record.Client ?? "", attempt.Target.Target.Name, engine.Time.GetUtcNow()) is { } entry) engine.Cache.Keep(entry);
    }

    /// <summary>Whether nobody is ill and the request only suits nobody: the honest word is then why not.</summary>
    public static bool SuitsNobody(Call call) =>
        call.Record.Attempts is { Count: > 0 } attempts && attempts.All(attempt => attempt.Failure?.Kind is FailureKind.TargetNotAble or FailureKind.TranslationRefused);

    private static async ValueTask<bool> TryStaleAsync(Engine engine, Call call, CacheRung rung)
    {
        if (call.Cache is not { Key: var key } || engine.Cache.Find(key, rung.MaxStale) is not { } entry) return false;
        await SendAsync(engine, call, rung, entry).ConfigureAwait(false);
        return true;
    }

    private static ValueTask SendAsync(Engine engine, Call call, CacheRung rung, CacheEntry entry)
    {
        var age = engine.Time.GetUtcNow() - entry.At;
        var stale = !(age <= rung.Fresh);
        // A program that asked for JSON would choke on a remark behind it.
        var note = stale && call.Conversation!.Output is null ? rung.Note?.Replace("{age}", NoticeFacts.Words(age), StringComparison.Ordinal) : null;
        call.Record.Outcome = stale ? CallOutcome.Degraded : CallOutcome.Answered;
        call.Record.ServedBy = "cache";
        return SendAsync(engine, call, entry.ToAnswer(note), new()
        {
            Status = 200,
            RequestId = call.Record.Id,
            ServedBy = "cache",
            Degraded = stale,
            Attempts = call.Record.Sent,
            Age = age,
        });
    }

    private static async ValueTask<bool> TryNoticeAsync(Engine engine, Call call, NoticeRung notice)
    {
        if (SuitsNobody(call)) return false;
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
    public static async ValueTask SendAsync(Engine engine, Call call, Answer answer, AnswerHead head)
    {
        using var output = new PooledBuffer();
        var context = AnswerContexts.For(call, toolNames: null) with { UsageIsExact = true };
        var wire = Wire.Of(call.Request.Protocol);
        if (call.Request.Stream) Write(answer, wire.NewStreamWriter(context with { InputEstimate = answer.Usage.Input }, output), call.Announced ? ["human", head.ServedBy!] : []);
        else wire.WriteAnswer(answer, context, output);
        call.Begun = true;
        call.Record.FirstContent ??= engine.Time.GetElapsedTime(call.Record.Started);
        if (!call.Announced)
        {
            call.Sink.Begin(head with
            {
                ContentType = call.Request.Stream ? "text/event-stream; charset=utf-8" : "application/json",
                ContentLength = call.Request.Stream ? null : output.Length,
            });
        }

        await call.Sink.WriteAsync(output.Written, CancellationToken.None).ConfigureAwait(false);
    }

    /// <param name="answer">The answer.</param>
    /// <param name="stream">Where it goes.</param>
    /// <param name="servedBy">Who was asked before, as the headers that are gone say, and who answered.</param>
    private static void Write(Answer answer, AnswerStreamWriter stream, string[] servedBy)
    {
        stream.ServedBy = servedBy.Distinct().ToArray();
        stream.Start(answer.Id, answer.Model);
        foreach (var text in answer.Parts.OfType<TextPart>()) stream.Text(text.Text);
        stream.BlockEnd();
        stream.Finish(answer.Finish, answer.StopSequence, answer.Usage);
    }
}
